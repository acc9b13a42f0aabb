// The seam to real time. Only engine/ and listener/ hold a real clock; everything before them is a
// function of simulated time.
#pragma once

#include "sender/base/time.h"

namespace esm {

class Clock {
 public:
  virtual ~Clock() = default;
  // Monotonic, nanoseconds since an arbitrary moment; not touched by clock steps.
  virtual std::chrono::nanoseconds monotonic() const = 0;
  // Wall clock, for text only.
  virtual UtcTime wall() const = 0;
};

}  // namespace esm
