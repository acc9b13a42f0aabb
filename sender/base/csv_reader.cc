#include "sender/base/csv_reader.h"

#include <utility>

#include "sender/base/text_check.h"

namespace esm {

CsvReader::CsvReader(std::string_view text) : text_(text), at_(byte_order_mark(text)) {}

bool CsvReader::fail(std::size_t offset, std::string problem, std::string hint) {
  is_wrong_ = true;
  wrong_ = {offset, std::move(problem), std::move(hint)};
  return false;
}

bool CsvReader::at_end_of_value() const {
  return at_ == text_.size() || text_[at_] == ',' || text_[at_] == '\n' ||
         text_.substr(at_, 2) == "\r\n";
}

bool CsvReader::take_line_end() {
  if (at_ < text_.size() && text_[at_] == '\n') {
    ++at_;
    return true;
  }
  if (text_.substr(at_, 2) != "\r\n") return false;
  at_ += 2;
  return true;
}

bool CsvReader::next(std::vector<Value>& values) {
  values.clear();
  unquoted_used_ = 0;
  if (is_wrong_) return false;
  while (take_line_end()) {
  }
  if (at_ == text_.size()) return false;
  for (;;) {
    Value value;
    if (!read_value(value)) return false;
    values.push_back(value);
    if (at_ == text_.size() || take_line_end()) return true;
    ++at_;  // the comma
  }
}

bool CsvReader::read_value(Value& value) {
  value.offset = at_;
  if (at_ < text_.size() && text_[at_] == '"') return read_quoted(value);
  while (!at_end_of_value()) {
    if (text_[at_] == '"') {
      return fail(at_, "a quote inside a value that is not quoted",
                  "put the whole value in quotes, and each quote in it twice");
    }
    ++at_;
  }
  value.length = at_ - value.offset;
  value.text = text_.substr(value.offset, value.length);
  return true;
}

bool CsvReader::read_quoted(Value& value) {
  std::string* copy = nullptr;
  std::size_t begin = ++at_;
  for (;;) {
    const std::size_t quote = text_.find('"', at_);
    if (quote == std::string_view::npos) {
      return fail(value.offset, "the quote that begins here is never closed", "close it");
    }
    at_ = quote + 1;
    if (at_ == text_.size() || text_[at_] != '"') {
      const std::string_view last = text_.substr(begin, quote - begin);
      value.text = copy == nullptr ? last : std::string_view(copy->append(last));
      break;
    }
    if (copy == nullptr) {
      if (unquoted_used_ == unquoted_.size()) unquoted_.emplace_back();
      copy = &unquoted_[unquoted_used_++];
      copy->clear();
    }
    copy->append(text_.substr(begin, at_ - begin));
    begin = ++at_;
  }
  value.length = at_ - value.offset;
  if (at_end_of_value()) return true;
  return fail(at_, "something follows a closing quote",
              "a comma or the line's end must, and a quote inside is written twice");
}

}  // namespace esm
