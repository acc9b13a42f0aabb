#include "sender/engine/interval_recorder.h"

#include <map>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/base/random.h"

namespace esm {
namespace {

FateInterval late(std::uint64_t first, std::uint64_t last) {
  return {first, last, Fate::kDropped, Reason::kTooLate, 0};
}
FateInterval refused(std::uint64_t first, std::uint64_t last, int error) {
  return {first, last, Fate::kRefused, Reason::kNoBuffers, error};
}

std::string text(IntervalRecorder& recorder) {
  std::string out;
  for (const FateInterval& i : recorder.intervals()) {
    out += fmt::format("{}-{} {}/{}/{}; ", i.first, i.last, name_of(i.fate), name_of(i.reason),
                       i.error);
  }
  return out;
}

TEST(IntervalRecorder, NeighboursOfOneFateBecomeOneInterval) {
  IntervalRecorder recorder(100);
  for (std::uint64_t n = 5; n < 5'000; ++n) recorder.add(late(n, n));
  EXPECT_EQ(text(recorder), "5-4999 dropped/too-late/0; ");
}

TEST(IntervalRecorder, FatesReasonsAndErrnosStayApart) {
  IntervalRecorder recorder(100);
  recorder.add(late(0, 1));
  recorder.add(refused(2, 2, 105));
  recorder.add(refused(3, 3, 12));
  recorder.add({4, 4, Fate::kDropped, Reason::kDisconnected, 0});
  recorder.add({6, 6, Fate::kDropped, Reason::kDisconnected, 0});
  EXPECT_EQ(text(recorder),
            "0-1 dropped/too-late/0; 2-2 refused/no-buffers/105; 3-3 refused/no-buffers/12; "
            "4-4 dropped/disconnected/0; 6-6 dropped/disconnected/0; ");
}

TEST(IntervalRecorder, AnyOrderGivesTheSameIntervals) {
  IntervalRecorder recorder(4);
  for (std::uint64_t n : {9U, 3U, 7U, 1U, 8U, 2U, 0U, 6U, 5U, 4U}) recorder.add(late(n, n));
  EXPECT_EQ(text(recorder), "0-9 dropped/too-late/0; ");
  EXPECT_FALSE(recorder.overflowed());
}

TEST(IntervalRecorder, AnOverflowIsDeclaredAndKeepsTheFirst) {
  IntervalRecorder recorder(3);
  for (std::uint64_t n = 0; n < 40; n += 2) recorder.add(late(n, n));
  EXPECT_EQ(text(recorder),
            "0-0 dropped/too-late/0; 2-2 dropped/too-late/0; 4-4 dropped/too-late/0; ");
  EXPECT_TRUE(recorder.overflowed());
}

TEST(IntervalRecorder, TakingEmptiesTheOther) {
  IntervalRecorder one(10), other(10);
  one.add(late(0, 3));
  other.add(late(4, 5));
  one.take(other);
  EXPECT_EQ(text(one), "0-5 dropped/too-late/0; ");
  EXPECT_EQ(text(other), "");
}

TEST(IntervalRecorder, IntervalsRecomputeToTheFates) {
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    constexpr std::uint32_t kMessages = 300;
    std::vector<std::uint64_t> order(kMessages);
    for (std::uint32_t i = 0; i < kMessages; ++i) order[i] = i;
    // Nearly sorted, as in life: some swaps of near ones.
    for (std::uint32_t i = 0; i < 60; ++i) {
      const auto at = scale(draw(seed, {0, i}, Purpose::kArrival, 0), kMessages - 8);
      std::swap(order[at], order[at + draw(seed, {1, i}, Purpose::kArrival, 0) % 8]);
    }
    std::map<std::uint64_t, int> error_of;
    IntervalRecorder recorder(kMessages);
    for (const std::uint64_t n : order) {
      const auto fate =
          draw(seed, {2, static_cast<std::uint32_t>(n / 7)}, Purpose::kArrival, 0) % 4;
      if (fate == 0) continue;  // written
      error_of[n] = static_cast<int>(fate);
      recorder.add(refused(n, n, static_cast<int>(fate)));
    }
    std::map<std::uint64_t, int> again;
    std::uint64_t previous_end = 0;
    for (const FateInterval& i : recorder.intervals()) {
      ASSERT_TRUE(again.empty() || i.first > previous_end) << "seed " << seed;
      previous_end = i.last;
      for (std::uint64_t n = i.first; n <= i.last; ++n) again[n] = i.error;
    }
    ASSERT_EQ(again, error_of) << "seed " << seed;
    ASSERT_FALSE(recorder.overflowed()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace esm
