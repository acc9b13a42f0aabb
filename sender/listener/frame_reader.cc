#include "sender/listener/frame_reader.h"

namespace esm {
namespace {

constexpr std::size_t kDigitsMax = 9;

}  // namespace

void FrameReader::begin_frame(char first) {
  const bool digit = first >= '1' && first <= '9';
  count_ = 0;
  if (framing_ == StreamFraming::kOctet) {
    state_ = digit ? State::kCount : State::kBroken;
  } else {
    state_ = digit && framing_ == StreamFraming::kAuto ? State::kCount : State::kLine;
  }
}

// Digits that no space follows, or too many of them, were no count: they begin a line.
const char* FrameReader::read_count(const char* at, const char* end) {
  while (at != end && *at >= '0' && *at <= '9' && partial_.size() < kDigitsMax) {
    count_ = count_ * 10 + static_cast<std::size_t>(*at - '0');
    partial_ += *at++;
  }
  if (at == end) return at;
  if (*at == ' ') {
    partial_.clear();
    state_ = State::kOctets;
    return at + 1;
  }
  if (framing_ == StreamFraming::kOctet) {
    partial_.clear();
    state_ = State::kBroken;
  } else {
    state_ = State::kLine;
  }
  return at;
}

void FrameReader::hold_line(const char* at, const char* end) {
  last_held_ = end[-1];
  if (skipping_) return;
  const auto size = static_cast<std::size_t>(end - at);
  // One byte more than the longest may be the CR of a CRLF.
  if (partial_.size() + size > max_ + 1) {
    ++too_long_;
    partial_.clear();
    skipping_ = true;
    return;
  }
  partial_.append(at, size);
}

void FrameReader::finish() {
  // What is being skipped has been counted as too long already.
  const bool under_way = state_ == State::kCount || state_ == State::kOctets ||
                         (state_ == State::kLine && !partial_.empty());
  if (under_way && !skipping_) ++unterminated_;
  state_ = State::kStart;
  skipping_ = false;
  partial_.clear();
}

}  // namespace esm
