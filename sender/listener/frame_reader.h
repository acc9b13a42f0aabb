// Cuts a stream into messages as rsyslog does, frame by frame: a frame that begins with a digit
// from 1 to 9 is octet counted (`LEN SP MSG`), any other is a line that ends with LF, CRLF or NUL.
// Fed with pieces of any size; a message that lies whole in a piece is not copied.
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
  // framing: of a counted frame one CRLF, LF or NUL at its end goes too (octet-lf). Empty frames
  // are no messages: some senders put an LF behind a counted frame.
  template <typename Sink>
  void feed(std::string_view bytes, const Sink& sink) {
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    const char* lf =
        nullptr;  // the first at or behind `at`; looked for once, `end` if there is none
    while (at != end) {
      switch (state_) {
        case State::kStart:
          partial_.clear();
          count_ = 0;
          state_ = *at >= '1' && *at <= '9' ? State::kCount : State::kLine;
          break;
        case State::kCount:
          at = read_count(at, end);
          break;
        case State::kOctets: {
          const std::size_t take = std::min(count_, static_cast<std::size_t>(end - at));
          count_ -= take;
          if (count_ > 0) {
            partial_.append(at, take);
          } else {
            emit_counted(joined(at, take), sink);
            state_ = State::kStart;
          }
          at += take;
          break;
        }
        case State::kSkipOctets: {
          const std::size_t skip = std::min(count_, static_cast<std::size_t>(end - at));
          count_ -= skip;
          at += skip;
          if (count_ == 0) state_ = State::kStart;
          break;
        }
        case State::kLine:
        case State::kSkipLine: {
          if (lf == nullptr || lf < at) lf = find(at, end, '\n');
          const char* const stop = find(at, lf, '\0');
          if (state_ == State::kSkipLine) {
            if (stop != end) state_ = State::kStart;
          } else if (stop == end) {
            hold_line(at, end);
          } else {
            emit_line(joined(at, static_cast<std::size_t>(stop - at)), *stop == '\n', sink);
            state_ = State::kStart;
          }
          at = stop == end ? end : stop + 1;
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
  enum class State : std::uint8_t { kStart, kCount, kOctets, kSkipOctets, kLine, kSkipLine };

  static const char* find(const char* at, const char* end, char what) {
    const void* found = std::memchr(at, what, static_cast<std::size_t>(end - at));
    return found == nullptr ? end : static_cast<const char*>(found);
  }
  std::string_view joined(const char* at, std::size_t size) {
    if (partial_.empty()) return {at, size};
    partial_.append(at, size);
    return partial_;
  }
  template <typename Sink>
  void emit_line(std::string_view line, bool lf, const Sink& sink) {
    if (lf && line.ends_with('\r')) line.remove_suffix(1);
    emit(line, sink);
  }
  template <typename Sink>
  void emit_counted(std::string_view message, const Sink& sink) {
    emit(without_end(message), sink);
  }
  template <typename Sink>
  void emit(std::string_view message, const Sink& sink) {
    if (message.size() > max_) {
      ++too_long_;
    } else if (!message.empty()) {
      sink(message);
    }
  }
  const char* read_count(const char* at, const char* end);
  void hold_line(const char* at, const char* end);

 public:
  // `message` without one CRLF, LF or NUL at its end.
  static std::string_view without_end(std::string_view message);

 private:
  std::size_t max_;
  State state_ = State::kStart;
  std::size_t count_ = 0;  // of octets: while it is read, then what is missing
  std::string partial_;    // the frame under way, as far as earlier pieces held it
  std::uint64_t too_long_ = 0;
  std::uint64_t unterminated_ = 0;
};

}  // namespace esm
