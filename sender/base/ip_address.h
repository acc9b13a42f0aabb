// An IPv4 or IPv6 address or network as a plain value.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace esm {

// 128 bits as two halves, most significant first; IPv4 addresses live in the low 32 bits.
class IpAddress {
 public:
  IpAddress() = default;
  static IpAddress v4(std::uint32_t value) { return IpAddress{0, value, false}; }
  static IpAddress v6(std::uint64_t high, std::uint64_t low) { return IpAddress{high, low, true}; }
  // Textual forms of RFC 4291; no zone, no brackets, no port. IPv4 has four decimal parts.
  static std::optional<IpAddress> parse(std::string_view text);

  bool is_v6() const { return v6_; }
  std::uint64_t high() const { return high_; }
  std::uint64_t low() const { return low_; }

  // This address plus `offset`; the caller keeps it inside its network.
  IpAddress plus(std::uint64_t offset) const {
    IpAddress sum = *this;
    sum.low_ += offset;
    if (v6_ && sum.low_ < low_) ++sum.high_;
    return sum;
  }

  static constexpr std::size_t kTextMax = 45;
  // Writes the text (IPv6 as in RFC 5952) to `out`, where kTextMax bytes are free, of IPv4 16;
  // returns the end, behind which some of these may have been changed.
  char* write(char* out) const;
  std::string to_string() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  IpAddress(std::uint64_t high, std::uint64_t low, bool v6) : v6_(v6), high_(high), low_(low) {}

  bool v6_ = false;  // first, so that IPv4 sorts before IPv6
  std::uint64_t high_ = 0;
  std::uint64_t low_ = 0;
};

// "10.20.0.0/22", "2001:db8:1::/64"; the bits behind the prefix must be zero.
struct IpNetwork {
  IpAddress base;
  int prefix_length = 0;

  static std::optional<IpNetwork> parse(std::string_view text);
  // Addresses an endpoint may have: all but the network's and the broadcast address of IPv4 (/31
  // and /32 have all theirs), all but the subnet-router anycast address of IPv6 (/127 and /128 have
  // all). At most 2^63.
  std::uint64_t usable() const;
  // The usable address number `index` (from 0).
  IpAddress address(std::uint64_t index) const;
  bool contains(const IpAddress& address) const;
  bool overlaps(const IpNetwork& other) const;
  std::string to_string() const;
};

}  // namespace esm

template <>
struct std::hash<esm::IpAddress> {
  std::size_t operator()(const esm::IpAddress& address) const noexcept {
    std::uint64_t x = address.low() * 0x9E3779B97F4A7C15U ^ address.high();
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93U;
    return x ^ (x >> 32);
  }
};
