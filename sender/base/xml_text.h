// Text of any bytes as XML content or the value of an attribute.
#pragma once

#include <string>
#include <string_view>

namespace esm {

// XML is UTF-8 without control characters; a user's name or a received line need not be. Such a
// text is written with its stray bytes and control characters as \xNN.
std::string xml_text(std::string_view text);

}  // namespace esm
