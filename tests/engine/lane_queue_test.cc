#include "sender/engine/lane_queue.h"

#include <deque>

#include <gtest/gtest.h>

#include "sender/base/random.h"

namespace esm {
namespace {

TEST(LaneQueue, DecidesWhatBecomesOfADueMessage) {
  LaneQueue queue(2);
  struct Row {
    SimTime due;
    bool connected;
    Reason reason;
  };
  const SimTime late_before{100};
  const Row rows[] = {
      {SimTime{99}, true, Reason::kTooLate}, {SimTime{99}, false, Reason::kTooLate},
      {SimTime{100}, true, Reason::kNone},   {SimTime{100}, false, Reason::kDisconnected},
      {SimTime{101}, true, Reason::kNone},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(queue.admit(row.due, late_before, row.connected), row.reason) << row.due.count();
  }
  queue.push({}, 0);
  queue.push({}, 1);
  EXPECT_EQ(queue.admit(SimTime{100}, late_before, true), Reason::kQueueFull);
  EXPECT_EQ(queue.admit(SimTime{100}, late_before, false), Reason::kDisconnected);
  EXPECT_EQ(queue.room(), 0U);
}

TEST(LaneQueue, WhatHasNoFateBehindALossWaitsAgainInFront) {
  LaneQueue queue(100);
  for (std::uint64_t n = 0; n < 6; ++n) queue.push({}, n);
  while (queue.flying() < 4) queue.launch().digested = true;
  EXPECT_EQ(queue.waiting(), 2U);
  queue.push({}, 6);
  queue.land(1);
  EXPECT_EQ(queue.flying(), 0U);
  for (std::uint64_t n = 1; n < 7; ++n) {
    const DueMessage message = queue.pop();
    EXPECT_EQ(message.number, n);
    EXPECT_EQ(message.digested, n < 4);
  }
  EXPECT_TRUE(queue.empty());
}

TEST(LaneQueue, BehavesLikeADequeWhateverTheOrderOfCalls) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    LaneQueue queue(500);
    std::deque<std::uint64_t> model;
    std::uint64_t next = 0;
    for (std::uint32_t i = 0; i < 400; ++i) {
      const std::uint64_t dice = draw(seed, {0, i}, Purpose::kArrival, 0);
      if (dice % 3 != 0) {
        for (std::uint64_t n = dice / 3 % 7; n > 0; --n) {
          if (queue.room() == 0) break;
          queue.push({}, next);
          model.push_back(next++);
        }
      } else if (!queue.empty()) {
        std::size_t flying = 0;
        while (!queue.empty() && queue.flying() < 10) {
          ASSERT_EQ(queue.launch().number, model[flying++]) << "seed " << seed;
        }
        const std::size_t settled = dice / 3 % (flying + 1);
        queue.land(settled);
        model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(settled));
      }
      ASSERT_EQ(queue.waiting(), model.size()) << "seed " << seed;
      if (!model.empty()) {
        ASSERT_EQ(queue.front().number, model.front()) << "seed " << seed;
      }
    }
  }
}

TEST(LaneQueue, WhatIsTakenBackStandsInFrontInItsOrder) {
  const auto numbered = [](std::uint64_t number) {
    DueMessage message;
    message.number = number;
    return message;
  };
  LaneQueue queue(4);
  LaneQueue kept(1'000);
  for (std::uint64_t n = 0; n < 100; ++n) kept.push(numbered(n));
  for (std::uint64_t n = 100; n < 104; ++n) queue.push(numbered(n));
  queue.launch();
  queue.land(1);
  queue.push_front(numbered(100));
  while (!kept.empty()) queue.push_front(kept.pop_newest());
  EXPECT_EQ(queue.waiting(), 104U);
  EXPECT_EQ(queue.room(), 0U);
  for (std::uint64_t n = 0; n < 104; ++n) EXPECT_EQ(queue.pop().number, n);
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace esm
