// How a search for a receiver's capacity is told: the table and the knee for people, JSON for
// programs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sender/cli/verbs.h"
#include "sender/engine/capacity_search.h"

namespace esm {

struct CapacityStep {
  CapacityMeasure measure;
  CapacityVerdict verdict{};
};

struct CapacityResult {
  std::string target;
  CapacityLimits limits;
  std::uint64_t most = 0;  // the highest rate that was to be tried
  std::vector<CapacityStep> steps;
  CapacitySearch::End end{};
  bool time_used = false;  // it ended because of --within
  bool interrupted = false;
  std::uint64_t held = 0;    // 0: no rate
  std::uint64_t failed = 0;  // 0: no rate
};

// The last step at the lowest rate that failed; null: none has.
const CapacityStep* failed_step(const CapacityResult& result);

// The last line: what the receiver holds, and what happens beyond.
std::string knee_text(const CapacityResult& result);
// The table and, behind it, the knee.
void show_capacity(const CapacityResult& result, Output& out);
// cli/README.md documents it.
std::string capacity_json(const CapacityResult& result);

}  // namespace esm
