// Who gets which of n things, in closed form and both ways: a keyed bijection of 0 … n-1. A
// balanced Feistel network over the next power of four, walked along its cycle until it is back
// below n (Black and Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002). For spreading,
// not for secrecy.
#pragma once

#include <cstdint>

namespace esm {

class Permutation {
 public:
  // Of 0 … size-1; size >= 1.
  Permutation(std::uint64_t key, std::uint32_t size);

  std::uint32_t at(std::uint32_t index) const;
  // at(index_of(value)) == value.
  std::uint32_t index_of(std::uint32_t value) const;

 private:
  std::uint32_t round(int number, std::uint32_t half) const;

  std::uint64_t key_;
  std::uint32_t size_;
  int half_bits_;
};

}  // namespace esm
