#include "sender/base/json_rows.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <boost/json/basic_parser_impl.hpp>

#include "sender/base/text_check.h"

namespace esm {
namespace {

namespace json = boost::json;

// What Boost.JSON finds, as rows. It does not tell where it is, so it gets the text in pieces that
// end with each quote and brace: what it finds by the end of a piece ends there.
class Handler {
 public:
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;

  Handler(std::string_view text, std::size_t base, std::size_t rows_depth, const JsonRow& row)
      : text_(text), base_(base), rows_depth_(rows_depth), row_(row) {}

  void begin_piece(std::size_t end) { piece_end_ = end; }
  // After a piece that ends with a quote: it opens a string if it did not close one.
  void end_piece() {
    if (!in_string_ && !closed_ && text_[piece_end_ - 1] == '"') {
      in_string_ = true;
      quote_ = piece_end_ - 1;
    }
    closed_ = false;
  }
  bool is_over() const { return enough_ || wrong_; }
  std::optional<JsonWrong> wrong() const { return wrong_; }

  using Code = json::error_code;
  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_array_begin(Code&) {
    const bool is_list = depth_ == 0 && rows_depth_ == 1;
    if (!is_list && !take_value(JsonMember::Kind::kOther)) return true;
    if (is_list) after_ = skip(0) + 1;
    ++depth_;
    return true;
  }
  bool on_array_end(std::size_t, Code&) {
    --depth_;
    return true;
  }
  bool on_object_begin(Code&) {
    if (depth_ == rows_depth_) {
      begin_ = piece_end_ - 1;
      used_ = 0;
    } else {
      take_value(JsonMember::Kind::kOther);
    }
    ++depth_;
    return true;
  }
  bool on_object_end(std::size_t, Code&) {
    if (--depth_ != rows_depth_ || is_over()) return true;
    after_ = piece_end_;
    members_.resize(used_);
    enough_ = !row_(base_ + begin_, members_);
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, Code&) {
    string_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, Code&) {
    string_.append(part.data(), part.size());
    if (depth_ == rows_depth_ + 1) {
      if (used_ == members_.size()) members_.emplace_back();
      JsonMember& member = members_[used_++];
      member = {};
      member.key = string_;
      member.key_offset = base_ + quote_;
      member.key_length = piece_end_ - quote_;
      key_end_ = piece_end_;
    }
    close_string();
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, Code&) {
    string_.append(part.data(), part.size());
    return true;
  }
  bool on_string(json::string_view part, std::size_t, Code&) {
    string_.append(part.data(), part.size());
    take_value(JsonMember::Kind::kText);
    close_string();
    return true;
  }
  bool on_number_part(json::string_view, Code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, Code&) { return other(); }
  bool on_uint64(std::uint64_t, json::string_view, Code&) { return other(); }
  bool on_double(double, json::string_view, Code&) { return other(); }
  bool on_bool(bool, Code&) { return other(); }
  bool on_null(Code&) {
    take_value(JsonMember::Kind::kNull);
    return true;
  }
  bool on_comment_part(json::string_view, Code&) { return true; }
  bool on_comment(json::string_view, Code&) { return true; }

 private:
  // The first that is neither white space nor `also`.
  std::size_t skip(std::size_t from, char also = ' ') const {
    while (from < text_.size() &&
           (text_[from] == ' ' || text_[from] == '\t' || text_[from] == '\n' ||
            text_[from] == '\r' || text_[from] == also)) {
      ++from;
    }
    return from;
  }
  bool other() {
    take_value(JsonMember::Kind::kOther);
    return true;
  }
  // A value: of a member, within one, or where a row or the list should be. False then.
  bool take_value(JsonMember::Kind kind) {
    if (depth_ <= rows_depth_) {
      if (wrong_) return false;
      const bool no_list = depth_ < rows_depth_;
      wrong_ = JsonWrong{no_list ? JsonWrong::Kind::kNoList : JsonWrong::Kind::kNoObject,
                         base_ + (no_list ? skip(0) : skip(after_, ',')),
                         {}};
      return false;
    }
    if (depth_ != rows_depth_ + 1) return true;
    JsonMember& member = members_[used_ - 1];
    member.kind = kind;
    const std::size_t begin = skip(skip(key_end_) + 1);  // behind the colon
    member.offset = base_ + begin;
    if (kind == JsonMember::Kind::kText) {
      member.text = string_;
      member.length = piece_end_ - begin;
    }
    return true;
  }
  void close_string() {
    string_.clear();
    in_string_ = false;
    closed_ = true;
  }

  std::string_view text_;
  std::size_t base_;        // its place in the whole text
  std::size_t rows_depth_;  // 1: within a list
  const JsonRow& row_;
  std::size_t piece_end_ = 0;
  std::size_t depth_ = 0;
  std::size_t after_ = 0;  // the list's bracket, or the last row
  std::size_t begin_ = 0;  // of this row
  std::size_t quote_ = 0;  // where the string begins
  std::size_t key_end_ = 0;
  bool in_string_ = false, closed_ = false, enough_ = false;
  std::string string_;
  std::vector<JsonMember> members_;  // of this row the first used_
  std::size_t used_ = 0;
  std::optional<JsonWrong> wrong_;
};

// One JSON value, at `base` of the whole text. `enough`: the row said so.
std::optional<JsonWrong> read(std::string_view text, std::size_t base, std::size_t rows_depth,
                              const JsonRow& row, bool& enough) {
  json::basic_parser<Handler> parser(json::parse_options{}, text, base, rows_depth, row);
  const auto not_json = [&](std::size_t offset, json::error_code code) {
    return JsonWrong{JsonWrong::Kind::kNotJson, base + offset, code.message()};
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t found = text.find_first_of("\"{}", at);
    const std::size_t end = found == std::string_view::npos ? text.size() : found + 1;
    parser.handler().begin_piece(end);
    json::error_code code;
    const std::size_t read = parser.write_some(true, text.data() + at, end - at, code);
    if (parser.handler().wrong()) return parser.handler().wrong();
    enough = parser.handler().is_over();
    if (enough) return std::nullopt;
    if (!code && read < end - at) code = json::error::extra_data;
    if (code) return not_json(at + read, code);
    parser.handler().end_piece();
    at = end;
  }
  json::error_code code;
  if (!parser.done()) parser.write_some(false, text.data() + text.size(), 0, code);
  if (parser.handler().wrong()) return parser.handler().wrong();
  if (code) return not_json(text.size(), code);
  return std::nullopt;
}

}  // namespace

std::optional<JsonWrong> read_json_list(std::string_view text, const JsonRow& row) {
  const std::size_t mark = byte_order_mark(text);
  bool enough = false;
  return read(text.substr(mark), mark, 1, row, enough);
}

std::optional<JsonWrong> read_json_lines(std::string_view text, const JsonRow& row) {
  bool enough = false;
  for (std::size_t at = byte_order_mark(text); at < text.size() && !enough;) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
      if (auto wrong = read(line, at, 0, row, enough)) return wrong;
    }
    at = end + 1;
  }
  return std::nullopt;
}

}  // namespace esm
