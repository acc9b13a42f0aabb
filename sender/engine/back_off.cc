#include "sender/engine/back_off.h"

#include <algorithm>

namespace esm {

std::chrono::nanoseconds BackOff::delay(std::uint64_t seed, Identity who,
                                        std::uint32_t attempt) const {
  std::chrono::nanoseconds whole = std::min(first, max);
  for (std::uint32_t i = 1; i < attempt && whole < max; ++i) {
    whole = whole > max / 2 ? max : whole * 2;
  }
  const auto half = static_cast<std::uint64_t>(whole.count()) / 2;
  const std::uint64_t drawn = scale(draw(seed, who, Purpose::kReconnectJitter, attempt), half + 1);
  return whole - std::chrono::nanoseconds{static_cast<std::int64_t>(drawn)};
}

}  // namespace esm
