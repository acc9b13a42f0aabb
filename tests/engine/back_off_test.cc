#include "sender/engine/back_off.h"

#include <limits>
#include <set>

#include <gtest/gtest.h>

namespace esm {
namespace {

using namespace std::chrono_literals;

TEST(BackOff, DoublesUpToItsMaximumAndDrawsTheUpperHalf) {
  const BackOff back_off{200ms, 10s};
  struct Row {
    std::uint32_t attempt;
    std::chrono::nanoseconds whole;
  };
  const Row rows[] = {
      {1, 200ms},   {2, 400ms},   {3, 800ms},
      {4, 1'600ms}, {5, 3'200ms}, {6, 6'400ms},
      {7, 10s},     {8, 10s},     {std::numeric_limits<std::uint32_t>::max(), 10s},
  };
  for (const Row& row : rows) {
    for (std::uint32_t connection = 0; connection < 100; ++connection) {
      const auto delay = back_off.delay(1, {7, connection}, row.attempt);
      EXPECT_GE(delay, row.whole / 2) << row.attempt;
      EXPECT_LE(delay, row.whole) << row.attempt;
    }
  }
}

TEST(BackOff, ConnectionsLostTogetherComeBackApart) {
  const BackOff back_off;
  std::set<std::chrono::nanoseconds> delays;
  for (std::uint32_t connection = 0; connection < 1'000; ++connection) {
    delays.insert(back_off.delay(1, {7, connection}, 1));
  }
  EXPECT_GT(delays.size(), 990U);
  EXPECT_LT(*delays.begin(), 101ms);
  EXPECT_GT(*delays.rbegin(), 199ms);
}

TEST(BackOff, IsTheSameForTheSameSeed) {
  const BackOff back_off;
  EXPECT_EQ(back_off.delay(1, {7, 3}, 2), back_off.delay(1, {7, 3}, 2));
  EXPECT_NE(back_off.delay(1, {7, 3}, 2), back_off.delay(2, {7, 3}, 2));
}

TEST(BackOff, OddBoundsAreKept) {
  EXPECT_EQ((BackOff{0ns, 10s}).delay(1, {7, 0}, 5), 0ns);
  EXPECT_LE((BackOff{20s, 10s}).delay(1, {7, 0}, 1), 10s);
  EXPECT_GE((BackOff{20s, 10s}).delay(1, {7, 0}, 1), 5s);
}

}  // namespace
}  // namespace esm
