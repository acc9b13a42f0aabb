#include "sender/message/letter_case.h"

namespace esm {
namespace {

bool is_in(std::uint32_t c, std::uint32_t first, std::uint32_t last) {
  return c >= first && c <= last;
}

// The capital of a small letter, for U+0080 to U+07FF; others stay what they are.
std::uint32_t upper(std::uint32_t c) {
  if (c == 0xFF) return 0x178;                                         // ÿ
  if (is_in(c, 0xE0, 0xFE) && c != 0xF7) return c - 0x20;              // à to þ, without ÷
  if (c == 0x131 || c == 0x138 || c == 0x149 || c == 0x17F) return c;  // have none of two bytes
  const bool odd_is_capital = is_in(c, 0x139, 0x148) || is_in(c, 0x179, 0x17E);
  if (odd_is_capital) return c % 2 == 0 ? c - 1 : c;          // ĺ to ň, ź to ž
  if (is_in(c, 0x100, 0x177)) return c % 2 == 1 ? c - 1 : c;  // ā to ŷ
  if (c == 0x3AC) return 0x386;                               // ά
  if (is_in(c, 0x3AD, 0x3AF)) return c - 37;                  // έ to ί
  if (c == 0x3C2) return 0x3A3;                               // ς
  if (is_in(c, 0x3B1, 0x3CB)) return c - 0x20;                // α to ϋ
  if (c == 0x3CC) return 0x38C;                               // ό
  if (is_in(c, 0x3CD, 0x3CE)) return c - 63;                  // ύ, ώ
  if (is_in(c, 0x430, 0x44F)) return c - 0x20;                // а to я
  if (is_in(c, 0x450, 0x45F)) return c - 0x50;                // ѐ to џ
  return c;
}

// And back.
std::uint32_t lower(std::uint32_t c) {
  if (c == 0x178) return 0xFF;
  if (is_in(c, 0xC0, 0xDE) && c != 0xD7) return c + 0x20;
  if (c == 0x130) return c;
  const bool odd_is_capital = is_in(c, 0x139, 0x148) || is_in(c, 0x179, 0x17E);
  if (odd_is_capital) return c % 2 == 1 ? c + 1 : c;
  if (is_in(c, 0x100, 0x137) || is_in(c, 0x14A, 0x177)) return c % 2 == 0 ? c + 1 : c;
  if (c == 0x386) return 0x3AC;
  if (is_in(c, 0x388, 0x38A)) return c + 37;
  if (is_in(c, 0x391, 0x3AB) && c != 0x3A2) return c + 0x20;
  if (c == 0x38C) return 0x3CC;
  if (is_in(c, 0x38E, 0x38F)) return c + 63;
  if (is_in(c, 0x410, 0x42F)) return c + 0x20;
  if (is_in(c, 0x400, 0x40F)) return c + 0x50;
  return c;
}

}  // namespace

std::size_t put_letter(char* out, LetterCase wanted, std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  out[0] = text[0];
  if (wanted == LetterCase::kAsItIs) return 1;
  if (wanted == LetterCase::kLower && is_in(lead, 'A', 'Z')) out[0] = static_cast<char>(lead + 32);
  if (wanted == LetterCase::kUpper && is_in(lead, 'a', 'z')) out[0] = static_cast<char>(lead - 32);
  // Two bytes: 110xxxxx 10xxxxxx.
  if (!is_in(lead, 0xC2, 0xDF) || text.size() < 2) return 1;
  const auto next = static_cast<unsigned char>(text[1]);
  if (!is_in(next, 0x80, 0xBF)) return 1;
  const std::uint32_t letter = (lead & 0x1Fu) << 6 | (next & 0x3Fu);
  const std::uint32_t changed = wanted == LetterCase::kUpper ? upper(letter) : lower(letter);
  out[0] = static_cast<char>(0xC0u | changed >> 6);
  out[1] = static_cast<char>(0x80u | (changed & 0x3Fu));
  return 2;
}

std::string in_case(LetterCase wanted, std::string text) {
  if (wanted == LetterCase::kAsItIs) return text;
  for (std::size_t i = 0; i < text.size();) {
    i += put_letter(text.data() + i, wanted, std::string_view(text).substr(i));
  }
  return text;
}

}  // namespace esm
