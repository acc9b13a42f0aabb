#include "sender/scenario/schedule.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <tuple>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/base/hash.h"

#include "tests/scenario/scenarios.h"
#include "tests/scenario/slow_model.h"
#include "tests/support/allocation_counter.h"

namespace esm::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kRandomScenarios = 150;

auto place(const Event& event) { return std::tuple(event.due, event.endpoint, event.ordinal); }

// Equal, or the first difference: a whole list of thousands helps nobody.
void expect_same(const std::vector<Event>& got, const std::vector<Event>& expected) {
  const auto [at, there] = std::mismatch(got.begin(), got.end(), expected.begin(), expected.end());
  if (at == got.end() && there == expected.end()) return;
  ADD_FAILURE() << "event " << at - got.begin() << " of " << expected.size() << ": got "
                << (at == got.end() ? "none" : testing::PrintToString(*at)) << ", expected "
                << (there == expected.end() ? "none" : testing::PrintToString(*there));
}

using MakeScenario = std::string (*)(std::uint64_t seed);
constexpr std::array<std::pair<const char*, MakeScenario>, 6> kRandom = {
    {{"random_scenario", random_scenario},
     {"random_lives", random_lives},
     {"random_outages", random_outages},
     {"random_days", random_days},
     {"random_faults", random_faults},
     {"random_load", random_load}}};

// Every shipped scenario, and random ones.
void for_each_scenario(const std::function<void(const Plan&)>& check) {
  for (const std::string& name : shipped_names()) {
    SCOPED_TRACE(name);
    check(Plan(scenario_of(shipped_text(name)), 1));
  }
  for (std::uint64_t seed = 1; seed <= kRandomScenarios; ++seed) {
    for (const auto& [name, make] : kRandom) {
      const std::string text = make(seed);
      SCOPED_TRACE(fmt::format("{}({}):\n{}", name, seed, text));
      check(Plan(scenario_of(text), seed));
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(Schedule, AgreesWithASlowModelWrittenFromTheReadme) {
  std::size_t events = 0;
  for_each_scenario([&](const Plan& plan) {
    const std::vector<Event> expected = slow_events(plan.scenario(), plan.seed());
    expect_same(events_of(plan), expected);
    events += expected.size();
  });
  EXPECT_GT(events, 50'000u);
}

bool is_duplicate(const Plan& plan, const Event& event) {
  return event.fault > 0 && plan.scenario().faults[event.fault - 1U].kind == FaultKind::kDuplicate;
}

TEST(Schedule, OrdersByTimeThenEndpointThenOrdinal) {
  for_each_scenario([](const Plan& plan) {
    const std::vector<Event> events = events_of(plan);
    EXPECT_TRUE(std::is_sorted(events.begin(), events.end(),
                               [](const Event& a, const Event& b) { return place(a) < place(b); }));
    std::map<std::uint32_t, std::uint32_t> next;
    const Event* before = nullptr;
    for (const Event& event : events) {
      const bool again = before != nullptr && event == *before && is_duplicate(plan, event);
      before = again ? nullptr : &event;
      if (again) continue;
      EXPECT_EQ(event.ordinal, next[event.endpoint]++);
    }
  });
}

TEST(Schedule, TheUnionOfShardsIsTheWhole) {
  for_each_scenario([](const Plan& plan) {
    const std::vector<Event> whole = events_of(plan);
    for (const std::uint32_t count : {1u, 2u, 3u, 7u, 64u}) {
      if (count == 64 && plan.seed() > 20) break;
      SCOPED_TRACE(count);
      std::vector<Event> all;
      for (std::uint32_t index = 0; index < count; ++index) {
        for (const Event& event : events_of(plan, {index, count})) {
          EXPECT_TRUE((Shard{index, count}.holds(event.endpoint)));
          all.push_back(event);
        }
      }
      std::sort(all.begin(), all.end(),
                [](const Event& a, const Event& b) { return place(a) < place(b); });
      expect_same(all, whole);
    }
  });
}

TEST(Schedule, ASplitShardIsTheUnionOfItsParts) {
  const Plan plan(scenario_of(shipped_text("morning-logon")), 1);
  const Shard shard{1, 3};
  std::vector<Event> all;
  for (std::uint32_t part = 0; part < 4; ++part) {
    const std::vector<Event> events = events_of(plan, shard.split(part, 4));
    all.insert(all.end(), events.begin(), events.end());
  }
  std::sort(all.begin(), all.end(),
            [](const Event& a, const Event& b) { return place(a) < place(b); });
  expect_same(all, events_of(plan, shard));
}

TEST(Schedule, BeginningLaterLeavesOutExactlyWhatLiesBefore) {
  for_each_scenario([](const Plan& plan) {
    const std::vector<Event> whole = events_of(plan);
    const SimTime length = plan.scenario().length;
    std::vector<SimTime> moments = {1ns, length / 7, length / 2, length - 1ns, length, length * 2};
    // The very moment of an event, and just beside it.
    for (const std::size_t at : {whole.size() / 3, whole.size() / 2}) {
      if (whole.empty()) break;
      for (const SimTime beside : {-1ns, 0ns, 1ns}) moments.push_back(whole[at].due + beside);
    }
    for (const SimTime since : moments) {
      SCOPED_TRACE(since.count());
      const auto first = std::find_if(whole.begin(), whole.end(),
                                      [&](const Event& event) { return event.due >= since; });
      expect_same(events_of(plan, {}, since), std::vector<Event>(first, whole.end()));
    }
  });
}

TEST(Schedule, StopsBeforeTheMomentItIsAskedToStopAt) {
  for_each_scenario([](const Plan& plan) {
    const std::vector<Event> whole = events_of(plan);
    Schedule schedule(plan);
    std::vector<Event> all;
    std::array<Event, 5> part;
    for (SimTime until{0}; until < plan.scenario().length + 10s; until += 7'654'321'000ns) {
      while (const std::size_t count = schedule.next(part, until)) {
        for (std::size_t i = 0; i < count; ++i) {
          EXPECT_LT(part[i].due, until);
          all.push_back(part[i]);
        }
      }
      const SimTime next = schedule.next_due();
      EXPECT_EQ(next, all.size() < whole.size() ? whole[all.size()].due : kNever);
    }
    expect_same(all, whole);
  });
}

TEST(Schedule, TheSizeOfARequestChangesNothing) {
  const Plan plan(scenario_of(shipped_text("desk-move")), 1);
  const std::vector<Event> whole = events_of(plan, {}, SimTime{0}, 1);
  EXPECT_FALSE(whole.empty());
  expect_same(events_of(plan, {}, SimTime{0}, 7), whole);
  expect_same(events_of(plan, {}, SimTime{0}, 4096), whole);
}

TEST(Schedule, AllocatesNothingOnceItIsBuilt) {
  std::vector<std::string> texts;
  for (const std::string& name : shipped_names()) texts.push_back(shipped_text(name));
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    texts.push_back(random_scenario(seed));
    texts.push_back(random_lives(seed));
  }
  // Everybody on one day of the calendar.
  texts.push_back(
      "length: 10m\nusers:\n  u: { count: 20000, name: \"u{}\" }\nendpoints:\n"
      "  e: { count: 20000, host: \"e{}\", pool: 10.0.0.0/8, heartbeat: 2m, jitter: 49% }\n"
      "activity:\n  - { logon: u, on: e, at: 1m, curve: at-once }\n");
  std::uint64_t all = 0;
  for (const std::string& text : texts) {
    const Plan plan(scenario_of(text), 1);
    const std::uint64_t at_first = allocations();
    Schedule schedule(plan);
    std::array<Event, 64> events;
    const std::uint64_t before = allocations();
    EXPECT_GT(before, at_first);  // they are counted
    std::uint64_t count = 0;
    while (const std::size_t n = schedule.next(events)) count += n;
    EXPECT_EQ(allocations() - before, 0u) << text;
    all += count;
  }
  EXPECT_GT(all, 50'000u);
}

// A digest of every event's every field. A change here changes what everybody's scenario sends: it
// is a deliberate part of a commit that says why, and kPlanVersion goes up once there is a release.
TEST(Schedule, TheShippedScenariosPlayAsTheyAlwaysDid) {
  std::map<std::string, std::string> digests;
  for (const std::string& name : shipped_names()) {
    const Plan plan(scenario_of(shipped_text(name)), 1);
    Digest digest;
    for (const Event& event : events_of(plan)) {
      std::string text =
          fmt::format("{} {} {} {} {} {}", event.due.count(), event.endpoint, event.user,
                      event.ordinal, static_cast<int>(event.kind), plan.esm(event.endpoint));
      if (event.message > 0) text += fmt::format(" {}", event.message);
      digest.add(hash128(text));
    }
    digests[name] = fmt::format("{} {}", digest.count(), digest.hex());
  }
  const std::map<std::string, std::string> expected = {
      {"a-whole-day", "7664 3138f12b176ef11582512e4804a449fa"},
      {"awkward-names", "86 1e7bc33695bacd8cb03fcedb2fc8b77c"},
      {"broken-lines", "1303 9d00148a76d6a260fbddeb56bdd2f8d1"},
      {"check-point", "168 5d9822519f9e61aec5d2bf713f5a296a"},
      {"demo-morning", "709 15d7e7d4ecdb0f2685ce938d085be866"},
      {"desk-move", "25 65d28cd1ed35b9a6f90f31f561a47ea9"},
      {"dhcp-churn", "2451 81b8e998ca8b7f7214311305a48604c6"},
      {"dual-stack", "2820 7c1b9af0671f9b45884b7a51ef596599"},
      {"esm-outage", "2491 9ff5a788cf935ecee116178efc815135"},
      {"first-contact", "5 1d7e221cf6f17f208a21744f0710e7bd"},
      {"fsso-logon-logoff", "168 5d9822519f9e61aec5d2bf713f5a296a"},
      {"ipv6", "233 04c76d7ed343059d83257aaeae1304f5"},
      {"many-esms", "2898 d2a5f2764139025306a019c8e9fcdd74"},
      {"messy-directory", "577 ae584d6fe804bc3bc3177a8d7986dd0d"},
      {"mixed-noise", "930 5df050ffa46524ae53a2cb921d11d153"},
      {"monday-storm", "8372 49bbd81103641a316fd56f080fa866c8"},
      {"morning-logon", "2131 5e577fb1c0fe4bb9c9468ae8246ccb40"},
      {"patch-night", "12010 18b026e13c35ac22abcc8d2d3c423aa5"},
      {"power-cut", "2500 80ccacd3728edb4873e8d5fa2f80580f"},
      {"shift-change", "664 bf4c77e808acd51db79edc6d394713db"},
      {"summer-time", "1679 b35f1ccae5e6c867950608640823f6ac"},
      {"terminal-server", "71 0009f47d684c24b711d9cddc2fe78b20"},
      {"timeout-gap", "1286 79341fecc1180c9f72486bd726757c4c"},
      {"vdi-pool", "1646 200510de7bab3c8b264c2432475de533"},
      {"vpn-flap", "2715 42dd4c5f44091b86d0c6487c9f937d6e"},
  };
  EXPECT_EQ(digests, expected);
}

TEST(Schedule, ALogoffStepFindsWhoeverSitsAtAnotherMachineEachTime) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const Plan plan(
        scenario_of("length: 3h\nusers:\n  u: { count: 8, name: \"u{}\" }\nendpoints:\n"
                    "  e: { count: 40, host: \"e{}\", pool: 10.0.0.0/24, heartbeat: 1m }\n"
                    "activity:\n  - { logon: u, on: e, at: 5m, curve: at-once, for: 40m, "
                    "seats: shuffled, repeat: 1h }\n"
                    "steps:\n  - { at: 20m, logoff: u1 }\n  - { at: 1h20m, logoff: u1 }\n"),
        seed);
    const std::vector<Event> events = events_of(plan);
    expect_same(events, slow_events(plan.scenario(), seed));
    std::size_t of_first = 0;
    for (const Event& event : events) {
      if (event.user != 0) continue;
      ++of_first;
      const bool gone = event.due >= 20min && event.due < 65min;
      EXPECT_FALSE(gone || (event.due >= 80min && event.due < 125min)) << event.due.count();
    }
    EXPECT_GT(of_first, 60U);  // two quarters of an hour and forty minutes, a beat each minute
  }
}

TEST(Schedule, WhoIsKeenIsSoEveryTimeAndInEveryActivity) {
  const Plan plan(scenario_of("length: 41h\nusers:\n  u: { count: 2000, name: \"u{}\" }\n"
                              "endpoints:\n  e: { count: 2000, host: \"e{}\", pool: 10.0.0.0/16 }\n"
                              "activity:\n"
                              "  - { logon: u, on: e, at: 0s, for: 10m, repeat: 1h, share: { 20%: "
                              "90%, 30%: 0%, 50%: 20% } }\n"),
                  1);
  // Of 41 times: nobody is between the parts.
  std::array<int, 3> parts{};
  for (std::uint32_t user = 0; user < plan.user_count(); ++user) {
    int times = 0;
    for (std::uint32_t n = 0; n < 41; ++n) times += plan.occurrence(0, user, n).takes_part ? 1 : 0;
    ASSERT_TRUE(times == 0 || (times > 0 && times < 22) || times > 26) << user << ": " << times;
    ++parts[times == 0 ? 1 : times > 24 ? 0 : 2];
  }
  EXPECT_NEAR(parts[0], 400, 60);
  EXPECT_NEAR(parts[1], 600, 70);
  EXPECT_NEAR(parts[2], 1'000, 80);
}

TEST(Schedule, AFleetOfHundredThousandWithManyGroupsIsInOrder) {
  // Days of the calendar that are crowded, years that pass, groups of very different periods.
  const Plan plan(
      scenario_of("length: 3h\nusers:\n"
                  "  a: { count: 100000, name: \"a{}\" }\n  b: { count: 3, name: \"b{}\" }\n"
                  "  c: { count: 500, name: \"c{}\" }\n"
                  "endpoints:\n"
                  "  a: { count: 100000, host: \"a{}\", pool: 10.0.0.0/8, heartbeat: 50m, "
                  "jitter: 30% }\n"
                  "  b: { count: 3, host: \"b{}\", pool: 192.168.0.0/24, heartbeat: 100ms }\n"
                  "  c: { count: 500, host: \"c{}\", pool: 172.16.0.0/16, heartbeat: 2d }\n"
                  "activity:\n  - { logon: a, on: a, at: 10m, curve: at-once }\n"
                  "  - { logon: b, on: b, at: 1h, within: 1m }\n"
                  "  - { logon: c, on: c, at: 2h30m, within: 1m }\n"
                  "  - { logoff: b, at: 1h30m }\n"),
      3);
  expect_same(events_of(plan), slow_events(plan.scenario(), plan.seed()));
}

TEST(Schedule, AQuietYearIsSkipped) {
  // Two beats, months apart, after a silence of years.
  const Plan plan(scenario_of("length: 3600d\nusers:\n  u: { name: u }\nendpoints:\n"
                              "  e: { host: e, pool: 10.0.0.1/32, heartbeat: 99d }\nactivity:\n"
                              "  - { logon: u, on: e, at: 3400d, curve: at-once }\n"),
                  1);
  const std::vector<Event> events = events_of(plan);
  EXPECT_EQ(events.size(), 3u);
  expect_same(events, slow_events(plan.scenario(), plan.seed()));
}

}  // namespace
}  // namespace esm::test
