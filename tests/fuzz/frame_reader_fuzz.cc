// In every framing a stream is cut into the same messages whatever the pieces it comes in, and
// however often the sink stops; no message is longer than allowed or empty, or holds what ends one.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sender/listener/frame_reader.h"

namespace {

using esm::StreamFraming;

constexpr std::size_t kMessageBytesMax = 64;

struct Cut {
  std::vector<std::string> messages;
  std::uint64_t too_long = 0, unterminated = 0;
  bool broken = false;
  bool operator==(const Cut&) const = default;
};

bool holds_an_end(StreamFraming framing, std::string_view message) {
  switch (framing) {
    case StreamFraming::kLf:
      return message.find('\n') != std::string_view::npos;
    case StreamFraming::kCrlf:
      return message.find("\r\n") != std::string_view::npos;
    case StreamFraming::kNul:
      return message.find('\0') != std::string_view::npos;
    default:
      return message.find_first_of(std::string_view("\n\0", 2)) != std::string_view::npos;
  }
}

// The piece at `at` is as long as `sizes` says, in turn.
Cut cut(StreamFraming framing, std::string_view stream, const std::vector<std::size_t>& sizes,
        bool stopping) {
  esm::FrameReader reader(kMessageBytesMax, framing);
  Cut result;
  const auto take = [&](std::string_view message) {
    if (message.empty() || message.size() > kMessageBytesMax) std::abort();
    if (holds_an_end(framing, message)) std::abort();
    result.messages.emplace_back(message);
    return !stopping;
  };
  std::size_t turn = 0;
  for (std::size_t at = 0; at < stream.size();) {
    // A copy of its own, so that reading past a piece is an error the sanitizer sees.
    const std::string part(stream.substr(at, sizes[turn++ % sizes.size()]));
    for (std::size_t taken = 0; taken < part.size();) {
      const std::size_t now = reader.feed(std::string_view(part).substr(taken), take);
      if (now == 0) std::abort();
      taken += now;
    }
    at += part.size();
  }
  result.broken = reader.broken();
  reader.finish();
  result.too_long = reader.too_long();
  result.unterminated = reader.unterminated();
  return result;
}

// Another way to the same: of a stream of lines with one kind of end, written down plainly.
Cut plain_lines(std::string_view stream, char end) {
  Cut result;
  while (!stream.empty()) {
    const std::size_t at = stream.find(end);
    std::string_view line = stream.substr(0, at);
    if (at == std::string_view::npos) {
      // One byte more may be the CR of a CRLF.
      if (line.size() > kMessageBytesMax + 1) {
        ++result.too_long;
      } else {
        ++result.unterminated;
      }
      break;
    }
    stream.remove_prefix(at + 1);
    if (end == '\n' && line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() > kMessageBytesMax) {
      ++result.too_long;
    } else if (!line.empty()) {
      result.messages.emplace_back(line);
    }
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view stream(reinterpret_cast<const char*>(data), size);
  std::vector<std::size_t> drawn;  // sizes that follow from the bytes
  for (const char c : stream.substr(0, 16)) drawn.push_back(1 + static_cast<unsigned char>(c) % 9);
  if (drawn.empty()) drawn = {1};
  for (const StreamFraming framing :
       {StreamFraming::kAuto, StreamFraming::kLf, StreamFraming::kCrlf, StreamFraming::kNul,
        StreamFraming::kOctet}) {
    const Cut whole = cut(framing, stream, {std::max<std::size_t>(size, 1)}, false);
    for (const std::size_t piece : {1U, 2U, 7U, 65U}) {
      if (!(cut(framing, stream, {piece}, false) == whole)) std::abort();
    }
    if (!(cut(framing, stream, drawn, true) == whole)) std::abort();
    if (framing == StreamFraming::kLf && !(plain_lines(stream, '\n') == whole)) std::abort();
    if (framing == StreamFraming::kNul && !(plain_lines(stream, '\0') == whole)) std::abort();
  }
  return 0;
}
