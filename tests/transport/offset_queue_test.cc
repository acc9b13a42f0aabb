#include "sender/transport/offset_queue.h"

#include <cstdint>
#include <map>
#include <random>

#include <gtest/gtest.h>

namespace esm {
namespace {

TEST(OffsetQueue, WhatIsReachedIsTheLastEntryThatIsNotBeyond) {
  OffsetQueue queue(16);
  EXPECT_EQ(queue.advance(0), 0U);
  queue.push(100, 1);
  queue.push(250, 3);
  EXPECT_EQ(queue.advance(99), 0U);
  EXPECT_EQ(queue.advance(100), 1U);
  EXPECT_EQ(queue.advance(249), 1U);
  EXPECT_EQ(queue.advance(1'000), 3U);
  queue.push(1'300, 4);
  EXPECT_EQ(queue.advance(1'299), 3U);
  queue.clear();
  EXPECT_EQ(queue.advance(5'000), 0U);
}

TEST(OffsetQueue, WithoutRoomItTellsLessAndNeverTooMuch) {
  OffsetQueue queue(8);
  for (std::uint64_t i = 1; i <= 100; ++i) queue.push(10 * i, i);
  EXPECT_LE(queue.advance(500), 50U);
  EXPECT_EQ(queue.advance(1'000), 100U) << "the last entry is never lost";
}

TEST(OffsetQueue, WhoeverAdvancesWhenItIsFullKeepsItSmall) {
  OffsetQueue queue(4'096);
  int asked = 0;
  for (std::uint64_t i = 1; i <= 100'000; ++i) {
    queue.push(10 * i, i);
    if (!queue.full()) continue;
    ++asked;
    EXPECT_EQ(queue.advance(10 * i - 1'005), i - 101);  // a hundred are on the way
  }
  EXPECT_GT(asked, 0);
  EXPECT_LT(asked, 100'000 / 100);
}

TEST(OffsetQueue, AgreesWithAMapWhateverTheOrderOfPushesAndQuestions) {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    OffsetQueue queue(4'096);
    std::map<std::uint64_t, std::uint64_t> all{{0, 0}};
    std::uint64_t offset = 0, value = 0, reached = 0;
    for (int i = 0; i < 500; ++i) {
      if (random() % 3 != 0) {
        offset += 1 + random() % 50;
        value += random() % 4;
        queue.push(offset, value);
        all[offset] = value;
      } else {
        reached = std::min(offset, reached + random() % 200);
        ASSERT_EQ(queue.advance(reached), std::prev(all.upper_bound(reached))->second)
            << "seed " << seed << ", step " << i;
      }
    }
  }
}

}  // namespace
}  // namespace esm
