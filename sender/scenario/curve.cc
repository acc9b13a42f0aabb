#include "sender/scenario/curve.h"

#include <algorithm>
#include <cstddef>

#include "sender/base/random.h"
#include "sender/scenario/exponent_tables.h"
#include "sender/scenario/normal_curve_table.h"

namespace esm {
namespace {

__extension__ using Wide = unsigned __int128;

// The square root of a fraction of 2^64, as such a fraction: digit by digit.
std::uint64_t square_root(std::uint64_t fraction) {
  Wide rest = Wide{fraction} << 64;
  Wide root = 0;
  for (Wide bit = Wide{1} << 126; bit != 0; bit >>= 2) {
    if (rest >= root + bit) {
      rest -= root + bit;
      root = (root >> 1) + bit;
    } else {
      root >>= 1;
    }
  }
  return static_cast<std::uint64_t>(root);
}

SimTime table_offset(const CurveTable& table, std::uint64_t point) {
  constexpr std::uint64_t kWhole = 1'000'000;
  // In millionths of 2^64: the upper half are the millionths, the lower the place between two.
  const Wide product = Wide{point} * kWhole;
  const auto millionths = static_cast<std::uint32_t>(product >> 64);  // below all of the last
  const auto above = std::upper_bound(
      table.begin(), table.end(), millionths,
      [](std::uint32_t value, const CurvePoint& next) { return value < next.parts_per_million; });
  const CurvePoint from = above == table.begin() ? CurvePoint{} : *(above - 1);
  const CurvePoint to = *above;
  const Wide into = product - (Wide{from.parts_per_million} << 64);
  const std::uint64_t width = to.parts_per_million - from.parts_per_million;
  const auto fraction = static_cast<std::uint64_t>(into / width);  // below 2^64
  return from.offset +
         SimTime{static_cast<std::int64_t>(
             scale(fraction, static_cast<std::uint64_t>((to.offset - from.offset).count())))};
}

}  // namespace

std::uint64_t spread_point(std::uint32_t index, std::uint64_t key) {
  constexpr std::uint64_t kGoldenRatio = 0x9E3779B97F4A7C15;  // 2^64 / 1.618…, rounded to odd
  return key + index * kGoldenRatio;
}

std::uint64_t interpolate_quantile(const std::uint64_t* quantiles, std::uint64_t point) {
  // The upper 8 bits choose the piece, the next 32 the place in it.
  const auto piece = static_cast<std::size_t>(point >> 56);
  const std::uint64_t place = (point >> 24) & 0xFFFFFFFFU;
  const std::uint64_t from = quantiles[piece];
  const std::uint64_t width = quantiles[piece + 1] - from;
  // from + width <= 2^32 and width < 2^29, so nothing overflows and the fraction stays below 1.
  return ((from << 27) + ((width * place) >> 5)) << 5;
}

SimTime curve_offset(Curve curve, const CurveTable& table, std::uint64_t point, SimTime within) {
  std::uint64_t fraction = point;
  switch (curve) {
    case Curve::kAtOnce:
      return SimTime{0};
    case Curve::kUniform:
    case Curve::kPoisson:
      break;
    case Curve::kNormal:
      fraction = interpolate_quantile(kNormalQuantiles.data(), point);
      break;
    case Curve::kRamp:
      fraction = square_root(point);
      break;
    case Curve::kRampDown:
      fraction = ~square_root(~point);
      break;
    case Curve::kSine:
      fraction = interpolate_quantile(kSineQuantiles.data(), point);
      break;
    case Curve::kTable:
      return table_offset(table, point);
  }
  return SimTime{
      static_cast<std::int64_t>(scale(fraction, static_cast<std::uint64_t>(within.count())))};
}

}  // namespace esm
