#include "sender/engine/pacer.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace esm {

SimTime Pacer::late_before(std::chrono::nanoseconds now) const {
  const std::chrono::nanoseconds window = std::max(catch_up_, kTick);
  // Nothing is due before 0; a window longer than the run so far makes nothing late.
  if (now <= window) return SimTime{0};
  return scale_.sim_at(now - window);
}

Pacer::Step Pacer::step(std::chrono::nanoseconds now) {
  const std::chrono::nanoseconds window = std::max(catch_up_, kTick);
  const std::chrono::nanoseconds from = std::max(released_, now - window);
  if (!std::exchange(in_stretch_, true)) since_stretch_ = now - std::exchange(stretch_began_, now);
  stepping_to_ = std::min(now, from + std::clamp(kCatchUpSpeed * since_stretch_,
                                                 kCatchUpSpeed * kTick, kCatchUpTicksMax * kTick));
  // A timer that rings half a tick late is no falling behind.
  const auto ticks_behind = (now - from) / kTick;
  count_max_ = burst_max_ * static_cast<std::size_t>(
                                std::clamp<std::int64_t>(ticks_behind - 2, 1, kBurstGrowth));
  // An event due at this very nanosecond is due: `until` is exclusive.
  const SimTime reached = scale_.sim_at(stepping_to_);
  const SimTime until = reached == kNever ? kNever : reached + SimTime{1};
  return {late_before(now), until, count_max_};
}

std::chrono::nanoseconds Pacer::wake(std::chrono::nanoseconds now, std::size_t released,
                                     SimTime next_due) {
  if (next_due == kNever) return std::chrono::nanoseconds::max();
  const std::chrono::nanoseconds next = scale_.real_of(next_due);
  // The bound on messages ended the step, not the time: the rest of the stretch is still to come.
  if (released >= count_max_ && next <= stepping_to_) return now + kBurstGap;
  in_stretch_ = false;
  const bool behind = stepping_to_ < now;
  // Up to the next message there is nothing: an idle stretch is not a stretch to catch up on.
  released_ = next - std::chrono::nanoseconds{1};
  if (!behind) return std::max(next, now + tick_);
  return std::max({next, stretch_began_ + kTick, now + kBurstGap});
}

}  // namespace esm
