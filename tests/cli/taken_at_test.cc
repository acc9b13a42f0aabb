#include "sender/cli/taken_at.h"

#include <gtest/gtest.h>

namespace esm {
namespace {

std::string moment(std::string_view text, std::optional<Speed> speed = Speed{}) {
  Diagnostics diagnostics;
  const WallClock clock{parse_rfc3339("2026-03-02T08:00:00Z").value(), speed,
                        std::chrono::hours{4}};
  const std::optional<SimTime> parsed = parse_taken_at(text, clock, diagnostics);
  return parsed ? format_duration(*parsed) : diagnostics.render();
}

TEST(TakenAt, AClockOnTheWallGivesTheScenariosMoment) {
  EXPECT_EQ(moment("2026-03-02T08:30:00Z"), "30m");
  EXPECT_EQ(moment("2026-03-02T09:30:00+01:00"), "30m");
  EXPECT_EQ(moment("90s"), "1m30s");
  EXPECT_EQ(moment("90s", Speed{60, 1}), "1h30m");
  EXPECT_EQ(moment("90s", Speed{1, 2}), "45s");
  EXPECT_EQ(moment("2026-03-03T08:00:00Z"), "1d") << "behind the end, mappings go on ending";
  EXPECT_EQ(moment("2026-03-02T08:00:10Z", std::nullopt), "4h") << "at full speed all is over then";
}

TEST(TakenAt, WhatIsNoMomentOfTheRunIsAnError) {
  EXPECT_EQ(moment("soon"),
            "error: --taken-at: 'soon' is neither a time nor a duration\n"
            "hint: 2026-03-02T08:30:00Z, or 90s: real time since the start\n");
  EXPECT_EQ(moment("2026-03-02T07:59:59Z"),
            "error: --taken-at: 2026-03-02T07:59:59Z lies before the start\n"
            "hint: it began at 2026-03-02T08:00:00Z\n");
}

}  // namespace
}  // namespace esm
