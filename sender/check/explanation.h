// What a plan contains, as text for people, at most 80 columns wide where names are short.
#pragma once

#include <cstddef>
#include <string>

#include "sender/base/time.h"
#include "sender/check/plan_summary.h"
#include "sender/mapping/truth.h"

namespace esm {

// `message_bytes_max`: of the longest message. `epoch`: the moment of time 0. `counts`: what the
// receiver counts in the end; null: not known.
std::string explain(const PlanSummary& summary, const Plan& plan, std::size_t message_bytes_max,
                    UtcTime epoch, const SummaryOptions& options,
                    const TruthCounts* counts = nullptr);

}  // namespace esm
