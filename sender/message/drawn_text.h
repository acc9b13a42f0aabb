// Texts that are drawn anew for every message: what stands for a file's hash or an event's key.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sender/base/random.h"

namespace esm {

// By message `ordinal` of the endpoint `who`.
class DrawnText {
 public:
  explicit DrawnText(std::uint64_t seed) : key_(draw_key(seed, Purpose::kMessageText)) {}

  static constexpr std::size_t kHashLength = 64;
  static constexpr std::size_t kUuidLength = 36;

  // Hexadecimal digits, as many as SHA-256 has.
  char* write_hash(Identity who, std::uint32_t ordinal, char* out) const {
    for (std::uint32_t word = 0; word < 4; ++word) {
      out = write_hex(bits(who, ordinal, word), 0, 16, out);
    }
    return out;
  }

  // A random one (version 4) of RFC 9562.
  char* write_uuid(Identity who, std::uint32_t ordinal, char* out) const {
    const std::uint64_t high =
        (bits(who, ordinal, 4) & 0xFFFF'FFFF'FFFF'0FFF) | 0x0000'0000'0000'4000;
    const std::uint64_t low =
        (bits(who, ordinal, 5) & 0x3FFF'FFFF'FFFF'FFFF) | 0x8000'0000'0000'0000;
    out = write_hex(high, 0, 8, out);
    *out++ = '-';
    out = write_hex(high, 8, 12, out);
    *out++ = '-';
    out = write_hex(high, 12, 16, out);
    *out++ = '-';
    out = write_hex(low, 0, 4, out);
    *out++ = '-';
    return write_hex(low, 4, 16, out);
  }

 private:
  std::uint64_t bits(Identity who, std::uint32_t ordinal, std::uint32_t word) const {
    return draw(key_, {who.group + word, who.index}, ordinal);
  }

  // Digits `first` to before `last` of the sixteen, the highest first.
  static char* write_hex(std::uint64_t value, int first, int last, char* out) {
    for (int digit = first; digit < last; ++digit) {
      *out++ = "0123456789abcdef"[value >> (60 - 4 * digit) & 0xF];
    }
    return out;
  }

  DrawKey key_;
};

}  // namespace esm
