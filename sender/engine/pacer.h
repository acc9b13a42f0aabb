// Decides how much of the schedule is released at a moment and when to look again. Pure: the moment
// goes in, a step comes out; the worker does the releasing and the sleeping.
//
// What is released is a stretch of the schedule's own time, never a number of messages divided by a
// rate, so nothing can drift: due times stay absolute and lateness is measured against them.
//
//   - Messages that are further apart than a tick are each released at their own due time.
//   - Denser ones are released by ticks of 250 microseconds, which costs a sixth of a core at
//     100,000 messages a second. Precise pacing has ticks of nothing: each message is released at
//     its own due time, and a whole core is spent on meeting it.
//   - A worker that comes late (a busy machine, SIGSTOP) catches up at twice the schedule's speed
//     instead of sending all it has missed at once: a receiver's default buffer holds 166 messages,
//     so it loses of longer bursts even when it is idle, and at four times 100,000 a second some
//     receivers lose too. Whose timers ring late takes up to four ticks at once to be as fast. What
//     is older than the catch-up window is released at once, because the lanes drop it.
//   - One step releases at most `burst_max` messages; if more are due the next step follows after
//     a tenth of a tick, so that a crowd with one due time is spread, and so is a tick's share of
//     a rate above 400,000 a second. The bound grows when the worker falls behind all the same, up
//     to four times: it spreads bursts and never limits a rate.
#pragma once

#include <chrono>
#include <cstddef>

#include "sender/base/time.h"
#include "sender/engine/time_scale.h"

namespace esm {

class Pacer {
 public:
  static constexpr std::chrono::nanoseconds kTick = std::chrono::microseconds{250};
  static constexpr std::chrono::nanoseconds kBurstGap = kTick / 10;
  static constexpr int kCatchUpSpeed = 2;
  static constexpr int kCatchUpTicksMax = 4;
  static constexpr int kBurstGrowth = 4;
  static constexpr std::size_t kBurstMax = 100;

  // `catch_up`: real time after which a message is too late to be sent; >= 0. `tick`: no message
  // waits longer for others to be released with it; 0 is precise. `burst_max`: >= 1.
  Pacer(TimeScale scale, std::chrono::nanoseconds catch_up, std::chrono::nanoseconds tick = kTick,
        std::size_t burst_max = kBurstMax)
      : scale_(scale), catch_up_(catch_up), tick_(tick), burst_max_(burst_max) {}

  struct Step {
    // Messages due before this are too late: take all of them first, without a bound.
    SimTime late_before{};
    // Then take up to `count_max` of those due before this.
    SimTime until{};
    std::size_t count_max = 0;
  };
  // `now`: real time since the clock's start, never less than in an earlier call.
  Step step(std::chrono::nanoseconds now);

  // After a step: how many messages behind `late_before` it released, and when the next one in the
  // schedule is due (kNever: none). Returns when to make the next step, in real time since the
  // start; it may be past, which means at once. nanoseconds::max(): there is nothing left.
  std::chrono::nanoseconds wake(std::chrono::nanoseconds now, std::size_t released,
                                SimTime next_due);

  // Messages due before this are too late at `now`. A catch-up window of 0 allows no lateness but
  // that within one tick, or nothing could be sent at all.
  SimTime late_before(std::chrono::nanoseconds now) const;

 private:
  TimeScale scale_;
  std::chrono::nanoseconds catch_up_;
  std::chrono::nanoseconds tick_;
  std::size_t burst_max_;
  // A stretch of the schedule that has been begun, perhaps in several steps; when, and how long
  // after the one before.
  bool in_stretch_ = false;
  std::chrono::nanoseconds stretch_began_{};
  std::chrono::nanoseconds since_stretch_{};
  // Everything due up to here (real time) has been released, or is not there; -1 ns: nothing has.
  // `stepping_to_` is where the step under way ends, `count_max_` its bound.
  std::chrono::nanoseconds released_{-1};
  std::chrono::nanoseconds stepping_to_{-1};
  std::size_t count_max_ = 0;
};

}  // namespace esm
