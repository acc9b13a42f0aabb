// How far messages to an address travel. Load is free to this machine, limited within an
// organisation, and refused beyond it unless the person names the host.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sender/base/ip_address.h"

namespace esm {

enum class AddressClass : std::uint8_t {
  kLoopback,   // 127.0.0.0/8, ::1; also 0.0.0.0 and ::, which this kernel takes for them
  kPrivate,    // RFC 1918, RFC 4193, link-local
  kPublic,     // everything else, what is reserved or for documentation too
  kMulticast,  // 224.0.0.0/4, ff00::/8
  kBroadcast,  // 255.255.255.255; a subnet's is not known here: the kernel refuses it
};

// An IPv4 address written as IPv6 (::ffff:192.0.2.1) is of the class of the IPv4 address.
AddressClass classify(const IpAddress& address);

// "public", as in messages.
std::string_view name_of(AddressClass address_class);

// Whether `address`, to which the target's `host` leads, may be sent to: loopback and private
// always, others if `allow_public` names that very host (names without regard to case, addresses by
// their value).
bool may_send_to(const IpAddress& address, std::string_view host,
                 const std::vector<std::string>& allow_public);

}  // namespace esm
