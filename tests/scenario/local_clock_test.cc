#include "sender/scenario/local_clock.h"

#include <gtest/gtest.h>

#include "tests/scenario/scenarios.h"

namespace esm {
namespace {

using namespace std::chrono_literals;

// Central Europe, from Saturday, 2026-03-28, 12:00 local on: at 02:00 of the 29th it is 03:00.
const UtcTime kSpring = *parse_rfc3339("2026-03-28T11:00:00Z");
LocalClock spring() {
  LocalClock clock;
  clock.start_at(1h);
  clock.add({14h, 2h});
  return clock;
}

// And from 2026-10-24, 12:00 local on: at 03:00 of the 25th it is 02:00.
const UtcTime kAutumn = *parse_rfc3339("2026-10-24T10:00:00Z");
LocalClock autumn() {
  LocalClock clock;
  clock.start_at(2h);
  clock.add({15h, 1h});
  return clock;
}

TEST(LocalClock, ShowsWhatTheLastChangeMadeIt) {
  EXPECT_EQ(spring().utc_offset(0s), 1h);
  EXPECT_EQ(spring().utc_offset(14h - 1ns), 1h);
  EXPECT_EQ(spring().utc_offset(14h), 2h);
  EXPECT_EQ(LocalClock().utc_offset(14h), 0h);
}

TEST(LocalClock, FindsTheNextTimeOfDay) {
  EXPECT_EQ(LocalClock().next_time_of_day(kSpring, 11h), 0h);
  EXPECT_EQ(LocalClock().next_time_of_day(kSpring, 10h), 23h);
  EXPECT_EQ(spring().next_time_of_day(kSpring, 12h), 0h);
  EXPECT_EQ(spring().next_time_of_day(kSpring, 1h + 59min), 13h + 59min);
  EXPECT_EQ(spring().next_time_of_day(kSpring, 3h), 14h);
  EXPECT_EQ(spring().next_time_of_day(kSpring, 8h), 19h);  // seven hours after 01:00, not eight
  // There is no half past two on this day.
  EXPECT_EQ(spring().next_time_of_day(kSpring, 2h + 30min), 14h + 23h + 30min);
  // And two on that one.
  EXPECT_EQ(autumn().next_time_of_day(kAutumn, 2h + 30min), 14h + 30min);
  EXPECT_EQ(autumn().next_time_of_day(kAutumn, 3h), 16h);
  EXPECT_EQ(autumn().next_time_of_day(kAutumn, 8h), 21h);
}

TEST(LocalClock, WholeDaysKeepToTheTimeOfDay) {
  EXPECT_EQ(spring().again(1h, 24h, 0), 1h);
  EXPECT_EQ(spring().again(1h, 24h, 1), 24h);  // 13:00 on both days
  EXPECT_EQ(spring().again(1h, 24h, 2), 48h);
  EXPECT_EQ(autumn().again(1h, 24h, 1), 26h);
  EXPECT_EQ(spring().again(1h, 23h, 1), 24h);  // every 23 hours, whatever clocks show
  EXPECT_EQ(spring().shortest_again(24h), 23h);
  EXPECT_EQ(spring().shortest_again(1h), 1h);
  EXPECT_EQ(LocalClock().shortest_again(24h), 24h);
}

TEST(LocalClock, AScenariosTimesOfDayAreThoseOfItsStart) {
  const std::string rest =
      "length: 2d\nusers:\n  u: { name: u }\nendpoints:\n  e: { host: e, pool: 10.0.0.0/24 }\n"
      "activity:\n  - { logon: u, on: e, at: \"08:30\", for: 10m, repeat: 1d }\n"
      "steps:\n  - { at: \"09:00\", sleep: e, repeat: 1d, times: 2 }\n";
  const auto begins = [&](const std::string& clock) {
    const Scenario scenario = test::scenario_of(clock + rest);
    std::vector<SimTime> times{scenario.activities.front().at};
    for (const Step& step : scenario.steps) times.push_back(step.at);
    for (const Event& event : test::events_of(Plan(scenario, 1))) {
      if (event.kind == EventKind::kLogon) times.push_back(event.due);
    }
    return times;
  };
  using Times = std::vector<SimTime>;
  EXPECT_EQ(begins("start: 2026-03-02T08:00:00+01:00\n"),
            (Times{30min, 1h, 25h, 30min, 24h + 30min}));
  EXPECT_EQ(begins("start: 2026-03-02T07:00:00Z\nutc-offset: +01:00\n"),
            (Times{30min, 1h, 25h, 30min, 24h + 30min}));
  EXPECT_EQ(begins("start: 2026-03-02T08:00:00+01:00\n"
                   "clock-changes: [ { at: \"02:00\", utc-offset: +02:00 } ]\n"),
            (Times{30min, 1h, 24h, 30min, 23h + 30min, 47h + 30min}));
}

}  // namespace
}  // namespace esm
