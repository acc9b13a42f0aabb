// When a connection is tried, and tried again after it failed or was lost. Pure: moments, all
// monotonic, go in.
#pragma once

#include <chrono>
#include <cstdint>

#include "sender/base/random.h"
#include "sender/engine/back_off.h"

namespace esm {

class Reconnect {
 public:
  // A connection that lived for less has not proved itself: the back-off goes on from where it was,
  // or a receiver that accepts and closes at once would be hammered.
  static constexpr std::chrono::seconds kProven{1};

  // The jitter is drawn for (seed, lane).
  Reconnect(const BackOff& back_off, std::uint64_t seed, const Identity& lane)
      : back_off_(back_off), seed_(seed), lane_(lane) {}

  // The back-off is over, and it has not taken its turn yet among those that want to connect; to be
  // told when that is.
  bool wants_turn(std::chrono::nanoseconds now) const { return now >= next_ && !has_turn_; }
  void take_turn(std::chrono::nanoseconds turn);
  // No attempt before this moment.
  std::chrono::nanoseconds next() const { return next_; }

  void attempt();
  // The attempt failed. The next one follows after `delay_max` at the latest.
  void failed(std::chrono::nanoseconds now, std::chrono::nanoseconds delay_max);
  // It succeeded. `late`: when others had begun.
  void connected(std::chrono::nanoseconds now, bool late);
  void lost(std::chrono::nanoseconds now);

  // Up, but not since the beginning, nor for long when it was last looked at: a receiver that comes
  // and goes is not taken for back each time.
  bool is_fresh() const { return fresh_; }
  void look(std::chrono::nanoseconds now) { fresh_ = fresh_ && !has_proved_itself(now); }

 private:
  bool has_proved_itself(std::chrono::nanoseconds now) const { return now - up_since_ >= kProven; }

  BackOff back_off_;
  std::uint64_t seed_;
  Identity lane_;
  std::uint32_t attempts_ = 0;  // since the last connection that proved itself
  bool has_turn_ = false;
  bool fresh_ = false;
  std::chrono::nanoseconds next_{};
  std::chrono::nanoseconds up_since_{};
};

}  // namespace esm
