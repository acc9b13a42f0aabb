#include "sender/transport/address_class.h"

#include <algorithm>
#include <cctype>

namespace esm {
namespace {

bool within_v4(std::uint32_t value, std::uint32_t base, int prefix) {
  return (value ^ base) >> (32 - prefix) == 0;
}

AddressClass classify_v4(std::uint32_t value) {
  if (value == 0 || within_v4(value, 0x7F000000U, 8)) return AddressClass::kLoopback;
  if (value == 0xFFFFFFFFU) return AddressClass::kBroadcast;
  if (within_v4(value, 0xE0000000U, 4)) return AddressClass::kMulticast;
  const bool is_private = within_v4(value, 0x0A000000U, 8) || within_v4(value, 0xAC100000U, 12) ||
                          within_v4(value, 0xC0A80000U, 16) || within_v4(value, 0xA9FE0000U, 16);
  return is_private ? AddressClass::kPrivate : AddressClass::kPublic;
}

bool same_host(std::string_view a, std::string_view b) {
  const auto x = IpAddress::parse(a);
  const auto y = IpAddress::parse(b);
  if (x || y) return x == y;
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char l, char r) {
    return std::tolower(static_cast<unsigned char>(l)) ==
           std::tolower(static_cast<unsigned char>(r));
  });
}

}  // namespace

AddressClass classify(const IpAddress& address) {
  if (!address.is_v6()) return classify_v4(static_cast<std::uint32_t>(address.low()));
  if (address.high() == 0 && address.low() <= 1) return AddressClass::kLoopback;
  if (address.high() == 0 && address.low() >> 32 == 0xFFFFU) {
    return classify_v4(static_cast<std::uint32_t>(address.low()));
  }
  if (address.high() >> 56 == 0xFFU) return AddressClass::kMulticast;
  const bool unique_local = address.high() >> 57 == 0xFCU >> 1;
  const bool link_local = address.high() >> 54 == 0xFE80U >> 6;
  return unique_local || link_local ? AddressClass::kPrivate : AddressClass::kPublic;
}

std::string_view name_of(AddressClass address_class) {
  switch (address_class) {
    case AddressClass::kLoopback:
      return "loopback";
    case AddressClass::kPrivate:
      return "private";
    case AddressClass::kPublic:
      return "public";
    case AddressClass::kMulticast:
      return "multicast";
    case AddressClass::kBroadcast:
      return "broadcast";
  }
  return "?";
}

bool may_send_to(const IpAddress& address, std::string_view host,
                 const std::vector<std::string>& allow_public) {
  const AddressClass address_class = classify(address);
  if (address_class == AddressClass::kLoopback || address_class == AddressClass::kPrivate) {
    return true;
  }
  return std::any_of(allow_public.begin(), allow_public.end(),
                     [&](const std::string& allowed) { return same_host(allowed, host); });
}

}  // namespace esm
