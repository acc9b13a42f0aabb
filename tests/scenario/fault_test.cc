// Which messages are broken on purpose, and what that leaves alone.
#include "sender/scenario/fault.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/scenario/other_messages.h"
#include "sender/scenario/schedule.h"

#include "tests/scenario/scenarios.h"

namespace esm::test {
namespace {

using namespace std::chrono_literals;

std::string fleet(const std::string& more) {
  return "length: 4h\nusers:\n  u: { count: 100, name: \"u{}\" }\n  alice: { name: alice }\n"
         "endpoints:\n"
         "  e: { count: 100, host: \"e{}\", pool: 10.0.0.0/16, heartbeat: 3m }\n"
         "  desk: { host: DESK, pool: 10.1.0.1/32, heartbeat: 10h, heartbeat-clock: logon }\n"
         "activity:\n  - { logon: u, on: e, at: 1m, within: 2m }\n" +
         more;
}

std::vector<Event> events_with(const std::string& more) {
  return events_of(Plan(scenario_of(fleet(more)), 1));
}

std::size_t count_of(const std::vector<Event>& events, std::uint8_t fault) {
  return static_cast<std::size_t>(std::count_if(
      events.begin(), events.end(), [&](const Event& event) { return event.fault == fault; }));
}

// Without faults, and without the second of what was sent twice.
std::vector<Event> whole(std::vector<Event> events) {
  for (Event& event : events) event.fault = 0;
  events.erase(std::unique(events.begin(), events.end()), events.end());
  return events;
}

TEST(Faults, AsManyComeAsWereAskedFor) {
  const std::vector<Event> events = events_with(
      "faults:\n  - { kind: bom, on: e, share: 10% }\n  - { kind: truncated, on: e, share: 0.5% }\n"
      "  - { kind: no-pri, on: desk, share: 100% }\n");
  ASSERT_GT(events.size(), 7'500U);
  const auto near = [&](std::uint8_t fault, double share) {
    const double expected = share * static_cast<double>(events.size());
    EXPECT_NEAR(static_cast<double>(count_of(events, fault)), expected,
                5 * std::sqrt(expected * (1 - share)));
  };
  near(1, 0.10);
  near(2, 0.005);
  EXPECT_EQ(count_of(events, 3), 0U) << "nobody is at the desk";
}

TEST(Faults, ChangeNothingElseOfTheEvents) {
  const std::vector<Event> plain = events_with("");
  for (const char* const kind :
       {"truncated", "duplicate", "several", "empty-user", "time-skew, skew: 2h"}) {
    const std::vector<Event> events =
        events_with(fmt::format("faults: [ {{ kind: {}, on: e, share: 30% }} ]\n", kind));
    EXPECT_EQ(whole(events), plain) << kind;
    EXPECT_GT(count_of(events, 1), 2'000U);
  }
}

TEST(Faults, AnotherOneBehindChangesNoneBefore) {
  const std::string first = "faults:\n  - { kind: bom, on: e, share: 20% }\n";
  const std::vector<Event> one = events_with(first);
  std::vector<Event> two = events_with(first + "  - { kind: no-pri, on: e, share: 80% }\n");
  EXPECT_EQ(count_of(two, 0), 0U);
  for (Event& event : two) event.fault = event.fault == 2 ? 0 : event.fault;
  EXPECT_EQ(two, one);
}

TEST(Faults, NoiseStaysWhole) {
  const std::vector<Event> events = events_with(
      "noise: [ { message: traps-leef-new-hash, on: e, every: 10m } ]\n"
      "faults: [ { kind: bom, on: e, share: 100% } ]\n");
  std::size_t noise = 0;
  for (const Event& event : events) {
    noise += event.kind == EventKind::kNoise ? 1 : 0;
    EXPECT_EQ(event.fault, event.kind == EventKind::kNoise ? 0 : 1);
  }
  EXPECT_GT(noise, 1'000U);
}

TEST(Faults, AStepsOwnComesBeforeAShareAndIsThereEachTime) {
  const std::vector<Event> events = events_with(
      "steps:\n"
      "  - { at: 10m, logon: alice, on: DESK, fault: truncated, repeat: 10m, times: 3 }\n"
      "  - { at: 45m, unlock: alice, on: DESK }\n"
      "  - { at: 50m, wake: DESK, fault: bom }\n"  // it is awake, and says nothing
      "  - { at: 55m, unlock: alice, on: DESK, fault: { kind: truncated, verdict: map } }\n"
      "  - { at: 56m, unlock: alice, on: DESK, fault: { kind: truncated } }\n"
      "faults:\n  - { kind: no-pri, on: desk, share: 100% }\n");
  std::vector<std::pair<SimTime, std::uint8_t>> desk;
  for (const Event& event : events) {
    if (event.endpoint == 100) desk.emplace_back(event.due, event.fault);
  }
  // 1 is the list's; 2 truncated, 3 bom, 4 truncated with a verdict of its own.
  EXPECT_EQ(desk, (std::vector<std::pair<SimTime, std::uint8_t>>{
                      {10min, 2}, {20min, 2}, {30min, 2}, {45min, 1}, {55min, 4}, {56min, 2}}));
}

TEST(Faults, ADuplicateFollowsItsOriginalHoweverEventsAreAskedFor) {
  const std::string faults = "faults:\n  - { kind: duplicate, on: e, share: 50% }\n";
  const Plan plan(scenario_of(fleet(faults)), 1);
  const std::vector<Event> all = events_of(plan);
  EXPECT_GT(all.size(), 11'000U);
  std::size_t twice = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].fault == 0) continue;
    ASSERT_LT(i + 1, all.size());
    EXPECT_EQ(all[i], all[i + 1]);
    ++i;
    ++twice;
  }
  EXPECT_EQ(all.size(), events_with("").size() + twice);
  for (const std::size_t chunk : {1U, 2U, 3U, 1'000U}) {
    EXPECT_EQ(events_of(plan, {}, SimTime{0}, chunk), all) << chunk;
  }
  // One by one, each looked at before it is taken.
  Schedule schedule(plan);
  std::vector<Event> looked;
  std::array<Event, 1> one;
  for (SimTime due = schedule.next_due(); due != kNever; due = schedule.next_due()) {
    EXPECT_EQ(schedule.next(one, due), 0U) << "before it is due";
    ASSERT_EQ(schedule.next(one, due + SimTime{1}), 1U);
    EXPECT_EQ(one[0].due, due);
    looked.push_back(one[0]);
  }
  EXPECT_EQ(looked, all);
}

TEST(Faults, AMomentInTheMidstBeginsWithTheSameEvents) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const std::string text = random_faults(seed);
    SCOPED_TRACE(fmt::format("random_faults({}):\n{}", seed, text));
    const Plan plan(scenario_of(text), seed);
    const std::vector<Event> all = events_of(plan);
    for (const SimTime since : {SimTime{1min}, SimTime{4min + 1s}, SimTime{7min}}) {
      std::vector<Event> rest = all;
      std::erase_if(rest, [&](const Event& event) { return event.due < since; });
      EXPECT_EQ(events_of(plan, {}, since), rest);
    }
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Faults, AVerdictIsTheKindsOrTheOneThatIsDeclared) {
  Fault fault;
  fault.kind = FaultKind::kOverLong;
  fault.bytes = 2'049;
  EXPECT_EQ(verdict_of(fault, 2'049), FaultVerdict::kMap);
  EXPECT_EQ(verdict_of(fault, 2'048), FaultVerdict::kFail);
  fault.verdict = FaultVerdict::kIgnore;
  EXPECT_EQ(verdict_of(fault, 2'048), FaultVerdict::kIgnore);
  EXPECT_EQ(to_text(fault), "over-long 2049");
  fault.kind = FaultKind::kTimeSkew;
  fault.skew = -90s;
  EXPECT_EQ(to_text(fault), "time-skew -1m30s");
}

TEST(Faults, TheMessagesThatMayHaveOneAreThoseOfItsGroupOrItsSteps) {
  const Scenario scenario = scenario_of(
      "length: 4h\nusers:\n  alice: { name: alice }\n"
      "endpoints:\n  a: { host: A, pool: 10.0.0.1/32, logoff-message: fsso-logoff }\n"
      "  b: { host: B, pool: 10.0.0.2/32, logoff-message: check-point-logoff }\n"
      "noise: [ { message: traps-leef-new-hash, on: a, every: 10m } ]\n"
      "steps:\n  - { at: 1m, logon: alice, on: A, fault: bom }\n"
      "  - { at: 2m, logon: alice, on: B }\n"
      "  - { at: 3m, logoff: alice, on: A, fault: truncated }\n"
      "  - { at: 4m, logon: alice, on: A }\n"
      "  - { at: 5m, logoff: alice, fault: several }\n"
      "faults:\n  - { kind: no-pri, on: b, share: 1% }\n");
  using Messages = std::vector<std::uint8_t>;
  EXPECT_EQ(messages_with_fault(scenario, 1), (Messages{0, 3}));  // of the list: b
  EXPECT_EQ(messages_with_fault(scenario, 2), (Messages{0}));
  EXPECT_EQ(messages_with_fault(scenario, 3), (Messages{2}));
  EXPECT_EQ(messages_with_fault(scenario, 4), (Messages{2, 3}));
}

}  // namespace
}  // namespace esm::test
