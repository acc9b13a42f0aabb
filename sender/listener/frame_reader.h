// Cuts a stream into messages, frame by frame as rsyslog does: a frame that begins with a digit
// from 1 to 9 is octet counted (`LEN SP MSG`), any other is a line that ends with LF, CRLF or NUL.
// A message is a line, as at a firewall: a counted frame with line ends inside has several
// (base/lines.h). Fed with pieces of any size; a message that lies whole in a piece is not copied.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace esm {

class FrameReader {
 public:
  // Messages longer than this are counted and skipped, so memory is bounded by it.
  explicit FrameReader(std::size_t message_bytes_max) : max_(message_bytes_max) {}

  // Calls `sink(std::string_view message)` for each message that ends in `bytes`, without its
  // framing. Empty lines and frames are no messages: some senders put an LF behind a counted frame.
  template <typename Sink>
  void feed(std::string_view bytes, const Sink& sink) {
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    const char* lf =
        nullptr;  // the first at or behind `at`; looked for once, `end` if there is none
    while (at != end) {
      switch (state_) {
        case State::kStart:
          count_ = 0;
          state_ = *at >= '1' && *at <= '9' ? State::kCount : State::kLine;
          break;
        case State::kCount:
          at = read_count(at, end);
          break;
        case State::kOctets: {
          const char* const stop = at + std::min(count_, static_cast<std::size_t>(end - at));
          count_ -= static_cast<std::size_t>(stop - at);
          while (at != stop) at = read_line(at, stop, find(at, stop, '\n'), sink);
          if (count_ == 0) state_ = State::kStart;
          break;
        }
        case State::kLine: {
          if (lf == nullptr || lf < at) lf = find(at, end, '\n');
          at = read_line(at, end, lf, sink);
          if (line_ended_) state_ = State::kStart;
          break;
        }
      }
    }
  }

  // The stream ended: a frame under way is no message, because a line is one only with its end.
  void finish();

  std::uint64_t too_long() const { return too_long_; }
  std::uint64_t unterminated() const { return unterminated_; }

 private:
  enum class State : std::uint8_t { kStart, kCount, kOctets, kLine };

  static const char* find(const char* at, const char* end, char what) {
    const void* found = std::memchr(at, what, static_cast<std::size_t>(end - at));
    return found == nullptr ? end : static_cast<const char*>(found);
  }
  std::string_view joined(const char* at, std::size_t size) {
    if (partial_.empty()) return {at, size};
    partial_.append(at, size);
    return partial_;
  }
  // Reads to behind the end of a line, or to `end`; `lf` is the first LF before it, or `end`.
  template <typename Sink>
  const char* read_line(const char* at, const char* end, const char* lf, const Sink& sink) {
    const char* const stop = find(at, lf, '\0');
    const auto size = static_cast<std::size_t>(stop - at);
    // At the end of a counted frame a line needs no end of its own.
    line_ended_ = stop != end || (state_ == State::kOctets && count_ == 0);
    if (!line_ended_) {
      hold_line(at, end);
      return end;
    }
    if (!skipping_) emit(joined(at, size), stop != end && *stop == '\n', sink);
    skipping_ = false;
    partial_.clear();
    return stop == end ? end : stop + 1;
  }
  template <typename Sink>
  void emit(std::string_view line, bool lf, const Sink& sink) {
    if (lf && line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() > max_) {
      ++too_long_;
    } else if (!line.empty()) {
      sink(line);
    }
  }
  const char* read_count(const char* at, const char* end);
  void hold_line(const char* at, const char* end);

 private:
  std::size_t max_;
  State state_ = State::kStart;
  std::size_t count_ = 0;  // of octets: while it is read, then what is missing
  bool line_ended_ = false;
  bool skipping_ = false;  // the line under way is too long, and counted as that already
  std::string partial_;    // the line under way (or count), as far as earlier pieces held it
  std::uint64_t too_long_ = 0;
  std::uint64_t unterminated_ = 0;
};

}  // namespace esm
