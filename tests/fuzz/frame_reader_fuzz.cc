// A stream is cut into the same messages whatever the pieces it comes in, and no message is longer
// than allowed or empty, or holds the end of a line.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sender/listener/frame_reader.h"

namespace {

constexpr std::size_t kMessageBytesMax = 64;

struct Cut {
  std::vector<std::string> messages;
  std::uint64_t too_long = 0, unterminated = 0;
  bool operator==(const Cut&) const = default;
};

Cut cut(std::string_view stream, std::size_t piece) {
  esm::FrameReader reader(kMessageBytesMax);
  Cut result;
  const auto take = [&](std::string_view message) {
    if (message.empty() || message.size() > kMessageBytesMax) std::abort();
    for (const char c : message) {
      if (c == '\n' || c == '\0') std::abort();
    }
    result.messages.emplace_back(message);
  };
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    // A copy of its own, so that reading past a piece is an error the sanitizer sees.
    const std::string part(stream.substr(at, piece));
    reader.feed(part, take);
  }
  reader.finish();
  result.too_long = reader.too_long();
  result.unterminated = reader.unterminated();
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view stream(reinterpret_cast<const char*>(data), size);
  const Cut whole = cut(stream, std::max<std::size_t>(size, 1));
  for (const std::size_t piece : {1U, 2U, 7U, 65U}) {
    if (!(cut(stream, piece) == whole)) std::abort();
  }
  return 0;
}
