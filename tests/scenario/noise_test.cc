// What `noise` of a scenario adds to its events; that it is what the README says is in
// schedule_test.cc.
#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/scenario/plan.h"
#include "sender/scenario/schedule.h"

#include "tests/scenario/scenarios.h"
#include "tests/scenario/slow_model.h"

namespace esm::test {
namespace {

using namespace std::chrono_literals;

// Everybody logs on at once, nobody goes.
std::string office(std::uint32_t count, const std::string& noise,
                   const std::string& heartbeat = "heartbeat: 1h") {
  return fmt::format(
      "length: 4h\nusers:\n  u: {{ count: {0}, name: \"u{{}}\" }}\nendpoints:\n"
      "  e: {{ count: {0}, host: \"e{{}}\", pool: 10.0.0.0/16, {1} }}\n"
      "activity:\n  - {{ logon: u, on: e, at: 0s, curve: at-once }}\n{2}",
      count, heartbeat, noise.empty() ? "" : "noise:\n" + noise);
}

std::vector<Event> noise_of(const std::vector<Event>& events, std::uint8_t message) {
  std::vector<Event> noise;
  std::copy_if(events.begin(), events.end(), std::back_inserter(noise), [&](const Event& event) {
    return (event.kind == EventKind::kNoise) == (message > 0) && event.message == message;
  });
  return noise;
}

// What they have in common when others are added, which shifts the ordinals and endpoints.
auto who_and_when(const Event& event) {
  return std::tuple(event.due, event.endpoint, event.user, event.kind, event.message);
}
auto all_who_and_when(const std::vector<Event>& events) {
  std::vector<decltype(who_and_when(Event{}))> all;
  for (const Event& event : events) all.push_back(who_and_when(event));
  return all;
}

TEST(Noise, EveryEndpointSendsOneInEverySlotAtAMomentOfItsOwn) {
  const Plan plan(scenario_of(office(50, "  - { message: m, on: e, every: 20m }\n")), 1);
  std::map<std::pair<std::uint32_t, std::int64_t>, int> by_slot;
  std::map<SimTime, int> into_slot;
  for (const Event& event : noise_of(events_of(plan), 1)) {
    ++by_slot[{event.endpoint, event.due / 20min}];
    ++into_slot[event.due % 20min];
  }
  EXPECT_EQ(by_slot.size(), 50U * 12);
  EXPECT_TRUE(std::all_of(by_slot.begin(), by_slot.end(),
                          [](const auto& slot) { return slot.second == 1; }));
  EXPECT_EQ(into_slot.size(), 50U * 12);  // no two of them alike
}

TEST(Noise, ARateIsThatOfTheWholeGroupAndAShareThatOfItsHeartbeats) {
  struct Row {
    const char* heartbeat;
    const char* pace;
    SimTime every;
  };
  const Row rows[] = {
      {"heartbeat: 1h", "rate: 10/m", 5min}, {"heartbeat: 1h", "rate: 2", 25s},
      {"heartbeat: 1h", "share: 2%", 50h},   {"heartbeat: 30m", "share: 100%", 30min},
      {"rate: 10/m", "share: 50%", 10min},   {"rate: 100", "share: 100%", 500ms},
      {"heartbeat: 1h", "every: 90s", 90s},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(fmt::format("{} {}", row.heartbeat, row.pace));
    const Scenario scenario = scenario_of(
        office(50, fmt::format("  - {{ message: m, on: e, {} }}\n", row.pace), row.heartbeat));
    ASSERT_EQ(scenario.noise.size(), 1U);
    EXPECT_EQ(scenario.noise.front().every.count(), row.every.count());
  }
}

TEST(Noise, ComesAtItsRateOnTheWhole) {
  const Plan plan(scenario_of(office(2000,
                                     "  - { message: m, on: e, rate: 1/m }\n"
                                     "  - { message: n, on: e, share: 2% }\n")),
                  1);
  const std::vector<Event> events = events_of(plan);
  // 240 and 160 on average, and so far from it by chance in less than one case of 10,000.
  EXPECT_NEAR(static_cast<double>(noise_of(events, 1).size()), 240, 62);
  EXPECT_NEAR(static_cast<double>(noise_of(events, 2).size()), 160, 51);
}

TEST(Noise, ChangesNobodysHeartbeatsNorOtherNoise) {
  const std::string one = "  - { message: m, on: e, every: 11m }\n";
  const std::string two = "  - { message: n, on: e, every: 7m }\n";
  const std::vector<Event> none = events_of(Plan(scenario_of(office(20, "")), 5));
  const std::vector<Event> some = events_of(Plan(scenario_of(office(20, one)), 5));
  const std::vector<Event> more = events_of(Plan(scenario_of(office(20, one + two)), 5));
  EXPECT_EQ(all_who_and_when(noise_of(some, 0)), all_who_and_when(none));
  EXPECT_EQ(all_who_and_when(noise_of(more, 0)), all_who_and_when(none));
  EXPECT_EQ(all_who_and_when(noise_of(more, 1)), all_who_and_when(noise_of(some, 1)));
  EXPECT_GT(noise_of(more, 2).size(), 600U);
}

TEST(Noise, OneMoreEndpointOrAnotherGroupChangesNobodyElses) {
  const std::string noise =
      "  - { message: m, on: e, every: 11m }\n  - { message: n, on: e, share: 40% }\n";
  const std::vector<Event> few = events_of(Plan(scenario_of(office(20, noise)), 5));
  std::vector<Event> many = events_of(Plan(scenario_of(office(21, noise)), 5));
  std::erase_if(many, [](const Event& event) { return event.endpoint == 20; });
  EXPECT_EQ(many, few);

  const std::string with_group =
      "length: 4h\nusers:\n  u: { count: 20, name: \"u{}\" }\nendpoints:\n"
      "  first: { count: 3, host: \"f{}\", pool: 10.9.0.0/16, idle: empty }\n"
      "  e: { count: 20, host: \"e{}\", pool: 10.0.0.0/16, heartbeat: 1h }\n"
      "activity:\n  - { logon: u, on: e, at: 0s, curve: at-once }\n"
      "noise:\n  - { message: other, on: first, every: 3m }\n" +
      noise;
  std::vector<Event> others = events_of(Plan(scenario_of(with_group), 5));
  std::erase_if(others, [](const Event& event) { return event.endpoint < 3; });
  for (Event& event : others) {
    event.endpoint -= 3;
    if (event.message > 0) --event.message;
  }
  EXPECT_EQ(others, few);
}

TEST(Noise, TwoOfOneGroupAreIndependentAndSeedsDiffer) {
  const std::string twice = "  - { message: m, on: e, every: 10m }\n";
  const auto times = [](const std::vector<Event>& events) {
    std::vector<SimTime> all;
    for (const Event& event : events) all.push_back(event.due);
    return all;
  };
  const std::vector<Event> events = events_of(Plan(scenario_of(office(5, twice + twice)), 1));
  const std::vector<Event> other = events_of(Plan(scenario_of(office(5, twice + twice)), 2));
  EXPECT_EQ(noise_of(events, 1).size(), noise_of(events, 2).size());
  EXPECT_NE(times(noise_of(events, 1)), times(noise_of(events, 2)));
  EXPECT_NE(times(noise_of(events, 1)), times(noise_of(other, 1)));
}

TEST(Noise, IsSentWhileTheAgentBeatsAndSpeaksOfWhoIsThere) {
  const Plan plan(
      scenario_of("length: 60m\nusers: { a: { name: a }, b: { name: b } }\nendpoints:\n"
                  "  pc: { host: pc, pool: 10.0.0.1/32, sites: { vpn: 10.1.0.1/32 } }\n"
                  "  on: { host: on, pool: 10.0.0.2/32, idle: empty }\nsteps:\n"
                  "  - { at: 10m, logon: a, on: pc }\n  - { at: 15m, roam: pc, to: vpn }\n"
                  "  - { at: 20m, sleep: pc }\n  - { at: 30m, wake: pc }\n"
                  "  - { at: 35m, logon: b, on: pc }\n  - { at: 40m, crash: pc }\n"
                  "  - { at: 45m, boot: pc }\n"
                  "noise:\n  - { message: m, on: pc, every: 1s }\n"
                  "  - { message: m, on: on, every: 1m }\n"),
      1);
  const std::vector<Event> events = events_of(plan);
  std::map<SimTime, int> by_minute;
  for (const Event& event : noise_of(events, 1)) {
    ++by_minute[event.due / 5min * 5min];
    EXPECT_EQ(event.user, event.due < 35min ? 0U : 1U);
    EXPECT_EQ(event.site, event.due < 15min ? 0 : 1);
  }
  // 10 to 20 and 30 to 40.
  const std::map<SimTime, int> expected = {{10min, 300}, {15min, 300}, {30min, 300}, {35min, 300}};
  EXPECT_EQ(by_minute, expected);
  EXPECT_EQ(noise_of(events, 2).size(), 60U);  // an agent that beats with nobody there
}

TEST(Noise, OfOneMomentComesInFileOrderBehindTheBeat) {
  // So quick that they meet all the time, which no file can ask for.
  Scenario scenario = scenario_of(
      "length: 1s\nusers: { u: { name: u } }\nendpoints:\n"
      "  e: { count: 5, host: \"e{}\", pool: 10.0.0.0/16, idle: empty }\nnoise:\n"
      "  - { message: a, on: e, every: 1s }\n  - { message: b, on: e, every: 1s }\n"
      "  - { message: c, on: e, every: 1s }\n");
  scenario.length = 300ns;
  scenario.endpoints.front().heartbeat = 7ns;
  const SimTime paces[] = {3ns, 5ns, 2ns};
  for (std::size_t i = 0; i < 3; ++i) scenario.noise[i].every = paces[i];
  const Plan plan(scenario, 1);
  const std::vector<Event> events = events_of(plan);
  EXPECT_EQ(events, slow_events(scenario, 1));
  std::size_t meetings = 0;
  for (std::size_t i = 1; i < events.size(); ++i) {
    if (events[i].due != events[i - 1].due || events[i].endpoint != events[i - 1].endpoint) {
      continue;
    }
    ++meetings;
    EXPECT_LT(events[i - 1].message, events[i].message);
  }
  EXPECT_GT(meetings, 300U);
  for (SimTime since{0}; since < scenario.length; since += 1ns) {
    const auto first = std::find_if(events.begin(), events.end(),
                                    [&](const Event& event) { return event.due >= since; });
    EXPECT_EQ(events_of(plan, {}, since), std::vector<Event>(first, events.end()));
  }
}

}  // namespace
}  // namespace esm::test
