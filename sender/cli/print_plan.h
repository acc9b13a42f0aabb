// The events of a plan as rows for programs (`check --print-plan`): README.md names the columns.
#pragma once

#include <cstdint>

#include "sender/base/time.h"
#include "sender/cli/inputs.h"
#include "sender/cli/verbs.h"

namespace esm {

struct PrintPlanOptions {
  enum class Form : std::uint8_t { kCsv, kJsonLines } form = Form::kCsv;
  SimTime since{0};
  SimTime until = kNever;
  std::uint64_t limit = UINT64_MAX;
};

// Of the inputs' shard, in order of time. Ends early when nobody reads any more.
void print_plan(const Inputs& inputs, const PrintPlanOptions& options, Output& out);

}  // namespace esm
