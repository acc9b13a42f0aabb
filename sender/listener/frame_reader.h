// Cuts a stream into messages, frame by frame. A message is a line, as at a firewall: a counted
// frame with line ends inside has several (base/lines.h). Fed with pieces of any size; a message
// that lies whole in a piece is not copied.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace esm {

// How frames are told.
enum class StreamFraming : std::uint8_t {
  // By the first byte, as rsyslog does: a digit from 1 to 9 begins an octet count (`LEN SP MSG`),
  // anything else a line that ends with LF, CRLF or NUL.
  kAuto,
  kLf,     // lines that end with LF or CRLF, whatever they begin with, as at a firewall
  kCrlf,   // lines that end with CRLF; an LF alone is part of its line
  kNul,    // lines that end with NUL; line ends are part of them
  kOctet,  // octet counts and nothing between the frames; what is none breaks the stream
};

class FrameReader {
 public:
  // Messages longer than this are counted and skipped, so memory is bounded by it.
  explicit FrameReader(std::size_t message_bytes_max, StreamFraming framing = StreamFraming::kAuto)
      : max_(message_bytes_max), framing_(framing) {}

  // Calls `sink(std::string_view message)` for each message that ends in `bytes`, without its
  // framing. Empty lines and frames are no messages: some senders put an LF behind a counted frame.
  // A sink may return false: then nothing behind that message is taken. Returns how many bytes were
  // taken; all, but for that.
  template <typename Sink>
  std::size_t feed(std::string_view bytes, const Sink& sink) {
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    // The first LF at or behind `at`: looked for once; `end` if there is none.
    const char* lf = nullptr;
    bool more = true;
    while (at != end && more) {
      switch (state_) {
        case State::kStart:
          begin_frame(*at);
          break;
        case State::kCount:
          at = read_count(at, end);
          break;
        case State::kOctets: {
          const char* const stop = at + std::min(count_, static_cast<std::size_t>(end - at));
          const bool whole = count_ == static_cast<std::size_t>(stop - at);
          while (at != stop && more) {
            const char* const next = read_line(at, stop, find(at, stop, '\n'), whole, sink, more);
            count_ -= static_cast<std::size_t>(next - at);
            at = next;
          }
          if (count_ == 0) state_ = State::kStart;
          break;
        }
        case State::kLine:
          if (framing_ != StreamFraming::kNul && (lf == nullptr || lf < at)) {
            lf = find(at, end, '\n');
          }
          at = read_line(at, end, lf, false, sink, more);
          if (line_ended_) state_ = State::kStart;
          break;
        case State::kBroken:
          at = end;
          break;
      }
    }
    return static_cast<std::size_t>(at - bytes.data());
  }

  // The stream ended: a frame under way is no message, because a line is one only with its end.
  void finish();

  // Of kOctet: there was something else than a count where one must be. What follows is passed
  // over.
  bool broken() const { return state_ == State::kBroken; }
  std::uint64_t too_long() const { return too_long_; }
  std::uint64_t unterminated() const { return unterminated_; }

 private:
  enum class State : std::uint8_t { kStart, kCount, kOctets, kLine, kBroken };

  static const char* find(const char* at, const char* end, char what) {
    const void* found = std::memchr(at, what, static_cast<std::size_t>(end - at));
    return found == nullptr ? end : static_cast<const char*>(found);
  }
  std::string_view joined(const char* at, std::size_t size) {
    if (partial_.empty()) return {at, size};
    partial_.append(at, size);
    return partial_;
  }
  // The byte that ends the line which `at` is part of, or `end`; `lf` is the first LF.
  const char* line_end(const char* at, const char* end, const char* lf) const {
    switch (state_ == State::kOctets ? StreamFraming::kAuto : framing_) {
      case StreamFraming::kLf:
        return lf;
      case StreamFraming::kNul:
        return find(at, end, '\0');
      case StreamFraming::kCrlf:
        while (lf != end && (lf == at ? last_held_ : lf[-1]) != '\r') lf = find(lf + 1, end, '\n');
        return lf;
      default:
        return find(at, lf, '\0');
    }
  }
  // Reads to behind the end of a line, or to `end`, where it may be `whole`: a line at the end of a
  // counted frame needs no end of its own.
  template <typename Sink>
  const char* read_line(const char* at, const char* end, const char* lf, bool whole,
                        const Sink& sink, bool& more) {
    const char* const stop = line_end(at, end, lf);
    line_ended_ = stop != end || whole;
    if (!line_ended_) {
      hold_line(at, end);
      return end;
    }
    if (!skipping_) {
      more =
          emit(joined(at, static_cast<std::size_t>(stop - at)), stop != end && *stop == '\n', sink);
    }
    skipping_ = false;
    last_held_ = '\0';
    partial_.clear();
    return stop == end ? end : stop + 1;
  }
  template <typename Sink>
  bool emit(std::string_view line, bool lf, const Sink& sink) {
    if (lf && line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() > max_) {
      ++too_long_;
    } else if (!line.empty()) {
      if constexpr (std::is_void_v<decltype(sink(line))>) {
        sink(line);
      } else {
        return sink(line);
      }
    }
    return true;
  }
  void begin_frame(char first);
  const char* read_count(const char* at, const char* end);
  void hold_line(const char* at, const char* end);

 private:
  std::size_t max_;
  StreamFraming framing_;
  State state_ = State::kStart;
  std::size_t count_ = 0;  // of octets: while it is read, then what is missing
  bool line_ended_ = false;
  bool skipping_ = false;  // the line under way is too long, and counted as that already
  char last_held_ = '\0';  // of the line under way, what earlier pieces ended with
  std::string partial_;    // the line under way (or count), as far as earlier pieces held it
  std::uint64_t too_long_ = 0;
  std::uint64_t unterminated_ = 0;
};

}  // namespace esm
