#include "sender/transport/connect_order.h"

#include <algorithm>

namespace esm {

std::vector<IpAddress> interleave_families(const std::vector<IpAddress>& addresses) {
  std::vector<IpAddress> own;  // of the first one's family
  std::vector<IpAddress> other;
  for (const IpAddress& address : addresses) {
    std::vector<IpAddress>& family = address.is_v6() == addresses.front().is_v6() ? own : other;
    if (std::find(family.begin(), family.end(), address) == family.end()) {
      family.push_back(address);
    }
  }
  std::vector<IpAddress> ordered;
  ordered.reserve(own.size() + other.size());
  for (std::size_t i = 0; i < std::max(own.size(), other.size()); ++i) {
    if (i < own.size()) ordered.push_back(own[i]);
    if (i < other.size()) ordered.push_back(other[i]);
  }
  return ordered;
}

}  // namespace esm
