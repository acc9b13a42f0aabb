#include "sender/scenario/local_clock.h"

#include <algorithm>
#include <cassert>

namespace esm {
namespace {

constexpr SimTime kDay = std::chrono::days{1};

}  // namespace

const ClockChange& LocalClock::last_change(SimTime at) const {
  const auto after =
      std::upper_bound(changes_.begin(), changes_.end(), at,
                       [](SimTime time, const ClockChange& change) { return time < change.at; });
  assert(after != changes_.begin());
  return *(after - 1);
}

SimTime LocalClock::next_time_of_day(UtcTime start, SimTime wanted) const {
  SimTime from{0};
  for (std::size_t next = 0;;) {
    while (next < changes_.size() && changes_[next].at <= from) ++next;
    // From `from` to `until` the distance from UTC is the same.
    const SimTime until = next < changes_.size() ? changes_[next].at : kNever;
    const UtcTime local = start + from + utc_offset(from);
    const SimTime into_day = local - std::chrono::floor<std::chrono::days>(local);
    const SimTime at = from + wanted - into_day + (wanted < into_day ? kDay : SimTime{0});
    if (at < until) return at;
    from = until;
  }
}

SimTime LocalClock::again(SimTime at, SimTime repeat, std::uint32_t n) const {
  const SimTime time = at + repeat * n;
  if (changes_.empty() || repeat % kDay != SimTime{0}) return time;
  return time + (utc_offset(at) - utc_offset(time));
}

SimTime LocalClock::shortest_again(SimTime repeat) const {
  if (repeat % kDay != SimTime{0}) return repeat;
  std::chrono::minutes least = first_, most = first_;
  for (const ClockChange& change : changes_) {
    least = std::min(least, change.utc_offset);
    most = std::max(most, change.utc_offset);
  }
  return repeat - (most - least);
}

}  // namespace esm
