#include "sender/scenario/curve.h"

#include "sender/scenario/normal_curve_table.h"

namespace esm {
namespace {

std::uint32_t reverse_bits(std::uint32_t x) {
  x = (x >> 16) | (x << 16);
  x = ((x & 0xFF00FF00U) >> 8) | ((x & 0x00FF00FFU) << 8);
  x = ((x & 0xF0F0F0F0U) >> 4) | ((x & 0x0F0F0F0FU) << 4);
  x = ((x & 0xCCCCCCCCU) >> 2) | ((x & 0x33333333U) << 2);
  return ((x & 0xAAAAAAAAU) >> 1) | ((x & 0x55555555U) << 1);
}

// Every bit of the result depends on the bits at and below it only, which is what makes the
// scrambling nested: halves stay halves, quarters quarters.
std::uint32_t laine_karras(std::uint32_t x, std::uint32_t key) {
  x += key;
  x ^= x * 0x6C50B47CU;
  x ^= x * 0xB82F1E52U;
  x ^= x * 0xC7AFE638U;
  x ^= x * 0x8D22F6E6U;
  return x;
}

}  // namespace

std::uint64_t spread_point(std::uint32_t index, std::uint32_t key, std::uint32_t low) {
  return (std::uint64_t{reverse_bits(laine_karras(index, key))} << 32) | low;
}

SimTime curve_offset(Curve curve, std::uint64_t point, SimTime within) {
  std::uint64_t fraction = point;
  switch (curve) {
    case Curve::kAtOnce:
      return SimTime{0};
    case Curve::kUniform:
    case Curve::kPoisson:
      break;
    case Curve::kNormal: {
      // The upper 8 bits choose the piece, the next 32 the place in it.
      const auto piece = static_cast<std::size_t>(point >> 56);
      const std::uint64_t place = (point >> 24) & 0xFFFFFFFFU;
      const std::uint64_t from = kNormalQuantiles[piece];
      const std::uint64_t width = kNormalQuantiles[piece + 1] - from;
      // from + width <= 2^32 and width < 2^29, so nothing overflows and the fraction stays below 1.
      const std::uint64_t quantile = (from << 27) + ((width * place) >> 5);
      fraction = quantile << 5;
      break;
    }
  }
  return SimTime{
      static_cast<std::int64_t>(scale(fraction, static_cast<std::uint64_t>(within.count())))};
}

}  // namespace esm
