// Names in small letters or capitals: the Latin letters of Europe, Greek and Cyrillic, which is
// what people's and machines' names are written in where that matters. A fixed rule instead of the
// machine's locale, so that the same bytes come out everywhere; no letter changes its length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace esm {

enum class LetterCase : std::uint8_t { kAsItIs, kLower, kUpper };

// The first character of `text`, which is not empty, at `out`; returns its bytes, at most 2 (of a
// longer one each is taken by itself: those are never changed).
std::size_t put_letter(char* out, LetterCase wanted, std::string_view text);

std::string in_case(LetterCase wanted, std::string text);

}  // namespace esm
