// Random numbers: the published vectors of Philox4x32-10, and that draws depend on what they are
// for and on nothing else.
#include "sender/base/random.h"

#include <array>
#include <cstdint>
#include <set>

#include <gtest/gtest.h>

namespace esm {
namespace {

// kat_vectors of the Random123 distribution.
struct Known {
  PhiloxBlock counter;
  std::array<std::uint32_t, 2> key;
  PhiloxBlock value;
};
constexpr Known kKnown[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8}},
    {{0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF},
     {0xFFFFFFFF, 0xFFFFFFFF},
     {0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD}},
    {{0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344},
     {0xA4093822, 0x299F31D0},
     {0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1}}};

TEST(Philox, AgreesWithThePublishedVectorsAloneAndBesideOthers) {
  for (const Known& known : kKnown) {
    EXPECT_EQ(philox4x32_10<1>({known.counter}, known.key)[0], known.value);
    const auto two = philox4x32_10<2>({known.counter, PhiloxBlock{1, 2, 3, 4}}, known.key);
    EXPECT_EQ(two[0], known.value);
    EXPECT_EQ(two[1], philox4x32_10<1>({PhiloxBlock{1, 2, 3, 4}}, known.key)[0]);
  }
}

TEST(Draw, TwoAtOnceAreTheTwo) {
  const DrawKey key = draw_key(7, Purpose::kHeartbeatJitter);
  for (const std::uint32_t counter : {0U, 1U, 0xFFFFFFFEU}) {
    const Identity who{std::uint64_t{1} << 40, 77};
    EXPECT_EQ(draw_two(key, who, counter),
              (std::array{draw(key, who, counter), draw(key, who, counter + 1)}));
  }
}

TEST(Draw, IsAFunctionOfSeedIdentityPurposeAndCounterAlone) {
  std::set<std::uint64_t> seen;
  std::size_t drawn = 0;
  for (const std::uint64_t seed : {0U, 1U, 2U}) {
    for (const std::uint64_t group : {std::uint64_t{1}, std::uint64_t{1} << 40}) {
      for (const std::uint32_t index : {0U, 1U, 77U}) {
        for (const Purpose purpose : {Purpose::kArrival, Purpose::kShare}) {
          for (const std::uint32_t counter : {0U, 1U, 0xFFFFFFFFU}) {
            const std::uint64_t bits = draw(seed, {group, index}, purpose, counter);
            EXPECT_EQ(draw(seed, {group, index}, purpose, counter), bits);
            seen.insert(bits);
            ++drawn;
          }
        }
      }
    }
  }
  EXPECT_EQ(seen.size(), drawn) << "two draws gave the same 64 bits";
}

TEST(Scale, StaysBelowItsBoundAndReachesItsEnds) {
  EXPECT_EQ(scale(0, 1000), 0U);
  EXPECT_EQ(scale(UINT64_MAX, 1000), 999U);
  EXPECT_EQ(scale(UINT64_MAX, 1), 0U);
  EXPECT_EQ(scale(UINT64_MAX, UINT64_MAX), UINT64_MAX - 1);
  EXPECT_EQ(scale(std::uint64_t{1} << 63, 10), 5U);
}

}  // namespace
}  // namespace esm
