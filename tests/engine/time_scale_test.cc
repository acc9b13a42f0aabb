#include "sender/engine/time_scale.h"

#include <limits>

#include <gtest/gtest.h>

#include "sender/base/random.h"

namespace esm {
namespace {

using std::chrono::nanoseconds;

struct Row {
  Speed speed;
  std::int64_t sim;
  std::int64_t real;
};

TEST(TimeScale, RealTimeIsRoundedUpSoThatNothingIsEarly) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const Row rows[] = {
      {{1, 1}, 0, 0},
      {{1, 1}, 123, 123},
      {{60, 1}, 60, 1},
      {{60, 1}, 61, 2},
      {{60, 1}, 1, 1},
      {{60, 1}, -60, -1},
      {{60, 1}, -61, -1},
      {{1, 2}, 7, 14},
      {{3, 2}, 3, 2},
      {{3, 2}, 4, 3},
      {{2, 2}, 5, 5},
      {{1, 1000}, kMax / 2, kMax},
      {{1, 1}, kMax, kMax},
      {{60, 1}, kMax, kMax},
      {{1000000, 1}, 864'000'000'000'000'000, 864'000'000'000},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(TimeScale(row.speed).real_of(SimTime{row.sim}).count(), row.real)
        << row.speed.numerator << "/" << row.speed.denominator << " " << row.sim;
  }
}

TEST(TimeScale, SimulatedTimeIsRoundedDown) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  const Row rows[] = {
      {{60, 1}, 60, 1},
      {{3, 2}, 1, 1},
      {{3, 2}, 3, 2},
      {{3, 2}, -2, -1},
      {{1, 2}, 1, 3},
      {{1, 2}, -1, -1},
      {{1000000, 1}, kMax, kMax / 2},
      {{1000000, 1}, kMin, kMin / 2},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(TimeScale(row.speed).sim_at(nanoseconds{row.real}).count(), row.sim)
        << row.speed.numerator << "/" << row.speed.denominator << " " << row.real;
  }
}

TEST(TimeScale, AnEventIsDueAtItsRealTimeAndNotANanosecondEarlier) {
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    const std::uint64_t a = draw(7, {1, i}, Purpose::kArrival, 0);
    const std::uint64_t b = draw(7, {2, i}, Purpose::kArrival, 0);
    const TimeScale clock(Speed{static_cast<std::uint32_t>(1 + esm::scale(a, 1'000'000)),
                                static_cast<std::uint32_t>(1 + esm::scale(b, 1'000))});
    const SimTime sim{static_cast<std::int64_t>(mix64(a + b) >> 14)};
    const nanoseconds real = clock.real_of(sim);
    ASSERT_GE(clock.sim_at(real), sim) << i;
    ASSERT_LT(clock.sim_at(real - nanoseconds{1}), sim) << i;
  }
}

}  // namespace
}  // namespace esm
