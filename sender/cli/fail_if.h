// Thresholds of `--fail-if`: a CI job's own idea of good enough.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sender/base/diagnostics.h"
#include "sender/report/run_record.h"

namespace esm {

// "p99>5ms", "max>=1s", "dropped>0", "loss>0.1%", "rate<45k": a metric of the finished run, a
// comparison, a value with its unit.
struct Threshold {
  enum class Metric : std::uint8_t {
    kP50,
    kP90,
    kP99,
    kP999,
    kMax,  // of the lateness
    kDropped,
    kRefused,
    kUncertain,
    kReconnects,  // messages, connections; over all targets
    kLoss,        // share of due messages dropped or refused
    kRate,        // messages written a second, over all targets
  } metric = Metric::kMax;
  enum class Comparison : std::uint8_t {
    kLess,
    kLessOrEqual,
    kGreater,
    kGreaterOrEqual
  } comparison = Comparison::kGreater;
  double value = 0;  // ns, a count, a share of 1, or messages a second
  std::string text;  // as written
};

std::optional<Threshold> parse_threshold(std::string_view text, Diagnostics& diagnostics);

// Whether the condition holds for this run (which is then a failure), and what was measured, for
// people: "p99 is 7.1ms".
struct ThresholdResult {
  bool holds = false;
  std::string measured;
};
ThresholdResult evaluate(const Threshold& threshold, const RunRecord& record);

}  // namespace esm
