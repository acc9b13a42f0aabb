// Copying and printing on the sending path: everything appends at `out` and returns the new end.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace esm {

// 0 to 8 bytes.
inline char* put_few(char* out, const char* text, std::size_t size) {
  if (size >= 4) {
    std::uint32_t front = 0, back = 0;
    std::memcpy(&front, text, 4);
    std::memcpy(&back, text + size - 4, 4);
    std::memcpy(out, &front, 4);
    std::memcpy(out + size - 4, &back, 4);
  } else if (size > 0) {
    const char first = text[0], middle = text[size / 2], last = text[size - 1];
    out[0] = first;
    out[size / 2] = middle;
    out[size - 1] = last;
  }
  return out + size;
}

// Names and the text between them are short: up to 16 bytes are copied by two moves that may
// overlap, which is several times cheaper than a call of memcpy. Nothing behind `size` is touched.
inline char* put(char* out, const char* text, std::size_t size) {
  if (size > 16) {
    std::memcpy(out, text, size);
    return out + size;
  }
  if (size <= 8) return put_few(out, text, size);
  std::uint64_t front = 0, back = 0;
  std::memcpy(&front, text, 8);
  std::memcpy(&back, text + size - 8, 8);
  std::memcpy(out, &front, 8);
  std::memcpy(out + size - 8, &back, 8);
  return out + size;
}

inline char* put(char* out, std::string_view text) { return put(out, text.data(), text.size()); }

constexpr int decimal_digits(std::uint32_t number) {
  int digits = 1;
  for (; number >= 10; number /= 10) ++digits;
  return digits;
}

// The eight decimal digits of a number below 10^8, one a byte, the first in the lowest byte:
// halves, then quarters, then eighths, each step dividing all parts at once.
constexpr std::uint64_t eight_digits(std::uint32_t number) {
  std::uint64_t v = number / 10'000 | std::uint64_t{number % 10'000} << 32;
  const std::uint64_t hundreds = (v * 5'243 >> 19) & 0x0000'007F'0000'007F;
  v = hundreds | (v - hundreds * 100) << 16;
  const std::uint64_t tens = (v * 103 >> 10) & 0x000F'000F'000F'000F;
  return tens | (v - tens * 10) << 8;
}

// Decimal, with zeros in front up to `width` digits.
inline char* put_number(char* out, std::uint32_t number, int width = 1) {
  constexpr std::uint32_t kEightDigits = 100'000'000;
  const bool long_number = number >= kEightDigits;
  if (long_number || width > 8) {
    for (; width > 10; --width) *out++ = '0';
    out = long_number || width > 8 ? put_number(out, number / kEightDigits, width - 8) : out;
    number %= kEightDigits;
    width = 8;
  }
  const std::uint64_t digits = eight_digits(number);
  // Of a number the last digit always counts.
  const int zeros = std::countr_zero(digits | std::uint64_t{1} << 56) / 8;
  const int length = std::max(8 - zeros, width);
  std::uint64_t text = (digits | 0x3030'3030'3030'3030) >> (8 - length) * 8;
  if constexpr (std::endian::native == std::endian::big) text = __builtin_bswap64(text);
  char bytes[8];
  std::memcpy(bytes, &text, 8);
  return put_few(out, bytes, static_cast<std::size_t>(length));
}

}  // namespace esm
