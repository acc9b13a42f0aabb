#include "sender/message/batch.h"

#include <cstring>
#include <string_view>

#include <gtest/gtest.h>

namespace esm {
namespace {

void add(Batch& batch, std::string_view text, SimTime due) {
  char* const out = batch.tail();
  std::memcpy(out, text.data(), text.size());
  batch.commit(out + text.size(), due);
}

std::string_view bytes_of(const Batch& batch) {
  return {batch.bytes().data(), batch.bytes().size()};
}

TEST(Batch, KeepsMessagesOneBehindTheOther) {
  Batch batch(3, 100);
  EXPECT_TRUE(batch.empty());
  add(batch, "one\n", SimTime{1});
  add(batch, "", SimTime{2});
  add(batch, "three\n", SimTime{3});
  EXPECT_EQ(bytes_of(batch), "one\nthree\n");
  ASSERT_EQ(batch.size(), 3U);
  const auto messages = batch.messages();
  EXPECT_EQ(messages[0].begin, 0U);
  EXPECT_EQ(messages[0].end, 4U);
  EXPECT_EQ(messages[1].begin, 4U);
  EXPECT_EQ(messages[1].end, 4U);
  EXPECT_EQ(messages[2].begin, 4U);
  EXPECT_EQ(messages[2].end, 10U);
  EXPECT_EQ(messages[2].due, SimTime{3});
}

TEST(Batch, HasRoomUntilMessagesOrBytesAreUsedUp) {
  Batch batch(2, 10);
  EXPECT_TRUE(batch.has_room(10));
  EXPECT_FALSE(batch.has_room(11));
  add(batch, "1234567", SimTime{0});
  EXPECT_TRUE(batch.has_room(3));
  EXPECT_FALSE(batch.has_room(4));
  add(batch, "", SimTime{0});
  EXPECT_FALSE(batch.has_room(0));
}

TEST(Batch, IsUsedAgainWithTheSameMemory) {
  Batch batch(2, 10);
  const char* const begin = batch.tail();
  add(batch, "12345", SimTime{0});
  batch.clear();
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(batch.bytes().size(), 0U);
  EXPECT_EQ(batch.tail(), begin);
  EXPECT_TRUE(batch.has_room(10));
}

}  // namespace
}  // namespace esm
