// How long to wait before connecting again. Pure.
#pragma once

#include <chrono>
#include <cstdint>

#include "sender/base/random.h"

namespace esm {

struct BackOff {
  std::chrono::nanoseconds first{std::chrono::milliseconds{200}};
  std::chrono::nanoseconds max{std::chrono::seconds{10}};

  // Before attempt `attempt` (from 1): doubles from `first` to `max`, of which the upper half is
  // drawn for (seed, who, attempt), so that connections that were lost together do not come back
  // together: between half of it and all of it.
  std::chrono::nanoseconds delay(std::uint64_t seed, Identity who, std::uint32_t attempt) const;
};

}  // namespace esm
