#include "sender/engine/capacity_search.h"

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace esm {
namespace {

using namespace std::chrono_literals;
using End = CapacitySearch::End;
using Verdict = CapacityVerdict;

// What a scripted receiver makes of a rate; the number of the step, for hiccups.
using Receiver = std::function<Verdict(std::uint64_t rate, std::size_t step)>;

struct Trial {
  std::vector<std::uint64_t> rates;
  End end{};
  std::uint64_t held = 0, failed = 0;
  Verdict why{};
};

Trial search(const CapacitySearch::Bounds& bounds, const Receiver& receiver) {
  CapacitySearch search(bounds);
  Trial trial;
  while (const auto rate = search.next()) {
    trial.rates.push_back(*rate);
    search.add(*rate, receiver(*rate, trial.rates.size()));
    if (trial.rates.size() > 1'000) break;  // it must end by itself
  }
  trial.end = search.end();
  trial.held = search.held();
  if (search.failed()) {
    trial.failed = search.failed()->rate;
    trial.why = search.failed()->verdict;
  }
  return trial;
}

Receiver takes(std::uint64_t limit, Verdict beyond = Verdict::kLoss) {
  return [=](std::uint64_t rate, std::size_t) { return rate <= limit ? Verdict::kHeld : beyond; };
}

TEST(CapacitySearch, DoublesThenHalvesTheGapAndTriesEveryFailureTwice) {
  const Trial trial = search({1'000, 1'000'000, 100'000, 40}, takes(5'200));
  EXPECT_EQ(trial.rates, (std::vector<std::uint64_t>{1'000, 2'000, 4'000, 8'000, 8'000, 6'000,
                                                     6'000, 5'000, 5'500, 5'500}));
  EXPECT_EQ(trial.end, End::kFound);
  EXPECT_EQ(trial.held, 5'000U);
  EXPECT_EQ(trial.failed, 5'500U);
}

TEST(CapacitySearch, EndsAsItMustForEveryReceiver) {
  struct Row {
    const char* name;
    CapacitySearch::Bounds bounds;
    Receiver receiver;
    End end;
    std::uint64_t held, failed;
  };
  const Row rows[] = {
      {"takes everything",
       {1'000, 10'000, 50'000, 40},
       takes(UINT64_MAX),
       End::kMostHeld,
       10'000,
       0},
      {"the first is the most",
       {10'000, 10'000, 50'000, 40},
       takes(UINT64_MAX),
       End::kMostHeld,
       10'000,
       0},
      {"takes nothing", {8, 10'000, 50'000, 40}, takes(0), End::kNothingHeld, 0, 1},
      {"is slower than the first rate",
       {1'000, 10'000, 500'000, 40},
       takes(300),
       End::kFound,
       250,
       375},
      {"takes one a second", {8, 10'000, 50'000, 40}, takes(1), End::kFound, 1, 2},
      {"fails between the last double and the most",
       {1'000, 10'000, 50'000, 40},
       takes(9'900),
       End::kFound,
       9'750,
       10'000},
      {"the steps are used up",
       {1'000, 1'000'000, 1, 5},
       takes(5'200),
       End::kStepsUsed,
       4'000,
       8'000},
      {"the sender ends first",
       {1'000, 1'000'000, 500'000, 40},
       takes(5'200, Verdict::kSender),
       End::kFound,
       4'000,
       6'000},
      {"breaks",
       {1'000, 1'000'000, 50'000, 40},
       takes(3'000, Verdict::kBroken),
       End::kBroken,
       2'000,
       4'000},
      {"has a hiccup",
       {1'000, 8'000, 50'000, 40},
       [](std::uint64_t, std::size_t step) {
         return step == 1 || step == 4 ? Verdict::kBackPressure : Verdict::kHeld;
       },
       End::kMostHeld,
       8'000,
       0},
  };
  for (const Row& row : rows) {
    const Trial trial = search(row.bounds, row.receiver);
    EXPECT_EQ(trial.end, row.end) << row.name;
    EXPECT_EQ(trial.held, row.held) << row.name;
    EXPECT_EQ(trial.failed, row.failed) << row.name;
  }
}

TEST(CapacitySearch, FindsEveryKneeWithinThePrecisionInFewSteps) {
  for (std::uint64_t knee = 1; knee <= 10'000'000; knee += 1 + knee / 7) {
    const Trial trial = search({1'000, 10'000'000, 50'000, 60}, takes(knee));
    if (knee == 10'000'000) continue;
    ASSERT_EQ(trial.end, End::kFound) << knee;
    EXPECT_LE(trial.held, knee);
    EXPECT_GT(trial.failed, knee);
    EXPECT_TRUE(trial.failed - trial.held <= 1 || (trial.failed - trial.held) * 20 <= trial.held)
        << knee;
    EXPECT_LE(trial.rates.size(), 40U) << knee;
  }
}

TEST(CapacitySearch, TellsWhyTheLowestRateThatFailedDid) {
  const Trial trial = search({1'000, 100'000, 50'000, 40}, [](std::uint64_t rate, std::size_t) {
    if (rate > 7'000) return Verdict::kSender;
    return rate > 5'000 ? Verdict::kLoss : Verdict::kHeld;
  });
  EXPECT_EQ(trial.why, Verdict::kLoss);
}

TEST(CapacitySearch, JudgesAStep) {
  const CapacityLimits limits;  // 0.1 %, 100 ms
  const auto step = [](auto change) {
    CapacityMeasure measure;
    measure.rate = 10'000;
    measure.elapsed = 1s;
    measure.due = measure.written = 10'000;
    change(measure);
    return measure;
  };
  struct Row {
    const char* name;
    CapacityMeasure measure;
    Verdict verdict;
  };
  const Row rows[] = {
      {"all well", step([](auto& m) {
         m.behind = 2ms, m.arrived = {10'000, 0};
       }),
       Verdict::kHeld},
      {"as much as is allowed", step([](auto& m) {
         m.arrived = {10'000, 10}, m.behind = 100ms, m.p99 = 100ms, m.unsent = 10;
       }),
       Verdict::kHeld},
      {"one lost more", step([](auto& m) {
         m.arrived = {10'000, 11};
       }),
       Verdict::kLoss},
      {"one unsent more", step([](auto& m) { m.unsent = 11; }), Verdict::kSender},
      {"too late", step([](auto& m) { m.p99 = 101ms; }), Verdict::kSender},
      {"too late, and stood still before the receiver",
       step([](auto& m) { m.p99 = 101ms, m.waited = 250ms; }), Verdict::kBackPressure},
      {"too late, and hardly stood still", step([](auto& m) { m.p99 = 101ms, m.waited = 249ms; }),
       Verdict::kSender},
      {"stood still, and yet in time", step([](auto& m) { m.waited = 900ms; }), Verdict::kHeld},
      {"too late, and the receiver still had to read",
       step([](auto& m) { m.unsent = 500, m.behind = 101ms; }), Verdict::kBackPressure},
      {"in time into buffers that the receiver had not read",
       step([](auto& m) { m.behind = 101ms; }), Verdict::kBackPressure},
      {"loss tells more than lateness", step([](auto& m) {
         m.p99 = 1s, m.arrived = {100, 50};
       }),
       Verdict::kLoss},
      {"broken comes before all", step([](auto& m) {
         m.broken = true, m.arrived = {100, 50};
       }),
       Verdict::kBroken},
  };
  for (const Row& row : rows) EXPECT_EQ(judge(row.measure, limits), row.verdict) << row.name;
}

TEST(CapacitySearch, WhatWasReachedIsWhatTheReceiverTook) {
  CapacityMeasure measure;
  measure.written = 3'000;
  EXPECT_EQ(measure.reached(), 0U);
  measure.elapsed = 1s;
  EXPECT_EQ(measure.reached(), 3'000U);
  measure.behind = 500ms;  // it read half a second longer
  EXPECT_EQ(measure.reached(), 2'000U);
  measure.arrived = {3'000, 1'500};
  EXPECT_EQ(measure.reached(), 1'000U);
}

}  // namespace
}  // namespace esm
