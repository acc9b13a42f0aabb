#include "sender/listener/frame_reader.h"

namespace esm {
namespace {

constexpr std::size_t kDigitsMax = 9;

}  // namespace

// Digits that no space follows, or too many of them, were no count: they begin a line.
const char* FrameReader::read_count(const char* at, const char* end) {
  while (at != end && *at >= '0' && *at <= '9' && partial_.size() < kDigitsMax) {
    count_ = count_ * 10 + static_cast<std::size_t>(*at - '0');
    partial_ += *at++;
  }
  if (at == end) return at;
  if (*at != ' ') {
    state_ = State::kLine;
    return at;
  }
  partial_.clear();
  // A CRLF may be counted beside the message itself.
  if (count_ > max_ + 2) {
    ++too_long_;
    state_ = State::kSkipOctets;
  } else {
    state_ = State::kOctets;
  }
  return at + 1;
}

void FrameReader::hold_line(const char* at, const char* end) {
  const auto size = static_cast<std::size_t>(end - at);
  // One byte more than the longest may be the CR of a CRLF.
  if (partial_.size() + size > max_ + 1) {
    ++too_long_;
    partial_.clear();
    state_ = State::kSkipLine;
    return;
  }
  partial_.append(at, size);
}

void FrameReader::finish() {
  // What is being skipped has been counted as too long already.
  if (state_ == State::kCount || state_ == State::kOctets ||
      (state_ == State::kLine && !partial_.empty())) {
    ++unterminated_;
  }
  state_ = State::kStart;
  partial_.clear();
}

std::string_view FrameReader::without_end(std::string_view message) {
  if (message.ends_with("\r\n")) {
    message.remove_suffix(2);
  } else if (message.ends_with('\n') || message.ends_with('\0')) {
    message.remove_suffix(1);
  }
  return message;
}

}  // namespace esm
