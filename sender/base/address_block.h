// Addresses that lie side by side and that a pool gives out: those of a network, or from one
// address to another.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sender/base/ip_address.h"

namespace esm {

class AddressBlock {
 public:
  // A network's usable addresses; it covers the others too.
  AddressBlock(const IpNetwork& network);  // NOLINT(google-explicit-constructor): a network is one
  // "10.20.0.0/22", "10.20.0.10-10.20.0.99"; of the latter both belong to it.
  static std::optional<AddressBlock> parse(std::string_view text);

  // The first address it covers.
  const IpAddress& first() const { return first_; }
  bool is_v6() const { return first_.is_v6(); }
  // At most 2^63.
  std::uint64_t usable() const { return usable_; }
  // The usable address number `index` (from 0).
  IpAddress address(std::uint64_t index) const { return first_usable_.plus(index); }
  // Covered, usable or not.
  bool contains(const IpAddress& address) const;
  bool overlaps(const AddressBlock& other) const;
  // As parse() takes it.
  std::string to_string() const;

 private:
  AddressBlock(const IpAddress& first, const IpAddress& last);

  IpAddress first_, last_;  // covered
  IpAddress first_usable_;
  std::uint64_t usable_ = 0;
  int prefix_length_ = -1;  // of a network
};

}  // namespace esm
