// Connection troubles for people: the first of a kind is shown as it happens, a thousand
// connections that fail alike or a receiver that flaps all night do not fill the screen. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sender/base/diagnostics.h"

namespace esm {

struct Trouble {
  std::uint32_t target = 0;  // index into the run's targets
  Severity severity = Severity::kWarning;
  std::string problem;
  std::string hint;
};

class TroubleLog {
 public:
  // The same problem of the same target is shown once in this time.
  static constexpr std::chrono::seconds kQuiet{10};
  // Different problems of one target; what is beyond is only counted.
  static constexpr std::size_t kKindsMax = 100;

  // `targets`: what messages call them.
  explicit TroubleLog(std::vector<std::string> targets);

  // What is to be shown now, if anything. A problem that was kept quiet meanwhile is shown with the
  // number of times: "connection lost (41 times more)". `now` never goes back.
  std::optional<Diagnostic> add(std::chrono::nanoseconds now, const Trouble& trouble);

  // What was counted and not shown, at the end.
  std::vector<Diagnostic> finish();

 private:
  struct Kind {
    Severity severity = Severity::kWarning;
    std::string hint;
    std::chrono::nanoseconds shown_at{};
    std::uint64_t quiet = 0;  // times since then
  };
  Diagnostic diagnostic(std::uint32_t target, const std::string& problem, Kind& kind) const;

  std::vector<std::string> targets_;
  std::map<std::pair<std::uint32_t, std::string>, Kind> kinds_;
  std::vector<std::size_t> kinds_of_target_;
};

}  // namespace esm
