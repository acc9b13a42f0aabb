#include "sender/base/text_check.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>

namespace esm {
namespace {

bool is_refused_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

}  // namespace

std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  std::size_t length = 0;
  if (lead >= 0xC2 && lead <= 0xDF) length = 2;
  if (lead >= 0xE0 && lead <= 0xEF) length = 3;
  if (lead >= 0xF0 && lead <= 0xF4) length = 4;
  if (length == 0 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte(at + 1);
  if (lead == 0xE0 && second < 0xA0) return 0;  // overlong
  if (lead == 0xED && second > 0x9F) return 0;  // surrogates
  if (lead == 0xF0 && second < 0x90) return 0;  // overlong
  if (lead == 0xF4 && second > 0x8F) return 0;  // beyond U+10FFFF
  return length;
}

std::size_t find_invalid_utf8(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  std::size_t at = 0;
  while (at < text.size()) {
    // Most text is ASCII: eight bytes at a time.
    std::uint64_t eight = 0;
    if (at + sizeof eight <= text.size()) {
      std::memcpy(&eight, text.data() + at, sizeof eight);
      if ((eight & kHighBits) == 0) {
        at += sizeof eight;
        continue;
      }
    }
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const std::size_t length = utf8_length(text, at);
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

bool check_text(const SourceText& source, Diagnostics& diagnostics) {
  const std::string& text = source.text();
  const auto control = std::find_if(text.begin(), text.end(), is_refused_control);
  if (control != text.end()) {
    const auto offset = static_cast<std::size_t>(control - text.begin());
    diagnostics.error(
        source.place(offset),
        *control == '\0'
            ? std::string("a NUL byte: this is not a text file")
            : fmt::format("a control character, U+{:04X}, cannot stand here", *control),
        *control == '\0' ? "" : "take it out");
    return false;
  }
  if (const std::size_t offset = find_invalid_utf8(text); offset != std::string_view::npos) {
    Place place = source.place(offset);
    place.column = 0;
    diagnostics.error(place, "this line is not valid UTF-8", "save the file as UTF-8");
    return false;
  }
  return true;
}

}  // namespace esm
