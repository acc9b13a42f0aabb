#include "sender/base/random.h"

namespace esm {

std::array<std::uint32_t, 4> philox4x32_10(std::array<std::uint32_t, 4> c,
                                           std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53U} * c[0];
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57U} * c[2];
    c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ key[0], static_cast<std::uint32_t>(p1),
         static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ key[1], static_cast<std::uint32_t>(p0)};
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
  return c;
}

std::uint64_t draw(std::uint64_t seed, Identity who, Purpose purpose, std::uint32_t counter) {
  const std::uint64_t key = mix64(seed + static_cast<std::uint64_t>(purpose) * 0x9E3779B97F4A7C15U);
  const std::array<std::uint32_t, 4> block =
      philox4x32_10({who.index, counter, static_cast<std::uint32_t>(who.group),
                     static_cast<std::uint32_t>(who.group >> 32)},
                    {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)});
  return (std::uint64_t{block[1]} << 32) | block[0];
}

}  // namespace esm
