#include "sender/engine/resend_memory.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace esm {
namespace {

using testing::ElementsAre;

DueMessage message(std::uint64_t number) { return {{}, number}; }

std::vector<std::uint64_t> numbers(LaneQueue& queue) {
  std::vector<std::uint64_t> list;
  while (!queue.empty()) list.push_back(queue.pop().number);
  return list;
}

TEST(ResendMemory, PutsBackInOrderBeforeAllThatWaits) {
  ResendMemory memory;
  for (std::uint64_t n = 0; n < 5; ++n) memory.keep_whole(message(n), 300);
  memory.keep_part(message(5));
  memory.forget(2);
  LaneQueue queue(100);
  queue.push(message(6));
  EXPECT_EQ(memory.put_back(3, queue), 4U);
  EXPECT_THAT(numbers(queue), ElementsAre(2, 3, 4, 5, 6));
}

// Acknowledged after it was asked for the last time.
TEST(ResendMemory, WhatWasAcknowledgedLastIsNotPutBack) {
  ResendMemory memory;
  for (std::uint64_t n = 0; n < 5; ++n) memory.keep_whole(message(n), 300);
  LaneQueue queue(100);
  EXPECT_EQ(memory.put_back(1, queue), 1U);
  EXPECT_THAT(numbers(queue), ElementsAre(4));
}

TEST(ResendMemory, TheNextConnectionStartsAnew) {
  ResendMemory memory;
  LaneQueue queue(100);
  for (std::uint64_t n = 0; n < 5; ++n) memory.keep_whole(message(n), 300);
  memory.forget(4);
  memory.put_back(1, queue);
  for (std::uint64_t n = 4; n < 9; ++n) memory.keep_whole(message(n), 300);
  memory.forget(2);
  while (!queue.empty()) queue.pop();
  EXPECT_EQ(memory.put_back(3, queue), 3U);
  EXPECT_THAT(numbers(queue), ElementsAre(6, 7, 8));
}

TEST(ResendMemory, RemembersWhatWasWrittenBefore) {
  ResendMemory memory;
  LaneQueue queue(100);
  memory.keep_whole(message(0), 300);
  memory.keep_part(message(1));
  memory.put_back(1, queue);
  const DueMessage whole = queue.pop();
  EXPECT_EQ(whole.before, Before::kAll);
  EXPECT_FALSE(whole.resent);
  const DueMessage part = queue.pop();
  EXPECT_EQ(part.before, Before::kPart);
  memory.keep_whole(part, 300);
  memory.put_back(1, queue);
  const DueMessage again = queue.pop();
  EXPECT_EQ(again.before, Before::kAll);
  EXPECT_TRUE(again.resent);
}

// One message of 64 KiB or many small ones.
TEST(ResendMemory, AsksWhatIsAcknowledgedByBytes) {
  ResendMemory memory;
  std::uint64_t n = 0;
  while (!memory.asks()) memory.keep_whole(message(n++), 256);
  EXPECT_EQ(n, 256U);
  memory.forget(0);
  EXPECT_FALSE(memory.asks());
  memory.keep_whole(message(n), std::size_t{64} * 1024);
  EXPECT_TRUE(memory.asks());
}

}  // namespace
}  // namespace esm
