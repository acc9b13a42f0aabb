// Copying and printing on the sending path: everything appends at `out` and returns the new end.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "sender/base/packed_text.h"

namespace esm {

// Bytes of one register: gcc copies a struct of as many through memory.
using Sixteen = char __attribute__((vector_size(16)));

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

// Names and the text between them are short: up to 32 bytes are copied by two moves that may
// overlap, which is several times cheaper than a call of memcpy. Nothing behind `size` is touched.
inline char* put(char* out, const char* text, std::size_t size) {
  if (size > 32) {
    std::memcpy(out, text, size);
    return out + size;
  }
  if (size <= 8) return put_few(out, text, size);
  const auto two_moves = [&]<typename Unit>(Unit front, Unit back) {
    std::memcpy(&front, text, sizeof front);
    std::memcpy(&back, text + size - sizeof back, sizeof back);
    std::memcpy(out, &front, sizeof front);
    std::memcpy(out + size - sizeof back, &back, sizeof back);
    return out + size;
  };
  if (size <= 16) return two_moves(std::uint64_t{}, std::uint64_t{});
  return two_moves(Sixteen{}, Sixteen{});
}

// Where more text follows, or room was left for it, sizes need not be told apart: bytes go by
// blocks, the last of which is written, and read, up to kPutRoom - 1 bytes too far.
inline constexpr std::size_t kPutRoom = 32;

inline char* put_blocks(char* out, const char* text, std::size_t size) {
  std::size_t done = 0;
  do {
    Sixteen first, second;
    std::memcpy(&first, text + done, sizeof first);
    std::memcpy(&second, text + done + sizeof first, sizeof second);
    std::memcpy(out + done, &first, sizeof first);
    std::memcpy(out + done + sizeof first, &second, sizeof second);
    done += kPutRoom;
  } while (done < size);
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

// The digits of a number below 10^8, zeros in front up to `width` (at most 8).
struct Digits {
  std::uint64_t packed = 0;
  std::size_t length = 0;
};

// From here on a number has more digits than its width says; 0 has one.
inline constexpr std::uint32_t kTooLong[] = {0,       10,        100,        1'000,      10'000,
                                             100'000, 1'000'000, 10'000'000, 100'000'000};

inline Digits digits_of(std::uint32_t number, int width) {
  const std::uint64_t digits = eight_digits(number);
  // Nearly all numbers are as long as their width, and a branch can be foretold: where the next
  // text goes is then known before the digits are.
  int length = width;
  if (number >= kTooLong[width]) {
    length = 8 - std::countr_zero(digits | std::uint64_t{1} << 56) / 8;
  }
  return {(digits | 0x3030'3030'3030'3030) >> (8 - length) * 8, static_cast<std::size_t>(length)};
}

// Of more than eight digits.
char* put_long_number(char* out, std::uint32_t number, int width);

inline bool is_long(std::uint32_t number, int width) { return width > 8 || number >= 100'000'000; }

// Decimal, with zeros in front up to `width` digits.
inline char* put_number(char* out, std::uint32_t number, int width = 1) {
  if (is_long(number, width)) return put_long_number(out, number, width);
  const Digits digits = digits_of(number, width);
  return put_packed(out, digits.packed, digits.length);
}

// The same where kPutRoom bytes are free.
inline char* put_number_block(char* out, std::uint32_t number, int width) {
  if (is_long(number, width)) return put_long_number(out, number, width);
  const Digits digits = digits_of(number, width);
  store_packed(out, digits.packed);
  return out + digits.length;
}

}  // namespace esm
