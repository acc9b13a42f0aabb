// JSON (RFC 8259) from front to back, with the place of everything: for texts of which only some is
// wanted, and in which a mistake must be shown. Nothing is built but the strings asked for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace esm {

class JsonReader {
 public:
  // `text` outlives the reader.
  explicit JsonReader(std::string_view text);

  // The next character that is not white space, not taken; '\0' at the end.
  char peek();
  // Takes the next character if it is this one.
  bool take(char c);
  // Where the next character is.
  std::size_t offset() const { return at_; }

  // A string, with its escapes resolved. False with problem() where there is none.
  bool string(std::string& out);
  // Any value; nested at most 32 deep.
  bool skip() { return skip(kDepthMax); }

  // What is wrong, and where; empty while nothing is.
  const std::string& problem() const { return problem_; }
  std::size_t problem_offset() const { return problem_offset_; }
  bool fail(std::size_t offset, std::string problem);

 private:
  static constexpr int kDepthMax = 32;
  bool skip(int depth);
  bool skip_number();
  bool escape(std::string& out);
  bool four_digits(unsigned& out);

  std::string_view text_;
  std::size_t at_ = 0;
  std::string problem_;
  std::size_t problem_offset_ = 0;
};

}  // namespace esm
