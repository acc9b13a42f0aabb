// "80% have this, 20% that": which one a draw falls on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sender/base/random.h"

namespace esm {

inline constexpr std::uint32_t kWholePpm = 1'000'000;

// The position in `all`, whose members `share` (parts per million) are the whole together, on which
// `bits` fall. `all` is not empty.
template <typename T>
std::uint32_t chosen(const std::vector<T>& all, std::uint32_t T::*share, std::uint64_t bits) {
  const std::uint64_t part = scale(bits, kWholePpm);
  std::uint64_t before = 0;
  std::uint32_t i = 0;
  for (; i + 1 < all.size(); ++i) {
    before += all[i].*share;
    if (part < before) break;
  }
  return i;
}

// One of several texts of a group.
struct TextShare {
  std::string text;
  std::uint32_t parts_per_million = kWholePpm;
  friend bool operator==(const TextShare&, const TextShare&) = default;
};

}  // namespace esm
