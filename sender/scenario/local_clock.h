// What the clocks on the wall show while a scenario plays: a fixed distance from UTC, and moments
// at which it changes (daylight saving). No time zones: their rules change with the years.
#pragma once

#include <chrono>
#include <vector>

#include "sender/base/time.h"

namespace esm {

struct ClockChange {
  SimTime at{};
  std::chrono::minutes utc_offset{};  // from then on
};

class LocalClock {
 public:
  // From the beginning of time.
  void start_at(std::chrono::minutes utc_offset) { first_ = utc_offset; }
  // Changes are added by time.
  void add(ClockChange change) { changes_.push_back(change); }

  const std::vector<ClockChange>& changes() const { return changes_; }

  std::chrono::minutes utc_offset(SimTime at) const {
    return changes_.empty() || at < changes_.front().at ? first_ : last_change(at).utc_offset;
  }
  // The first moment from time 0 on at which these clocks show `wanted` since midnight. `start` is
  // time 0. A time of day that a change leaves out comes the day after; of one that it repeats, the
  // first counts.
  SimTime next_time_of_day(UtcTime start, SimTime wanted) const;
  // `at` plus `repeat` for the n-th time. Whole days keep to the time of day: where clocks go
  // forward, one of them has 23 hours.
  SimTime again(SimTime at, SimTime repeat, std::uint32_t n) const;
  // How short `repeat` may be from one time to the next.
  SimTime shortest_again(SimTime repeat) const;

 private:
  const ClockChange& last_change(SimTime at) const;

  std::chrono::minutes first_{0};
  std::vector<ClockChange> changes_;
};

}  // namespace esm
