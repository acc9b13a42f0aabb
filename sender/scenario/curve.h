// Where in a window an arrival falls. Integers only.
#pragma once

#include <cstdint>
#include <vector>

#include "sender/base/time.h"

namespace esm {

enum class Curve : std::uint8_t {
  kAtOnce,
  kUniform,
  kNormal,    // cut at 3 standard deviations
  kPoisson,   // each by itself, as strangers arrive; the others fill the window evenly
  kRamp,      // ever more: from nobody at the begin to twice the average at the end
  kRampDown,  // ever fewer
  kSine,      // as a working day: slowly at first, most in the middle, slowly at the end
  kTable,     // piece by piece
};

// Until `offset` after the window's begin `parts_per_million` of all have come.
struct CurvePoint {
  SimTime offset{};
  std::uint32_t parts_per_million = 0;
};
// Offsets and parts rise, the parts to 1,000,000; from (0, 0) on.
using CurveTable = std::vector<CurvePoint>;

// A point in [0, 1), as 64 bits of fraction, for member `index` of a group. Any number of members
// is spread evenly, and so is every n-th of them, which is what shard 1/n holds: the points are the
// multiples of the golden ratio (Weyl's sequence with the bound of three distances: Sos, "On the
// distribution mod 1 of the sequence n alpha", 1958), begun at `key`. Member i's point does not
// depend on how many there are.
std::uint64_t spread_point(std::uint32_t index, std::uint64_t key);

// The value at `point` (a fraction of 2^64) of a distribution over [0, 1), given by 257 quantiles
// times 2^32 that rise from 0 to 2^32 and of which no two neighbours are 2^29 or more apart.
std::uint64_t interpolate_quantile(const std::uint64_t* quantiles, std::uint64_t point);

// Offset of the arrival at `point` of the curve within the window [0, within). `table` is that of
// kTable.
SimTime curve_offset(Curve curve, const CurveTable& table, std::uint64_t point, SimTime within);

}  // namespace esm
