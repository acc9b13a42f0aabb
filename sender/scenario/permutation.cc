#include "sender/scenario/permutation.h"

#include <bit>
#include <cassert>

#include "sender/base/random.h"

namespace esm {
namespace {

constexpr int kRounds = 6;

}  // namespace

Permutation::Permutation(std::uint64_t key, std::uint32_t size)
    : key_(key),
      size_(size),
      half_bits_((static_cast<int>(std::bit_width(size == 0 ? 0U : size - 1)) + 1) / 2) {
  assert(size >= 1);
}

std::uint32_t Permutation::round(int number, std::uint32_t half) const {
  const std::uint64_t mixed =
      mix64(key_ + ((std::uint64_t{static_cast<std::uint32_t>(number)} << 32) | half) *
                       0x9E3779B97F4A7C15U);
  return static_cast<std::uint32_t>(mixed) & ((1U << half_bits_) - 1);
}

std::uint32_t Permutation::at(std::uint32_t index) const {
  assert(index < size_);
  const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
  std::uint64_t value = index;
  do {
    auto left = static_cast<std::uint32_t>(value >> half_bits_);
    auto right = static_cast<std::uint32_t>(value & mask);
    for (int number = 0; number < kRounds; ++number) {
      const std::uint32_t next = left ^ round(number, right);
      left = right;
      right = next;
    }
    value = (std::uint64_t{left} << half_bits_) | right;
  } while (value >= size_);
  return static_cast<std::uint32_t>(value);
}

std::uint32_t Permutation::index_of(std::uint32_t value) const {
  assert(value < size_);
  const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
  std::uint64_t index = value;
  do {
    auto left = static_cast<std::uint32_t>(index >> half_bits_);
    auto right = static_cast<std::uint32_t>(index & mask);
    for (int number = kRounds - 1; number >= 0; --number) {
      const std::uint32_t before = right ^ round(number, left);
      right = left;
      left = before;
    }
    index = (std::uint64_t{left} << half_bits_) | right;
  } while (index >= size_);
  return static_cast<std::uint32_t>(index);
}

}  // namespace esm
