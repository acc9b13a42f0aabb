#include "sender/base/ip_address.h"

#include <array>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "sender/base/packed_text.h"

namespace esm {
namespace {

constexpr std::uint64_t kAllOnes = ~std::uint64_t{0};

int address_bits(const IpAddress& address) { return address.is_v6() ? 128 : 32; }

// The bits of `value` behind its first `prefix` bits, as two halves.
std::pair<std::uint64_t, std::uint64_t> host_bits(const IpAddress& value, int prefix) {
  const int from_top = prefix + (value.is_v6() ? 0 : 96);
  const std::uint64_t high_mask =
      from_top >= 64 ? 0 : (from_top == 0 ? kAllOnes : kAllOnes >> from_top);
  const std::uint64_t low_mask =
      from_top >= 128 ? 0 : (from_top <= 64 ? kAllOnes : kAllOnes >> (from_top - 64));
  return {value.high() & high_mask, value.low() & low_mask};
}

// "0." to "255.": what stands for one byte, with the dot behind it.
struct ByteText {
  std::uint32_t packed;
  std::uint32_t length;
};

constexpr std::array<ByteText, 256> make_byte_texts() {
  std::array<ByteText, 256> texts{};
  for (unsigned value = 0; value < 256; ++value) {
    ByteText& text = texts[value];
    const auto add = [&](unsigned character) { text.packed |= character << 8 * text.length++; };
    if (value >= 100) add('0' + value / 100);
    if (value >= 10) add('0' + value / 10 % 10);
    add('0' + value % 10);
    add('.');
  }
  return texts;
}

constexpr std::array<ByteText, 256> kByteTexts = make_byte_texts();

// By whole four bytes, so that nothing is asked and only the place of the next waits for a length.
char* write_v4(std::uint32_t value, char* out) {
  for (const std::uint32_t shift : {24U, 16U, 8U, 0U}) {
    const ByteText& text = kByteTexts[value >> shift & 0xFF];
    store_packed(out, text.packed);
    out += text.length;
  }
  return out - 1;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  char copy[kTextMax + 1];
  if (text.empty() || text.size() > kTextMax || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  text.copy(copy, text.size());
  copy[text.size()] = '\0';
  unsigned char bytes[16];
  if (text.find(':') == std::string_view::npos) {
    if (inet_pton(AF_INET, copy, bytes) != 1) return std::nullopt;
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = (value << 8) | bytes[i];
    return v4(value);
  }
  if (inet_pton(AF_INET6, copy, bytes) != 1) return std::nullopt;
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  for (int i = 0; i < 8; ++i) high = (high << 8) | bytes[i];
  for (int i = 8; i < 16; ++i) low = (low << 8) | bytes[i];
  return v6(high, low);
}

char* IpAddress::write(char* out) const {
  if (!v6_) return write_v4(static_cast<std::uint32_t>(low_), out);
  std::uint32_t groups[8];
  for (unsigned i = 0; i < 4; ++i) {
    groups[i] = static_cast<std::uint32_t>(high_ >> (48 - 16 * i)) & 0xFFFF;
    groups[i + 4] = static_cast<std::uint32_t>(low_ >> (48 - 16 * i)) & 0xFFFF;
  }
  // RFC 5952: the first longest run of at least two zero groups becomes "::".
  int run_start = -1;
  int run_length = 1;
  for (int i = 0; i < 8;) {
    int end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > run_length) {
      run_start = i;
      run_length = end - i;
    }
    i = end + 1;
  }
  for (int i = 0; i < 8;) {
    if (i == run_start) {
      *out++ = ':';
      *out++ = ':';
      i += run_length;
      continue;
    }
    if (i > 0 && i != run_start + run_length) *out++ = ':';
    bool started = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
      const std::uint32_t digit = groups[i] >> shift & 0xF;
      if (digit != 0 || started || shift == 0) {
        *out++ = "0123456789abcdef"[digit];
        started = true;
      }
    }
    ++i;
  }
  return out;
}

std::string IpAddress::to_string() const {
  char text[kTextMax];
  return std::string(text, write(text));
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::optional<IpAddress> base = IpAddress::parse(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  if (!base || digits.empty() || digits.size() > 3) return std::nullopt;
  int prefix = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    prefix = prefix * 10 + (c - '0');
  }
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  if (prefix > address_bits(*base)) return std::nullopt;
  const auto [high, low] = host_bits(*base, prefix);
  if (high != 0 || low != 0) return std::nullopt;
  return IpNetwork{*base, prefix};
}

std::uint64_t IpNetwork::usable() const {
  const int host = address_bits(base) - prefix_length;
  if (host > 63) return std::uint64_t{1} << 63;
  const std::uint64_t all = std::uint64_t{1} << host;
  if (host <= 1) return all;
  return base.is_v6() ? all - 1 : all - 2;
}

IpAddress IpNetwork::address(std::uint64_t index) const {
  const int host = address_bits(base) - prefix_length;
  return base.plus(host <= 1 ? index : index + 1);
}

bool IpNetwork::contains(const IpAddress& address) const {
  if (address.is_v6() != base.is_v6()) return false;
  const auto [high, low] = host_bits(address, prefix_length);
  return (address.high() ^ high) == base.high() && (address.low() ^ low) == base.low();
}

bool IpNetwork::overlaps(const IpNetwork& other) const {
  return contains(other.base) || other.contains(base);
}

std::string IpNetwork::to_string() const {
  return fmt::format("{}/{}", base.to_string(), prefix_length);
}

}  // namespace esm
