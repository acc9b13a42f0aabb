// Where in a window an arrival falls. Integers only.
#pragma once

#include <cstdint>

#include "sender/base/random.h"
#include "sender/base/time.h"
#include "sender/scenario/scenario.h"

namespace esm {

// A point in [0, 1), as 64 bits of fraction, for member `index` of a group. Any number of members
// is spread evenly: the points are van der Corput's sequence under Owen's nested scrambling (Laine
// and Karras, "Stratified sampling for stochastic transparency", 2011), so that the first n of them
// fill the interval evenly for every n, and member i's point does not depend on how many there are.
// `key` chooses the scrambling; `low` are the 32 bits below the sequence's own 32.
std::uint64_t spread_point(std::uint32_t index, std::uint32_t key, std::uint32_t low);

// Offset of the arrival at `point` of the curve within the window [0, within).
SimTime curve_offset(Curve curve, std::uint64_t point, SimTime within);

}  // namespace esm
