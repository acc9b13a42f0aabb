// In which order the addresses of a host are tried (RFC 8305, section 4): as the resolver sorted
// them, but IPv6 and IPv4 by turns, so that a family that does not work costs one attempt.
#pragma once

#include <vector>

#include "sender/base/ip_address.h"

namespace esm {

// The first address keeps its place; without duplicates.
std::vector<IpAddress> interleave_families(const std::vector<IpAddress>& addresses);

}  // namespace esm
