#include "sender/engine/pacer.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "sender/base/random.h"

namespace esm {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

struct Sent {
  nanoseconds due;
  nanoseconds at;
  bool late;
};

// Plays due times (real, sorted) against a pacer; the "machine" wakes `oversleep` late, and not at
// all during [stopped_from, stopped_to).
struct Machine {
  nanoseconds oversleep = 0ns;
  nanoseconds stopped_from = nanoseconds::max();
  nanoseconds stopped_to = 0ns;
  std::size_t steps = 0;

  std::vector<Sent> play(const std::vector<nanoseconds>& due, nanoseconds window) {
    Pacer pacer(TimeScale{}, window);
    std::vector<Sent> sent;
    std::size_t next = 0;
    nanoseconds now = 0ns;
    while (true) {
      ++steps;
      const Pacer::Step step = pacer.step(now);
      while (next < due.size() && due[next] < step.late_before) {
        sent.push_back({due[next++], now, true});
      }
      std::size_t released = 0;
      while (released < step.count_max && next < due.size() && due[next] < step.until) {
        sent.push_back({due[next++], now, false});
        ++released;
      }
      const nanoseconds wake = pacer.wake(now, released, next < due.size() ? due[next] : kNever);
      if (wake == nanoseconds::max()) return sent;
      EXPECT_GT(wake, now);
      now = wake + oversleep;
      if (now >= stopped_from && now < stopped_to) now = stopped_to;
    }
  }
};

std::vector<nanoseconds> at_rate(nanoseconds period, std::size_t count) {
  std::vector<nanoseconds> due;
  for (std::size_t i = 0; i < count; ++i) due.push_back(period * static_cast<std::int64_t>(i));
  return due;
}

std::size_t largest_burst(const std::vector<Sent>& sent) {
  std::size_t largest = 0, run = 0;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    if (sent[i].late) continue;
    run = i > 0 && !sent[i - 1].late && sent[i - 1].at == sent[i].at ? run + 1 : 1;
    largest = std::max(largest, run);
  }
  return largest;
}

TEST(Pacer, SparseMessagesAreReleasedAtTheirOwnDueTimes) {
  const std::vector<Sent> sent = Machine{}.play({0ns, 1s, 1s + 251us, 3600s, 3600s + 1ms}, 100ms);
  ASSERT_EQ(sent.size(), 5U);
  for (const Sent& s : sent) {
    EXPECT_EQ(s.at, s.due);
    EXPECT_FALSE(s.late);
  }
}

TEST(Pacer, AnIdleHourIsNotCaughtUpOn) {
  Machine machine{60us};
  const std::vector<Sent> sent = machine.play({1us, 3600s}, 100ms);
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[1].at, 3600s + 60us);
  EXPECT_LE(machine.steps, 3U);
}

TEST(Pacer, DenseMessagesAreReleasedByTicks) {
  Machine machine;
  const std::vector<Sent> sent = machine.play(at_rate(10us, 100'000), 100ms);
  ASSERT_EQ(sent.size(), 100'000U);
  for (const Sent& s : sent) {
    EXPECT_GE(s.at, s.due);
    EXPECT_LE(s.at - s.due, Pacer::kTick);
  }
  EXPECT_EQ(largest_burst(sent), 25U);
  EXPECT_LE(machine.steps, 4'010U);
}

TEST(Pacer, AnyRateIsReachedThoughABurstIsBounded) {
  // 1, 2 and 4 million messages a second on a machine that oversleeps by a quarter of a tick.
  for (const nanoseconds period : {1000ns, 500ns, 250ns}) {
    const std::vector<Sent> sent = Machine{60us}.play(at_rate(period, 1'000'000), 100ms);
    ASSERT_EQ(sent.size(), 1'000'000U);
    nanoseconds worst = 0ns;
    for (const Sent& s : sent) worst = std::max(worst, s.at - s.due);
    EXPECT_LT(worst, 2ms) << period.count();
    EXPECT_LE(largest_burst(sent), Pacer::kBurstMax * Pacer::kBurstGrowth);
  }
}

// A receiver's default buffer holds 166 messages. The timer rings late by up to half a tick, as on
// a machine with other work.
TEST(Pacer, ATicksMessagesAreSpreadSoThatADefaultReceiveBufferHoldsThem) {
  for (const nanoseconds period : {10us, 2us}) {
    for (const nanoseconds oversleep : {0us, 30us, 60us, 125us}) {
      const std::vector<Sent> sent = Machine{oversleep}.play(at_rate(period, 300'000), 100ms);
      ASSERT_EQ(sent.size(), 300'000U);
      EXPECT_LE(largest_burst(sent), Pacer::kBurstMax)
          << period.count() << " ns, " << oversleep.count() << " ns late";
      for (const Sent& s : sent) ASSERT_LT(s.at - s.due, 1ms);
    }
  }
}

TEST(Pacer, PreciseReleasesEveryMessageAtItsOwnDueTime) {
  const std::vector<nanoseconds> due = at_rate(10us, 10'000);
  Pacer pacer(TimeScale{}, 100ms, 0ns);
  nanoseconds now = 0ns;
  for (std::size_t i = 0; i < due.size(); ++i) {
    ASSERT_EQ(now, due[i]);
    const Pacer::Step step = pacer.step(now);
    ASSERT_EQ(step.until, due[i] + 1ns);
    ASSERT_GE(step.count_max, 1U);
    now = pacer.wake(now, 1, i + 1 < due.size() ? due[i + 1] : kNever);
  }
  EXPECT_EQ(now, nanoseconds::max());
}

TEST(Pacer, PreciseCatchesUpAsSlowlyAsByTicks) {
  Pacer pacer(TimeScale{}, 100ms, 0ns);
  pacer.step(0ns);
  pacer.wake(0ns, 1, 10us);
  // Ten milliseconds late: a millisecond's worth, then a tick's rest.
  const Pacer::Step step = pacer.step(10ms);
  EXPECT_EQ(step.until, SimTime{1ms + 10us});
  EXPECT_EQ(pacer.wake(10ms, 100, 1ms + 10us), 10ms + Pacer::kTick);
}

TEST(Pacer, AShortDelayIsCaughtUpWithoutABurst) {
  // 100,000 a second; the machine is away for 10 ms, in which 1,000 messages become due.
  Machine machine{0ns, 500ms, 510ms};
  const std::vector<Sent> sent = machine.play(at_rate(10us, 100'000), 100ms);
  ASSERT_EQ(sent.size(), 100'000U);
  EXPECT_LE(largest_burst(sent), 100U);
  EXPECT_FALSE(std::any_of(sent.begin(), sent.end(), [](const Sent& s) { return s.late; }));
  // As long as the delay was later it is back in time.
  for (const Sent& s : sent) {
    if (s.due > 521ms) {
      EXPECT_LE(s.at - s.due, Pacer::kTick) << s.due.count();
    }
  }
}

// How many leave within a millisecond, wherever that begins.
std::size_t most_in_a_millisecond(const std::vector<Sent>& sent) {
  std::size_t most = 0;
  for (std::size_t first = 0, last = 0; last < sent.size(); ++last) {
    while (sent[last].at - sent[first].at >= 1ms) ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

// A receiver that takes twice the rate loses nothing by it: after the first step of four ticks.
TEST(Pacer, CatchesUpAtTwiceTheRate) {
  for (const nanoseconds oversleep : {0us, 60us, 125us, 240us, 400us}) {
    Machine machine{oversleep, 500ms, 510ms};
    const std::vector<Sent> sent = machine.play(at_rate(10us, 100'000), 100ms);
    ASSERT_EQ(sent.size(), 100'000U);
    EXPECT_LE(most_in_a_millisecond(sent), 300U) << oversleep.count();
    // And comes to an end, however late the timers ring.
    for (const Sent& s : sent) {
      if (s.due > 530ms) {
        ASSERT_LE(s.at - s.due, 1ms) << oversleep.count() << ": " << s.due.count();
      }
    }
  }
}

TEST(Pacer, AfterAStopOfTenSecondsNothingOlderThanTheWindowIsSentAndThereIsNoBurst) {
  Machine machine{0ns, 5s, 15s};
  const std::vector<Sent> sent = machine.play(at_rate(10us, 2'000'000), 100ms);
  ASSERT_EQ(sent.size(), 2'000'000U);
  EXPECT_LE(largest_burst(sent), 101U);  // a millisecond's, both ends included
  std::size_t late = 0;
  for (const Sent& s : sent) {
    if (s.late) {
      ++late;
    } else {
      EXPECT_LE(s.at - s.due, 100ms);
    }
  }
  // 10 s less the window at 100,000 a second; the catching up itself keeps ahead of the window.
  EXPECT_NEAR(static_cast<double>(late), 990'000.0, 100.0);
}

TEST(Pacer, ACrowdWithOneDueTimeIsSpread) {
  const std::vector<nanoseconds> due(1'000, 1ms);
  const std::vector<Sent> sent = Machine{}.play(due, 100ms);
  ASSERT_EQ(sent.size(), 1'000U);
  EXPECT_EQ(largest_burst(sent), Pacer::kBurstMax);
  EXPECT_LE(sent.back().at, 1ms + Pacer::kTick);
}

TEST(Pacer, AWindowOfNothingStillSendsWhatIsInTime) {
  const std::vector<Sent> sent = Machine{}.play(at_rate(10us, 1'000), 0ns);
  for (const Sent& s : sent) EXPECT_FALSE(s.late) << s.due.count();
}

TEST(Pacer, SpeedScalesTheWindowAndTheTicks) {
  // Sixty times faster: one real second is one simulated minute, and 100 ms are 6 s.
  Pacer pacer(TimeScale(Speed{60, 1}), 100ms);
  EXPECT_EQ(pacer.late_before(99ms), SimTime{0});
  EXPECT_EQ(pacer.late_before(1s), SimTime{54s});
  const Pacer::Step step = pacer.step(0ns);
  EXPECT_EQ(step.until, SimTime{1});
  EXPECT_EQ(pacer.wake(0ns, 1, SimTime{60s}), nanoseconds{1s});
  EXPECT_EQ(pacer.wake(0ns, 1, kNever), nanoseconds::max());
}

TEST(Pacer, EveryMessageIsReleasedOnceInOrderWhateverTheMachineDoes) {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    std::vector<nanoseconds> due;
    const std::uint64_t spread = draw(seed, {0, 0}, Purpose::kArrival, 0) % 40'000'000 + 1;
    for (std::uint32_t i = 0; i < 2'000; ++i) {
      due.emplace_back(scale(draw(seed, {1, i}, Purpose::kArrival, 0), spread));
    }
    std::sort(due.begin(), due.end());
    const nanoseconds stopped{scale(draw(seed, {2, 0}, Purpose::kArrival, 0), spread)};
    Machine machine{nanoseconds{draw(seed, {3, 0}, Purpose::kArrival, 0) % 500'000}, stopped,
                    stopped + 20ms};
    const std::vector<Sent> sent = machine.play(due, 5ms);
    ASSERT_EQ(sent.size(), due.size()) << "seed " << seed;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      ASSERT_EQ(sent[i].due, due[i]) << "seed " << seed;
      ASSERT_GE(sent[i].at, sent[i].due) << "seed " << seed;
      if (!sent[i].late) {
        ASSERT_LE(sent[i].at - sent[i].due, 5ms) << "seed " << seed;
      }
    }
  }
}

}  // namespace
}  // namespace esm
