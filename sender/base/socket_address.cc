#include "sender/base/socket_address.h"

#include <cassert>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

namespace esm {

SocketAddress socket_address(const IpAddress& address, std::uint16_t port) {
  SocketAddress out;
  if (!address.is_v6()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    v4.sin_addr.s_addr = htonl(static_cast<std::uint32_t>(address.low()));
    std::memcpy(&out.storage, &v4, sizeof v4);
    out.size = sizeof v4;
    return out;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  for (unsigned i = 0; i < 8; ++i) {
    v6.sin6_addr.s6_addr[i] = static_cast<std::uint8_t>(address.high() >> (56 - 8 * i));
    v6.sin6_addr.s6_addr[i + 8] = static_cast<std::uint8_t>(address.low() >> (56 - 8 * i));
  }
  std::memcpy(&out.storage, &v6, sizeof v6);
  out.size = sizeof v6;
  return out;
}

IpAddress ip_address_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return IpAddress::v4(ntohl(v4.sin_addr.s_addr));
  }
  assert(address.sa_family == AF_INET6);
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  for (std::size_t i = 0; i < 8; ++i) high = high << 8 | v6.sin6_addr.s6_addr[i];
  for (std::size_t i = 8; i < 16; ++i) low = low << 8 | v6.sin6_addr.s6_addr[i];
  return IpAddress::v6(high, low);
}

std::string endpoint_text(const IpAddress& address, std::uint16_t port) {
  return endpoint_text(address.to_string(), port);
}

std::string endpoint_text(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

}  // namespace esm
