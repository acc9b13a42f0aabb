// The lines of a stream, in bounded memory however long they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string_view>
#include <vector>

namespace esm {

class LineReader {
 public:
  // Of a longer line only the first `line_max` bytes are kept.
  explicit LineReader(std::istream& stream, std::size_t line_max = 1 << 20);

  // The next line, without its LF or CR LF; it lives until the next call. False at the end. Bytes
  // behind the last line end are a line too.
  bool next(std::string_view& line);

  std::uint64_t number() const { return number_; }  // of the last line, from 1
  bool too_long() const { return too_long_; }       // the last line was
  bool failed() const { return failed_; }           // the stream broke off before its end

 private:
  bool fill();
  void skip_rest();

  std::istream& stream_;
  std::size_t line_max_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t number_ = 0;
  bool too_long_ = false;
  bool failed_ = false;
};

}  // namespace esm
