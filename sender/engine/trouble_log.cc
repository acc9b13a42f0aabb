#include "sender/engine/trouble_log.h"

#include <algorithm>

#include <fmt/format.h>

#include "sender/base/units.h"

namespace esm {

TroubleLog::TroubleLog(std::vector<std::string> targets)
    : targets_(std::move(targets)), kinds_of_target_(targets_.size()) {}

Diagnostic TroubleLog::diagnostic(std::uint32_t target, const std::string& problem,
                                  Kind& kind) const {
  std::string text = problem;
  if (kind.quiet > 0) {
    text += fmt::format(" ({} more {})", format_thousands(kind.quiet),
                        kind.quiet == 1 ? "time" : "times");
  }
  kind.quiet = 0;
  Place place;
  place.file = targets_[target];
  return {kind.severity, std::move(place), std::move(text), kind.hint};
}

std::optional<Diagnostic> TroubleLog::add(std::chrono::nanoseconds now, const Trouble& trouble) {
  std::pair<std::uint32_t, std::string> key{trouble.target, trouble.problem};
  auto found = kinds_.find(key);
  if (found == kinds_.end()) {
    std::size_t& kinds = kinds_of_target_[trouble.target];
    if (kinds >= kKindsMax) {
      key.second = "other problems";
      Kind& rest = kinds_[key];
      rest.severity = std::min(rest.severity, trouble.severity);
      ++rest.quiet;
      return std::nullopt;
    }
    ++kinds;
    found = kinds_.emplace(std::move(key), Kind{trouble.severity, trouble.hint, now, 0}).first;
    return diagnostic(trouble.target, trouble.problem, found->second);
  }
  Kind& kind = found->second;
  kind.severity = std::min(kind.severity, trouble.severity);  // an error outranks a warning
  kind.hint = trouble.hint;
  if (now - kind.shown_at < kQuiet) {
    ++kind.quiet;
    return std::nullopt;
  }
  kind.shown_at = now;
  return diagnostic(trouble.target, trouble.problem, kind);
}

std::vector<Diagnostic> TroubleLog::finish() {
  std::vector<Diagnostic> rest;
  for (auto& [key, kind] : kinds_) {
    if (kind.quiet > 0) rest.push_back(diagnostic(key.first, key.second, kind));
  }
  return rest;
}

}  // namespace esm
