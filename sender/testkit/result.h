// What the kit answers with: whether all is well, and in words.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace esm::testkit {

// The words are those of the command: what `esm-sender` would print in its place.
class Result {
 public:
  bool ok() const { return ok_; }
  const std::string& text() const { return text_; }

  // Without the last line end, so that a test framework can go on behind it.
  friend std::ostream& operator<<(std::ostream& out, const Result& result) {
    const std::string_view text = result.text_;
    return out << text.substr(0, text.size() - (text.ends_with('\n') ? 1 : 0));
  }

 protected:
  Result(bool ok, std::string text) : ok_(ok), text_(std::move(text)) {}

 private:
  bool ok_;
  std::string text_;
};

}  // namespace esm::testkit
