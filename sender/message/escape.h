// What a value may not contain where it is put, and what becomes of it. Nothing that comes from a
// scenario can break a line out of its message, or a field out of its place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace esm {

// Of a word in a syslog head: what HOSTNAME of RFC 5424 may have.
inline constexpr std::size_t kHeadWordMax = 255;

enum class Escape : std::uint8_t {
  kHead,         // a word of a syslog head: all but visible ASCII becomes '_'; never empty ("-")
  kLeefHeader,   // LEEF defines no escaping: '|' and controls become a space
  kLeefValue,    // tab, CR, LF, NUL, other controls and the delimiter in use become a space
  kLeefDoubled,  // the same, and '\' is doubled, for receivers that unescape
  kCefHeader,    // '|' and '\' get a backslash, controls become a space
  kCefValue,     // '=' and '\' get a backslash, CR and LF become \r and \n as CEF writes them
  kCsv,          // RFC 4180 inside quotes: '"' is doubled; the quotes are the caller's
  kText,         // controls become a space
  kTextDoubled,  // the same, and '\' is doubled
  kParam,        // RFC 5424 PARAM-VALUE: '"', '\' and ']' get a backslash, controls become a space
  kTextLiteral,  // the same, but a tab may stand: receivers use it as the end of a value
};

// `delimiter` is used by kLeefValue and kLeefDoubled only.
std::string escape(Escape how, std::string_view value, char delimiter = '\t');

// The same without allocating, appended at `out`; returns the new end. At most so many times as
// long. Not of kHead.
inline constexpr std::size_t kEscapedGrowthMax = 2;
char* put_escaped(char* out, Escape how, std::string_view value, char delimiter);

// Whether a CSV value must stand in quotes.
bool needs_quotes(std::string_view value);

}  // namespace esm
