#include "sender/engine/time_scale.h"

#include <cstdint>
#include <limits>

namespace esm {
namespace {

__extension__ using Wide = __int128;

std::chrono::nanoseconds saturated(Wide value) {
  using Limits = std::numeric_limits<std::int64_t>;
  if (value > Limits::max()) return std::chrono::nanoseconds{Limits::max()};
  if (value < Limits::min()) return std::chrono::nanoseconds{Limits::min()};
  return std::chrono::nanoseconds{static_cast<std::int64_t>(value)};
}

// floor(value * multiplier / divisor); the product of 63 and 32 bits fits.
Wide floor_of(std::int64_t value, std::uint32_t multiplier, std::uint32_t divisor) {
  const Wide product = static_cast<Wide>(value) * multiplier;
  const Wide quotient = product / divisor;
  return quotient - (product % divisor < 0 ? 1 : 0);
}

}  // namespace

std::chrono::nanoseconds TimeScale::real_of(SimTime sim) const {
  if (speed_.numerator == speed_.denominator || sim == kNever) return sim;
  return saturated(-floor_of(-sim.count(), speed_.denominator, speed_.numerator));
}

SimTime TimeScale::sim_at(std::chrono::nanoseconds real) const {
  if (speed_.numerator == speed_.denominator) return real;
  return saturated(floor_of(real.count(), speed_.numerator, speed_.denominator));
}

}  // namespace esm
