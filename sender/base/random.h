// Counter-based random numbers: every value is a function of (seed, identity, purpose, counter), so
// there is no stream to advance and any endpoint's future can be computed alone (design law 1).
// Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11;
// test vectors from the Random123 distribution.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace esm {

using PhiloxBlock = std::array<std::uint32_t, 4>;

// What becomes of `count` counters under one key. Inline and with its rounds written out, because
// an event of a schedule draws twice: of two at a time one's rounds fill the waits of the other's.
template <std::size_t count>
constexpr std::array<PhiloxBlock, count> philox4x32_10(std::array<PhiloxBlock, count> blocks,
                                                       std::array<std::uint32_t, 2> key) {
#pragma GCC unroll 10
  for (int round = 0; round < 10; ++round) {
#pragma GCC unroll 2
    for (PhiloxBlock& c : blocks) {
      const std::uint64_t p0 = std::uint64_t{0xD2511F53U} * c[0];
      const std::uint64_t p1 = std::uint64_t{0xCD9E8D57U} * c[2];
      c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ key[0], static_cast<std::uint32_t>(p1),
           static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ key[1], static_cast<std::uint32_t>(p0)};
    }
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
  return blocks;
}

// What a value is drawn for. The numbers are part of the plan version: never reuse or renumber.
enum class Purpose : std::uint32_t {
  kHeartbeatPhase = 1,   // counter 0
  kHeartbeatJitter = 2,  // counter: which heartbeat
  kArrival = 3,          // of users; counter: which time (scenarios/README.md)
  kEsmShare = 4,         // counter 0: which ESM an endpoint reports to
  kReconnectJitter = 5,  // counter: which attempt
  kMachineArrival = 6,   // as kArrival, of endpoints
  kShare = 7,            // whether a user takes part; counter as kArrival
  kMachineShare = 8,     // the same of endpoints
  kLength = 9,           // how long it lasts for a user; counter as kArrival
  kMachineLength = 10,   // the same for endpoints
  kVersion = 11,         // counter 0: which of a group's agent versions
  kSeat = 12,            // of a group of endpoints; counter as kArrival: who sits where
  kLeasePhase = 13,      // counter: which site
  kLeaseAddress = 14,    // of a group of endpoints; counter: which site: who has which address
  kAwkward = 15,         // seed 0; counter 0: which kind of name a user has, 1: which word
  kDomain = 16,          // seed 0; counter 0: which of a group's domains
  kPart = 17,            // counter 0: which part of a group a user belongs to, where shares differ
  kMachinePart = 18,     // the same of endpoints
  kOs = 19,              // counter 0: which of a group's operating systems
  kSecondAddress = 21,   // counter: which message: whether it says the endpoint's second address
  kNoise = 30,           // counter: which slot; of the group's name's hash plus which of its noises
  kMessageText = 31,     // counter: ordinal; of the group's name's hash plus which word of the text
  kFault = 40,           // counter: ordinal: which fault a message has
  kFaultPlace = 41,      // counter: ordinal: where it is, or which of several
};

// Who a value is drawn for: (hash64 of the group's name, index in the group). Another group, or one
// more endpoint, does not change it.
struct Identity {
  std::uint64_t group = 0;
  std::uint32_t index = 0;
};

// splitmix64's finaliser.
constexpr std::uint64_t mix64(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xBF58476D1CE4E5B9U;
  x ^= x >> 27;
  x *= 0x94D049BB133111EBU;
  x ^= x >> 31;
  return x;
}

// What a seed and a purpose make of themselves, for those who draw often.
struct DrawKey {
  std::array<std::uint32_t, 2> words{};
};
constexpr DrawKey draw_key(std::uint64_t seed, Purpose purpose) {
  const std::uint64_t key = mix64(seed + static_cast<std::uint64_t>(purpose) * 0x9E3779B97F4A7C15U);
  return {{static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)}};
}

constexpr PhiloxBlock draw_counter(Identity who, std::uint32_t counter) {
  return {who.index, counter, static_cast<std::uint32_t>(who.group),
          static_cast<std::uint32_t>(who.group >> 32)};
}
constexpr std::uint64_t drawn_bits(const PhiloxBlock& block) {
  return (std::uint64_t{block[1]} << 32) | block[0];
}

// 64 uniformly distributed bits. Philox counter = {index, counter, group low, group high},
// key = the two halves of mix64(seed + purpose * 0x9E3779B97F4A7C15), low half first; the value is
// the first two words, the first one low.
constexpr std::uint64_t draw(DrawKey key, Identity who, std::uint32_t counter) {
  return drawn_bits(philox4x32_10<1>({draw_counter(who, counter)}, key.words)[0]);
}
// Of `counter` and of the next one, in little more time than either.
constexpr std::array<std::uint64_t, 2> draw_two(DrawKey key, Identity who, std::uint32_t counter) {
  const std::array<PhiloxBlock, 2> blocks =
      philox4x32_10<2>({draw_counter(who, counter), draw_counter(who, counter + 1)}, key.words);
  return {drawn_bits(blocks[0]), drawn_bits(blocks[1])};
}
constexpr std::uint64_t draw(std::uint64_t seed, Identity who, Purpose purpose,
                             std::uint32_t counter) {
  return draw(draw_key(seed, purpose), who, counter);
}

// A value in [0, bound), by the high half of a 64x64 product: no division, bias below 2^-32 for any
// bound up to 2^32.
constexpr std::uint64_t scale(std::uint64_t bits, std::uint64_t bound) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(bits) * bound) >> 64);
}

}  // namespace esm
