#include "sender/scenario/permutation.h"

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

namespace esm {
namespace {

TEST(Permutation, DealsOutEveryNumberOnceAndKnowsTheWayBack) {
  for (const std::uint32_t size :
       {1U, 2U, 3U, 4U, 5U, 7U, 16U, 17U, 63U, 64U, 65U, 1000U, 70'001U}) {
    for (const std::uint64_t key : {0ULL, 1ULL, 0xDEADBEEFCAFEULL}) {
      SCOPED_TRACE(testing::Message() << "size " << size << ", key " << key);
      const Permutation permutation(key, size);
      std::vector<bool> dealt(size, false);
      for (std::uint32_t i = 0; i < size; ++i) {
        const std::uint32_t value = permutation.at(i);
        ASSERT_LT(value, size);
        ASSERT_FALSE(dealt[value]);
        dealt[value] = true;
        ASSERT_EQ(permutation.index_of(value), i);
      }
    }
  }
}

TEST(Permutation, AnotherKeyDealsOtherwise) {
  constexpr std::uint32_t kSize = 1000;
  const Permutation a(1, kSize), b(2, kSize);
  int same = 0;
  int stays = 0;
  for (std::uint32_t i = 0; i < kSize; ++i) {
    same += a.at(i) == b.at(i) ? 1 : 0;
    stays += a.at(i) == i ? 1 : 0;
  }
  // One is expected of each; more than ten has a chance of about 1 in 10^8.
  EXPECT_LE(same, 10);
  EXPECT_LE(stays, 10);
}

TEST(Permutation, ReachesTheLargestFleet) {
  constexpr std::uint32_t kSize = 0xFFFFFFFE;
  const Permutation permutation(7, kSize);
  for (const std::uint32_t i : {0U, 1U, 0x7FFFFFFFU, kSize - 1}) {
    const std::uint32_t value = permutation.at(i);
    EXPECT_LT(value, kSize);
    EXPECT_EQ(permutation.index_of(value), i);
  }
}

}  // namespace
}  // namespace esm
