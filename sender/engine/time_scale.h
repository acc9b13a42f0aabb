// Simulated time <-> real time since the clock's start, at a speed that is an exact fraction: no
// drift, whatever the speed and however long the run.
#pragma once

#include <chrono>

#include "sender/base/time.h"
#include "sender/base/units.h"

namespace esm {

class TimeScale {
 public:
  // Real and simulated time start together at 0. Both parts of `speed` are >= 1.
  explicit TimeScale(Speed speed = {}) : speed_(speed) {}

  // The first nanosecond of real time at which `sim` has come: rounded up, so that nothing is ever
  // early. Saturates at nanoseconds::max(), as kNever does.
  std::chrono::nanoseconds real_of(SimTime sim) const;

  // How far simulated time has come at `real`: rounded down. Negative real times give negative
  // simulated ones; saturates both ways.
  SimTime sim_at(std::chrono::nanoseconds real) const;

 private:
  Speed speed_;
};

}  // namespace esm
