#include "sender/scenario/length.h"

#include <algorithm>
#include <array>
#include <bit>

#include "sender/base/random.h"
#include "sender/scenario/curve.h"
#include "sender/scenario/exponent_tables.h"
#include "sender/scenario/normal_curve_table.h"
#include "sender/scenario/share.h"

namespace esm {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t kOne = std::int64_t{1} << 32;
constexpr std::int64_t kLn2 = 2'977'044'472;  // ln 2 * 2^32, rounded

// Table entry at `place`, 32 bits of fraction of which the upper 8 are the piece.
std::uint64_t interpolate(const std::array<std::uint64_t, 257>& table, std::uint64_t place) {
  const auto piece = static_cast<std::size_t>(place >> 24);
  const std::uint64_t within = place & 0xFFFFFF;
  return table[piece] + (((table[piece + 1] - table[piece]) * within) >> 24);
}

SimTime times(SimTime length, std::uint64_t factor_q32, SimTime most) {
  const Wide product = (Wide{length.count()} * Wide{factor_q32}) >> 32;
  return SimTime{static_cast<std::int64_t>(std::min(product, Wide{most.count()}))};
}

}  // namespace

std::int64_t log2_q32(std::uint64_t x) {
  const int exponent = static_cast<int>(std::bit_width(x)) - 1;
  // The bits below the leading one, as 32 bits of fraction.
  const std::uint64_t mantissa =
      exponent >= 32 ? x >> (exponent - 32) : x << (32 - exponent);  // in [2^32, 2^33)
  const auto fraction = static_cast<std::int64_t>(interpolate(kLogarithms, mantissa & 0xFFFFFFFF));
  return (exponent - 32) * kOne + fraction;
}

std::uint64_t exp2_q32(std::int64_t x) {
  const std::int64_t whole = x >> 32;
  const std::uint64_t fraction =
      interpolate(kPowers, static_cast<std::uint64_t>(x) & 0xFFFFFFFF);  // in [2^32, 2^33)
  if (whole < -33) return 0;
  return whole < 0 ? fraction >> -whole : fraction << std::min<std::int64_t>(whole, 30);
}

SimTime Length::at(std::uint64_t point) const {
  switch (kind) {
    case Kind::kConstant:
      return from;
    case Kind::kUniform:
      return from + SimTime{static_cast<std::int64_t>(
                        scale(point, static_cast<std::uint64_t>((to - from).count()) + 1))};
    case Kind::kNormal: {
      const std::uint64_t fraction = interpolate_quantile(kNormalQuantiles.data(), point);
      return from - 3 * spread +
             SimTime{static_cast<std::int64_t>(
                 scale(fraction, static_cast<std::uint64_t>(6 * spread.count()) + 1))};
    }
    case Kind::kExponential: {
      // -ln(1 - p), where 1 - p is at least 2^-32.
      const std::uint64_t rest = (~point >> 32) + 1;  // in [1, 2^32]
      const Wide logarithm = (Wide{-log2_q32(rest)} * kLn2) >> 32;
      return times(from, static_cast<std::uint64_t>(logarithm), to);
    }
    case Kind::kLogNormal: {
      // A fraction of 2^64 stands for -3 to 3 standard deviations.
      const std::uint64_t fraction = interpolate_quantile(kNormalQuantiles.data(), point);
      const std::int64_t deviations =
          static_cast<std::int64_t>(scale(fraction, 6 * kOne)) - 3 * kOne;
      const std::int64_t doublings =
          log2_q32(static_cast<std::uint64_t>((Wide{factor_ppm} << 32) / 1'000'000));
      const auto exponent = static_cast<std::int64_t>((Wide{deviations} * doublings) >> 32);
      return times(from, exp2_q32(std::min(exponent, 30 * kOne)), to);
    }
    case Kind::kTable:
      return table[chosen(table, &Share::parts_per_million, point)].length;
  }
  return from;
}

SimTime Length::longest() const {
  SimTime longest = at(UINT64_MAX);
  if (kind == Kind::kTable) {
    for (const Share& share : table) longest = std::max(longest, share.length);
  }
  return longest;
}

SimTime Length::shortest() const {
  SimTime shortest = at(0);
  if (kind == Kind::kTable) {
    for (const Share& share : table) shortest = std::min(shortest, share.length);
  }
  return shortest;
}

}  // namespace esm
