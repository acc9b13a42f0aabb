#include "sender/transport/address_class.h"

#include <string_view>

namespace esm {

AddressClass classify(const IpAddress& given) {
  IpAddress address = given;
  // ::ffff:a.b.c.d is IPv4 in disguise.
  if (address.is_v6() && address.high() == 0 && address.low() >> 32 == 0xFFFF) {
    address = IpAddress::v4(static_cast<std::uint32_t>(address.low()));
  }
  const auto in = [&](std::string_view network) {
    const auto parsed = IpNetwork::parse(network);
    return parsed && parsed->contains(address);
  };
  if (in("127.0.0.0/8") || in("::1/128")) return AddressClass::kLoopback;
  if (in("224.0.0.0/4") || in("ff00::/8") || in("255.255.255.255/32") || in("0.0.0.0/8") ||
      in("::/128")) {
    return AddressClass::kMulticast;
  }
  for (const std::string_view network : {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
                                         "169.254.0.0/16", "fc00::/7", "fe80::/10"}) {
    if (in(network)) return AddressClass::kPrivate;
  }
  return AddressClass::kPublic;
}

}  // namespace esm
