#include "sender/base/json_reader.h"

#include <utility>

#include "sender/base/text_check.h"

namespace esm {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, unsigned code) {
  const auto put = [&out](unsigned byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

}  // namespace

JsonReader::JsonReader(std::string_view text) : text_(text), at_(byte_order_mark(text)) {}

bool JsonReader::fail(std::size_t offset, std::string problem) {
  if (problem_.empty()) {
    problem_ = std::move(problem);
    problem_offset_ = offset;
  }
  return false;
}

char JsonReader::peek() {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
    ++at_;
  }
  return at_ < text_.size() ? text_[at_] : '\0';
}

bool JsonReader::take(char c) {
  if (peek() != c) return false;
  ++at_;
  return true;
}

bool JsonReader::string(std::string& out) {
  out.clear();
  if (peek() != '"') return fail(at_, "a text in double quotes is expected here");
  const std::size_t begin = at_++;
  for (;;) {
    const std::size_t end = text_.find_first_of("\"\\\n", at_);
    if (end == std::string_view::npos || text_[end] == '\n') {
      return fail(begin, "the quote that begins here is not closed in its line");
    }
    out.append(text_.substr(at_, end - at_));
    at_ = end + 1;
    if (text_[end] == '"') return true;
    if (!escape(out)) return false;
  }
}

bool JsonReader::four_digits(unsigned& out) {
  out = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    const unsigned digit = is_digit(c)            ? static_cast<unsigned>(c - '0')
                           : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a') + 10
                           : c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A') + 10
                                                  : 16;
    if (digit == 16) return fail(at_, "\\u needs four hexadecimal digits");
    out = out * 16 + digit;
  }
  return true;
}

// Behind a backslash.
bool JsonReader::escape(std::string& out) {
  const std::size_t begin = at_ - 1;
  constexpr std::string_view kLetters = "\"\\/bfnrt", kMeant = "\"\\/\b\f\n\r\t";
  const char c = at_ < text_.size() ? text_[at_++] : '\0';
  if (const std::size_t which = kLetters.find(c); which != std::string_view::npos) {
    out += kMeant[which];
    return true;
  }
  if (c != 'u') return fail(begin, "this escape is not known in JSON");
  unsigned code = 0;
  if (!four_digits(code)) return false;
  if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_, 2) == "\\u") {
    unsigned low = 0;
    at_ += 2;
    if (!four_digits(low)) return false;
    if (low >= 0xDC00 && low < 0xE000) code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  if (code >= 0xD800 && code < 0xE000) return fail(begin, "half of a surrogate pair");
  append_utf8(out, code);
  return true;
}

bool JsonReader::skip_number() {
  const std::size_t begin = at_;
  const auto digits = [this] {
    const std::size_t from = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return at_ > from;
  };
  const auto is = [this](std::string_view any) {
    return at_ < text_.size() && any.find(text_[at_]) != std::string_view::npos;
  };
  if (is("-")) ++at_;
  const bool zero = is("0");
  const std::size_t whole = at_;
  bool good = digits() && !(zero && at_ - whole > 1);
  if (good && is(".")) {
    ++at_;
    good = digits();
  }
  if (good && is("eE")) {
    ++at_;
    if (is("+-")) ++at_;
    good = digits();
  }
  return good || fail(begin, "this is not a number");
}

bool JsonReader::skip(int depth) {
  const char c = peek();
  if (depth == 0) return fail(at_, "nested too deep");
  if (c == '"') {
    std::string ignored;
    return string(ignored);
  }
  if (c == '[' || c == '{') {
    const char close = c == '[' ? ']' : '}';
    ++at_;
    if (take(close)) return true;
    do {
      if (c == '{') {
        std::string ignored;
        if (!string(ignored)) return false;
        if (!take(':')) return fail(at_, "a ':' is expected here");
      }
      if (!skip(depth - 1)) return false;
    } while (take(','));
    return take(close) ||
           fail(at_, c == '[' ? "a ',' or ']' is expected here" : "a ',' or '}' is expected here");
  }
  if (c == '-' || is_digit(c)) return skip_number();
  for (const std::string_view word : {"true", "false", "null"}) {
    if (text_.substr(at_, word.size()) != word) continue;
    at_ += word.size();
    return true;
  }
  return fail(at_, c == '\0' ? "the text ends too early" : "a value is expected here");
}

}  // namespace esm
