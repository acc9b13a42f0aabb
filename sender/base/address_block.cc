#include "sender/base/address_block.h"

#include <algorithm>

namespace esm {
namespace {

constexpr std::uint64_t kUsableMax = std::uint64_t{1} << 63;

// The last address of a network.
IpAddress last_of(const IpNetwork& network) {
  const IpAddress& base = network.base;
  if (!base.is_v6()) {
    const std::uint64_t hosts = std::uint64_t{0xFFFFFFFF} >> network.prefix_length;
    return IpAddress::v4(static_cast<std::uint32_t>(base.low() | hosts));
  }
  const int prefix = network.prefix_length;
  const std::uint64_t high = prefix >= 64 ? 0 : UINT64_MAX >> prefix;
  const std::uint64_t low =
      prefix <= 64 ? UINT64_MAX : (prefix == 128 ? 0 : UINT64_MAX >> (prefix - 64));
  return IpAddress::v6(base.high() | high, base.low() | low);
}

}  // namespace

AddressBlock::AddressBlock(const IpNetwork& network)
    : first_(network.base),
      last_(last_of(network)),
      first_usable_(network.address(0)),
      usable_(network.usable()),
      prefix_length_(network.prefix_length) {}

AddressBlock::AddressBlock(const IpAddress& first, const IpAddress& last)
    : first_(first), last_(last), first_usable_(first) {
  const std::uint64_t borrow = last.low() < first.low() ? 1 : 0;
  const bool huge = last.high() - first.high() - borrow > 0;
  usable_ = huge ? kUsableMax : std::min(last.low() - first.low(), kUsableMax - 1) + 1;
}

std::optional<AddressBlock> AddressBlock::parse(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) {
    const std::optional<IpNetwork> network = IpNetwork::parse(text);
    return network ? std::optional(AddressBlock(*network)) : std::nullopt;
  }
  const auto first = IpAddress::parse(text.substr(0, dash));
  const auto last = IpAddress::parse(text.substr(dash + 1));
  if (!first || !last || first->is_v6() != last->is_v6() || *last < *first) return std::nullopt;
  return AddressBlock(*first, *last);
}

bool AddressBlock::contains(const IpAddress& address) const {
  return address.is_v6() == is_v6() && first_ <= address && address <= last_;
}

bool AddressBlock::overlaps(const AddressBlock& other) const {
  return is_v6() == other.is_v6() && first_ <= other.last_ && other.first_ <= last_;
}

std::string AddressBlock::to_string() const {
  return prefix_length_ >= 0 ? IpNetwork{first_, prefix_length_}.to_string()
                             : first_.to_string() + "-" + last_.to_string();
}

}  // namespace esm
