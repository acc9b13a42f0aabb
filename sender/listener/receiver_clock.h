// The listener's clock: starts at 0, runs `speed` times faster than real time.
#pragma once

#include <chrono>
#include <cstdint>

#include "sender/base/time.h"
#include "sender/base/units.h"

namespace esm {

class ReceiverClock {
 public:
  explicit ReceiverClock(const Speed& speed) : speed_(speed) {}

  std::chrono::nanoseconds real() const { return std::chrono::steady_clock::now() - started_; }
  SimTime now() const {
    __extension__ using Wide = __int128;
    const Wide scaled = static_cast<Wide>(real().count()) * speed_.numerator / speed_.denominator;
    return scaled >= kNever.count() ? kNever : SimTime{static_cast<std::int64_t>(scaled)};
  }

 private:
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  Speed speed_;
};

}  // namespace esm
