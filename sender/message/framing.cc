#include "sender/message/framing.h"

#include <array>
#include <cassert>
#include <cstring>

namespace esm {
namespace {

struct Named {
  std::string_view name;
  Framing framing;
};
constexpr std::array<Named, 5> kNames{{{"lf", Framing::kLf},
                                       {"crlf", Framing::kCrLf},
                                       {"nul", Framing::kNul},
                                       {"octet", Framing::kOctet},
                                       {"octet-lf", Framing::kOctetLf}}};

// Puts "LEN " in front of the bytes from `message` to `end`.
char* count_octets(char* message, char* end) {
  const auto length = static_cast<std::size_t>(end - message);
  assert(length < 1'000'000);  // six digits and the space are within kFrameOverheadMax with an LF
  char digits[kFrameOverheadMax];
  std::size_t count = 0;
  for (std::size_t rest = length; rest != 0 || count == 0; rest /= 10) {
    digits[count++] = static_cast<char>('0' + rest % 10);
  }
  std::memmove(message + count + 1, message, length);
  for (std::size_t i = 0; i < count; ++i) message[i] = digits[count - 1 - i];
  message[count] = ' ';
  return end + count + 1;
}

}  // namespace

std::optional<Framing> framing_named(std::string_view name) {
  for (const Named& one : kNames) {
    if (one.name == name) return one.framing;
  }
  return std::nullopt;
}

std::string_view name_of(Framing framing) {
  for (const Named& one : kNames) {
    if (one.framing == framing) return one.name;
  }
  return "none";
}

char* frame(Framing framing, char* message, char* end) {
  switch (framing) {
    case Framing::kNone:
      return end;
    case Framing::kLf:
      *end++ = '\n';
      return end;
    case Framing::kCrLf:
      *end++ = '\r';
      *end++ = '\n';
      return end;
    case Framing::kNul:
      *end++ = '\0';
      return end;
    case Framing::kOctet:
      return count_octets(message, end);
    case Framing::kOctetLf:
      *end++ = '\n';
      return count_octets(message, end);
  }
  return end;
}

}  // namespace esm
