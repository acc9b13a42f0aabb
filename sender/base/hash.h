// Hashes that are part of the file formats: the same bytes give the same value on every machine.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace esm {

// XXH3, 64 bits: identities of groups and names. Stable since xxHash 0.8.0.
std::uint64_t hash64(std::string_view bytes);

struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend auto operator<=>(const Hash128&, const Hash128&) = default;
};

// XXH3, 128 bits: the identity of a rendered message.
Hash128 hash128(std::string_view bytes);

// Sum modulo 2^128 of the hashes of many messages. Order does not matter, the sums of shards add up
// to the sum of the whole, and a message missing or doubled shows.
class Digest {
 public:
  void add(const Hash128& hash) {
    sum_.low += hash.low;
    sum_.high += hash.high + (sum_.low < hash.low ? 1 : 0);
    ++count_;
  }
  void add(const Digest& other) {
    sum_.low += other.sum_.low;
    sum_.high += other.sum_.high + (sum_.low < other.sum_.low ? 1 : 0);
    count_ += other.count_;
  }

  std::uint64_t count() const { return count_; }
  // 32 hexadecimal digits.
  std::string hex() const;
  friend bool operator==(const Digest&, const Digest&) = default;

 private:
  Hash128 sum_;
  std::uint64_t count_ = 0;
};

}  // namespace esm
