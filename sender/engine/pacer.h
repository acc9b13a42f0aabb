// Decides how much of the schedule is released at a moment and when to look again. Pure: the moment
// goes in, a step comes out; the worker does the releasing and the sleeping.
//
// What is released is a stretch of the schedule's own time, never a number of messages divided by a
// rate, so nothing can drift: due times stay absolute and lateness is measured against them.
//
//   - Messages that are further apart than a tick are each released at their own due time.
//   - Denser ones are released by ticks of 250 microseconds, which costs a sixth of a core at
//     100,000 messages a second where sleeping to every message would need all of it.
//   - A worker that comes late (a busy machine, SIGSTOP) catches up at four times the schedule's
//     speed instead of sending all it has missed at once: receivers lose bursts of more than about
//     150 datagrams even when they are idle. What is older than the catch-up window is released at
//     once, because the lanes drop it.
//   - One step releases at most kBurstMax messages; if more are due the next step follows after an
//     eighth of a tick, so that even a crowd with one due time is spread a little. The bound grows
//     with the time by which the worker is behind, up to four times, so that it spreads a burst and
//     never limits a rate.
#pragma once

#include <chrono>
#include <cstddef>

#include "sender/base/time.h"
#include "sender/engine/time_scale.h"

namespace esm {

class Pacer {
 public:
  static constexpr std::chrono::nanoseconds kTick = std::chrono::microseconds{250};
  static constexpr std::chrono::nanoseconds kBurstGap = kTick / 8;
  static constexpr int kCatchUpTicks = 4;
  static constexpr std::size_t kBurstMax = 128;

  // `catch_up`: real time after which a message is too late to be sent; >= 0.
  Pacer(TimeScale scale, std::chrono::nanoseconds catch_up) : scale_(scale), catch_up_(catch_up) {}

  struct Step {
    // Messages due before this are too late: take all of them first, without a bound.
    SimTime late_before{};
    // Then take up to `count_max` of those due before this.
    SimTime until{};
    std::size_t count_max = kBurstMax;
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
  // Everything due up to here (real time) has been released, or is not there; -1 ns: nothing has.
  // `stepping_to_` is where the step under way ends, `count_max_` its bound.
  std::chrono::nanoseconds released_{-1};
  std::chrono::nanoseconds stepping_to_{-1};
  std::size_t count_max_ = kBurstMax;
};

}  // namespace esm
