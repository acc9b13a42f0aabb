// A JSON text that is a list of objects, or an object a line (JSON Lines), row by row, with the
// place of everything. Boost.JSON reads it; nothing is built but one row at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace esm {

struct JsonMember {
  enum class Kind { kText, kNull, kOther };
  std::string key;
  std::size_t key_offset = 0;  // in the whole text, of its quote
  std::size_t key_length = 0;  // with its quotes
  Kind kind = Kind::kOther;
  std::string text;        // of kText
  std::size_t offset = 0;  // of the value
  std::size_t length = 1;  // of kText, with its quotes
};

struct JsonWrong {
  enum class Kind { kNotJson, kNoList, kNoObject };
  Kind kind = Kind::kNotJson;
  std::size_t offset = 0;
  std::string problem;  // of kNotJson, in Boost.JSON's words
};

// One object: where it begins and its members in order, which live until the next row. False:
// enough has been seen.
using JsonRow = std::function<bool(std::size_t offset, const std::vector<JsonMember>& members)>;

// A byte order mark is passed over. What is wrong, if something is: the rows before have been seen.
std::optional<JsonWrong> read_json_list(std::string_view text, const JsonRow& row);
std::optional<JsonWrong> read_json_lines(std::string_view text, const JsonRow& row);

}  // namespace esm
