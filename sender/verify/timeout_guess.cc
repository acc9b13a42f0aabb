#include "sender/verify/timeout_guess.h"

#include <algorithm>

namespace esm {

void TimeoutGuess::there(SimTime age, std::optional<SimTime> left) {
  ++there_;
  oldest_ = std::max(oldest_, age);
  // Some live for ever, by a timeout that outlasts any scenario.
  if (left) lives_.push_back(*left >= kNever - age ? kNever : age + *left);
}

std::optional<SimTime> TimeoutGuess::shorter_than(SimTime expected, SimTime tolerance) const {
  if (gone_.empty()) return std::nullopt;
  if (lives_.empty()) return by_age(expected, tolerance);
  std::vector<SimTime> lives = lives_;
  const auto middle = lives.begin() + static_cast<std::ptrdiff_t>(lives.size() / 2);
  std::nth_element(lives.begin(), middle, lives.end());
  if (*middle >= expected - tolerance) return std::nullopt;
  return *middle;
}

// Of n mappings the k that are gone are just the k oldest: by chance once in n over k. Once in a
// thousand is enough to say so.
std::optional<SimTime> TimeoutGuess::by_age(SimTime expected, SimTime tolerance) const {
  const SimTime youngest_gone = *std::min_element(gone_.begin(), gone_.end());
  if (there_ == 0 || youngest_gone <= oldest_ || youngest_gone + tolerance >= expected) {
    return std::nullopt;
  }
  constexpr std::size_t kEnough = 1'000;
  std::size_t ways = 1;
  for (std::size_t k = 1; k <= gone_.size() && ways < kEnough; ++k) ways = ways * (there_ + k) / k;
  return ways >= kEnough ? std::optional(youngest_gone) : std::nullopt;
}

}  // namespace esm
