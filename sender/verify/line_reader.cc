#include "sender/verify/line_reader.h"

#include <algorithm>
#include <cstring>

namespace esm {
namespace {

constexpr std::size_t kChunk = std::size_t{256} << 10;

}  // namespace

LineReader::LineReader(std::istream& stream, std::size_t line_max)
    : stream_(stream), line_max_(line_max), buffer_(line_max + kChunk) {}

// Moves what is left to the front and reads on. False when nothing came.
bool LineReader::fill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  stream_.read(buffer_.data() + end_, static_cast<std::streamsize>(buffer_.size() - end_));
  const auto count = static_cast<std::size_t>(stream_.gcount());
  // A stream that could not be opened or read at all fails without reaching its end.
  failed_ = failed_ || stream_.bad() || (count == 0 && !stream_.eof());
  end_ += count;
  return count > 0;
}

// Reads over the rest of a line whose first `line_max_` bytes, at begin_, are kept.
void LineReader::skip_rest() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, line_max_);
  begin_ = end_ = line_max_;
  char* const rest = buffer_.data() + line_max_;
  while (true) {
    stream_.read(rest, static_cast<std::streamsize>(buffer_.size() - line_max_));
    const auto count = static_cast<std::size_t>(stream_.gcount());
    failed_ = failed_ || stream_.bad();
    if (count == 0) return;
    const auto* const found = static_cast<const char*>(std::memchr(rest, '\n', count));
    if (found == nullptr) continue;
    begin_ = static_cast<std::size_t>(found - buffer_.data()) + 1;
    end_ = line_max_ + count;
    return;
  }
}

bool LineReader::next(std::string_view& line) {
  std::size_t looked = 0;  // bytes from begin_ on that hold no line end
  bool cut = false;
  while (true) {
    const char* const from = buffer_.data() + begin_;
    const auto* const found =
        static_cast<const char*>(std::memchr(from + looked, '\n', end_ - begin_ - looked));
    if (found != nullptr) {
      line = {from, static_cast<std::size_t>(found - from)};
      begin_ += line.size() + 1;
      break;
    }
    looked = end_ - begin_;
    if (looked > line_max_) {
      skip_rest();
      line = {buffer_.data(), line_max_};
      cut = true;
      break;
    }
    if (!fill()) {
      if (begin_ == end_) return false;
      line = {buffer_.data() + begin_, end_ - begin_};
      begin_ = end_;
      break;
    }
  }
  if (!cut && line.ends_with('\r')) line.remove_suffix(1);
  too_long_ = cut || line.size() > line_max_;
  line = line.substr(0, line_max_);
  ++number_;
  return true;
}

}  // namespace esm
