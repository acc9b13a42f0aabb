// Text of any bytes as a JSON string.
#pragma once

#include <string>

#include <boost/json/string.hpp>

namespace esm {

// JSON is UTF-8; a path, an argument or a received line need not be. Such a text is written with
// its stray bytes and control characters as \xNN.
boost::json::string json_text(const std::string& text);

}  // namespace esm
