// How messages are told apart on a stream (RFC 6587, RFC 5425).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace esm {

enum class Framing : std::uint8_t {
  kNone,     // UDP: one message a datagram
  kLf,       // MSG LF
  kCrLf,     // MSG CR LF
  kNul,      // MSG NUL
  kOctet,    // LEN SP MSG
  kOctetLf,  // LEN SP MSG LF, the LF counted: one line on every receiver
};

std::optional<Framing> framing_named(std::string_view name);  // lf crlf nul octet octet-lf
std::string_view name_of(Framing framing);

// Bytes a frame adds at most: a count of eight digits, a space and a line end.
inline constexpr std::size_t kFrameOverheadMax = 10;
inline constexpr std::size_t kFramedBytesMax = 99'999'999;

// Any framing but the usual one, which needs no call.
char* frame_otherwise(Framing framing, char* message, char* message_end);

// Puts the frame around the message at [message, message_end), of at most kFramedBytesMax bytes
// with its line end. There must be kFrameOverheadMax free bytes behind it; it may be moved by up to
// that many bytes. Returns the end of the frame, which starts at `message`.
inline char* frame(Framing framing, char* message, char* message_end) {
  if (framing != Framing::kLf) return frame_otherwise(framing, message, message_end);
  *message_end = '\n';
  return message_end + 1;
}

}  // namespace esm
