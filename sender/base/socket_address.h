// Addresses as the kernel takes them.
#pragma once

#include <cstdint>
#include <string>

#include <sys/socket.h>

#include "sender/base/ip_address.h"

namespace esm {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

// `port` in host order.
SocketAddress socket_address(const IpAddress& address, std::uint16_t port);
// Of an AF_INET or AF_INET6 address; nothing else is given to it.
IpAddress ip_address_of(const sockaddr& address);

// "192.0.2.10:514", "[2001:db8::1]:514", "firewall:514".
std::string endpoint_text(const IpAddress& address, std::uint16_t port);
std::string endpoint_text(const std::string& host, std::uint16_t port);

}  // namespace esm
