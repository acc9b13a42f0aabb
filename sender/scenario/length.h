// How long something lasts, when it is not always the same: distributions of times in integers. The
// tables they stand on are committed (exponent_tables.h, normal_curve_table.h).
#pragma once

#include <cstdint>
#include <vector>

#include "sender/base/time.h"

namespace esm {

struct Length {
  enum class Kind : std::uint8_t {
    kConstant,     // `from`
    kUniform,      // `from` to `to`, both included
    kNormal,       // around `from`, standard deviation `spread`, cut at 3 of them
    kExponential,  // with the mean `from`; longer ones than `to` are `to`
    kLogNormal,    // half are shorter than `from`, a standard deviation is a factor; at most `to`
    kTable,        // one of `table`
  } kind = Kind::kConstant;
  SimTime from{};
  SimTime to{};
  SimTime spread{};
  std::uint32_t factor_ppm = 2'000'000;  // of kLogNormal: above 1,000,000
  struct Share {
    SimTime length{};
    std::uint32_t parts_per_million = 0;
  };
  std::vector<Share> table;  // parts are 1,000,000 together

  // The value at `point`, a fraction of 2^64. Rises with it.
  SimTime at(std::uint64_t point) const;
  SimTime longest() const;
  SimTime shortest() const;
};

// log2(x / 2^32) * 2^32 for x from 1 on, and 2^(x / 2^32) * 2^32 for x below 31 * 2^32 (0 where
// that is below 1): interpolated in tables of 256 pieces, off by less than 2 in 10^6.
std::int64_t log2_q32(std::uint64_t x);
std::uint64_t exp2_q32(std::int64_t x);

}  // namespace esm
