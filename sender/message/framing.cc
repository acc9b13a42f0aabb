#include "sender/message/framing.h"

#include <array>
#include <cassert>
#include <cstring>

#include "sender/message/put.h"

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
  assert(length <= kFramedBytesMax);
  const auto count = static_cast<std::uint32_t>(length);
  const auto digits = static_cast<std::size_t>(decimal_digits(count));
  std::memmove(message + digits + 1, message, length);
  *put_number(message, count) = ' ';
  return end + digits + 1;
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

char* frame_otherwise(Framing framing, char* message, char* end) {
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
