// The one place where the sending side asks what time it is.
#pragma once

#include "sender/base/clock.h"

namespace esm {

class RealClock final : public Clock {
 public:
  // CLOCK_MONOTONIC, like std::chrono::steady_clock: it stands still while the machine is suspended
  // and goes on while the process is stopped.
  std::chrono::nanoseconds monotonic() const override;
  UtcTime wall() const override;
};

}  // namespace esm
