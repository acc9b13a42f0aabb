// Comma-separated values by RFC 4180, record by record, with the place of every value: quotes
// around a value that has commas, line ends or doubled quotes in it; CRLF or LF. Beyond the RFC, a
// byte order mark and empty lines are passed over.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace esm {

class CsvReader {
 public:
  struct Value {
    std::string_view text;   // lives until the next record is read
    std::size_t offset = 0;  // in the whole text, of its first byte or quote
    std::size_t length = 0;
  };
  struct Wrong {
    std::size_t offset = 0;
    std::string problem;
    std::string hint;
  };

  // `text` outlives the reader.
  explicit CsvReader(std::string_view text);

  // The next record's values; false at the end, or where a quote is wrong: then wrong() says so.
  bool next(std::vector<Value>& values);
  const Wrong* wrong() const { return is_wrong_ ? &wrong_ : nullptr; }

 private:
  bool read_value(Value& value);
  bool read_quoted(Value& value);
  bool at_end_of_value() const;
  bool take_line_end();
  bool fail(std::size_t offset, std::string problem, std::string hint);

  std::string_view text_;
  std::size_t at_ = 0;
  std::deque<std::string> unquoted_;  // of this record, values that had doubled quotes
  std::size_t unquoted_used_ = 0;
  bool is_wrong_ = false;
  Wrong wrong_;
};

}  // namespace esm
