// What must hold of every text that we read: it is UTF-8, and it is text.
#pragma once

#include <cstddef>
#include <string_view>

#include "sender/base/diagnostics.h"

namespace esm {

// Length of the UTF-8 sequence of several bytes that begins at `at`, or 0 if it is not a valid one.
std::size_t utf8_length(std::string_view text, std::size_t at);

// The first byte that does not belong to valid UTF-8; npos if there is none.
std::size_t find_invalid_utf8(std::string_view text);

// How many bytes at the text's begin are a byte order mark, as some editors put it there: 0 or 3.
inline std::size_t byte_order_mark(std::string_view text) {
  return text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
}

// Reports a control character (but tab and line end) or a line that is not UTF-8; false then.
bool check_text(const SourceText& source, Diagnostics& diagnostics);

}  // namespace esm
