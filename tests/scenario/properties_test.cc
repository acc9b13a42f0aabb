// What holds of the events of every scenario: nobody's depend on somebody else, nobody beats before
// they log on, and as many come as were asked for.
#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/scenario/schedule.h"

#include "tests/scenario/scenarios.h"

namespace esm::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kSeeds = 100;
constexpr std::array kRandom = {random_scenario, random_lives, random_outages, random_days,
                                random_faults};

void for_each_random(const std::function<void(const Scenario&, std::uint64_t seed)>& check) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    for (const auto make : kRandom) {
      const std::string text = make(seed);
      SCOPED_TRACE(fmt::format("seed {}:\n{}", seed, text));
      check(scenario_of(text), seed);
      if (testing::Test::HasFailure()) return;
    }
  }
}

// Of the first `endpoints`.
std::vector<Event> events_of_first(const Plan& plan, std::uint32_t endpoints) {
  std::vector<Event> events = events_of(plan);
  std::erase_if(events, [&](const Event& event) { return event.endpoint >= endpoints; });
  return events;
}

TEST(Properties, AnotherGroupChangesNobodysEvents) {
  for_each_random([](const Scenario& scenario, std::uint64_t seed) {
    const Plan plan(Scenario(scenario), seed);
    Scenario more = scenario;
    more.endpoints.push_back(more.endpoints.front());
    more.endpoints.back().key = "another";
    more.endpoints.back().idle = IdleBeat::kEmpty;  // they beat
    const Plan larger(std::move(more), seed);
    ASSERT_GT(larger.endpoint_count(), plan.endpoint_count());
    EXPECT_GT(events_of(larger).size(), events_of(plan).size());
    EXPECT_EQ(events_of_first(larger, plan.endpoint_count()), events_of(plan));
  });
}

TEST(Properties, MoreEndpointsChangeNobodysEvents) {
  std::size_t looked_at = 0;
  for_each_random([&](const Scenario& scenario, std::uint64_t seed) {
    // Who sits where in shuffled seats, and which endpoint has which message of a rate, are of the
    // whole group; so are seats modulo the number of endpoints.
    const bool together = scenario.endpoints.back().rate || scenario.endpoints.back().many_users ||
                          std::any_of(scenario.activities.begin(), scenario.activities.end(),
                                      [](const Activity& activity) { return activity.shuffled; });
    if (together) return;
    ++looked_at;
    const Plan plan(Scenario(scenario), seed);
    Scenario more = scenario;
    more.endpoints.back().count += 3;  // the last group: the others keep their numbers
    EXPECT_EQ(events_of_first(Plan(std::move(more), seed), plan.endpoint_count()), events_of(plan));
  });
  EXPECT_GT(looked_at, 100U);
}

TEST(Properties, NobodyIsSpokenOfBeforeTheyLogOn) {
  std::size_t heartbeats = 0;
  for_each_random([&](const Scenario& scenario, std::uint64_t seed) {
    const bool silent = std::any_of(scenario.activities.begin(), scenario.activities.end(),
                                    [](const Activity& activity) { return activity.silent; }) ||
                        std::any_of(scenario.steps.begin(), scenario.steps.end(),
                                    [](const Step& step) { return step.silent; });
    if (silent) return;
    const Plan plan(Scenario(scenario), seed);
    std::set<std::pair<std::uint32_t, std::uint32_t>> came;
    for (const Event& event : events_of(plan)) {
      const EndpointRef ref = plan.endpoint_ref(event.endpoint);
      if (event.user == kNobody || scenario.endpoints[ref.group].rate) continue;
      if (event.kind == EventKind::kLogon) {
        came.insert({event.endpoint, event.user});
      } else {
        EXPECT_TRUE(came.contains({event.endpoint, event.user})) << testing::PrintToString(event);
        ++heartbeats;
      }
    }
  });
  EXPECT_GT(heartbeats, 10'000U);
}

TEST(Properties, AsManyComeAsWereAskedForOnEveryCurve) {
  const std::array curves = {"uniform",
                             "normal",
                             "sine",
                             "poisson",
                             "ramp",
                             "ramp-down",
                             "{ table: { 5m: 30%, 10m: 30%, 20m: 100% } }"};
  for (const char* curve : curves) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      for (const std::uint32_t count : {1U, 2U, 7U, 500U, 3'001U}) {
        SCOPED_TRACE(fmt::format("{} {} {}", curve, seed, count));
        const Plan plan(
            scenario_of(fmt::format(
                "length: 1h\nusers:\n  u: {{ count: {0}, name: \"u{{}}\" }}\nendpoints:\n"
                "  e: {{ count: {0}, host: \"e{{}}\", pool: 10.0.0.0/16, heartbeat: 2h, "
                "heartbeat-clock: logon }}\n"
                "activity:\n  - {{ logon: u, on: e, at: 5m, within: 20m, curve: {1} }}\n",
                count, curve)),
            seed);
        std::set<std::uint32_t> users;
        for (const Event& event : events_of(plan)) {
          EXPECT_EQ(event.kind, EventKind::kLogon);
          EXPECT_GE(event.due, 5min);
          EXPECT_LT(event.due, 25min);
          EXPECT_TRUE(users.insert(event.user).second) << "twice";
        }
        EXPECT_EQ(users.size(), count);
      }
    }
  }
}

TEST(Properties, ARateSendsExactlyItsMessagesExactlyInTime) {
  for (const std::uint32_t count : {1U, 3U, 50U}) {
    const Plan plan(
        scenario_of(fmt::format(
            "length: 1h\nusers:\n  u: {{ count: {0}, name: \"u{{}}\" }}\nendpoints:\n"
            "  e: {{ count: {0}, host: \"e{{}}\", pool: 10.0.0.0/16, rate: 7, messages: "
            "10001 }}\nactivity:\n  - {{ logon: u, on: e, at: 0s, curve: at-once }}\n",
            count)),
        1);
    const std::vector<Event> events = events_of(plan);
    ASSERT_EQ(events.size(), 10'001U);
    for (std::size_t k = 0; k < events.size(); ++k) {
      EXPECT_EQ(events[k].due.count(), static_cast<std::int64_t>(k) * 1'000'000'000 / 7);
      EXPECT_EQ(events[k].endpoint, k % count);
    }
  }
}

}  // namespace
}  // namespace esm::test
