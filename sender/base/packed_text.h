// Up to eight characters in one integer, the first in the lowest byte: short text that was computed
// goes from the register to its place, and what is written behind it need not wait.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace esm {

inline void store_packed(char* out, std::uint32_t four) {
  if constexpr (std::endian::native == std::endian::big) four = __builtin_bswap32(four);
  std::memcpy(out, &four, 4);
}

inline void store_packed(char* out, std::uint16_t two) {
  if constexpr (std::endian::native == std::endian::big) two = __builtin_bswap16(two);
  std::memcpy(out, &two, 2);
}

inline void store_packed(char* out, std::uint64_t eight) {
  if constexpr (std::endian::native == std::endian::big) eight = __builtin_bswap64(eight);
  std::memcpy(out, &eight, 8);
}

// The first `size` of them, 1 to 8. Nothing behind these is touched.
inline char* put_packed(char* out, std::uint64_t text, std::size_t size) {
  const std::size_t last = size - 1;
  if (size >= 4) {
    store_packed(out, static_cast<std::uint32_t>(text));
    store_packed(out + size - 4, static_cast<std::uint32_t>(text >> (size - 4) * 8));
  } else {
    out[0] = static_cast<char>(text);
    out[size / 2] = static_cast<char>(text >> size / 2 * 8);
    out[last] = static_cast<char>(text >> last * 8);
  }
  return out + size;
}

}  // namespace esm
