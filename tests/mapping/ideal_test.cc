// What a receiver holds beside what a person would want, and how it changes.
#include "sender/mapping/ideal.h"

#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/mapping/truth.h"

#include "tests/support/played_plan.h"

namespace esm {
namespace {

using namespace std::chrono_literals;
using test::PlayedPlan;

struct Told {
  std::vector<std::string> differences;
  Coverage coverage;
};

class Day {
 public:
  explicit Day(const std::string& scenario, const std::string& profile = "traps-safe")
      : played_(scenario, "traps-leef-heartbeat", profile), profiles_(played_.profiles()) {
    options_.epoch = played_.epoch();
  }

  Told at(SimTime moment) {
    TruthWalk walk(played_.plan(), played_.templates(), profiles_, options_);
    Seats seats(played_.plan());
    walk.advance(moment);
    seats.advance(moment);
    IdealComparison ideal(played_.plan(), played_.templates(), profiles_, played_.epoch());
    Told told;
    told.coverage = ideal.compare(seats, walk.table(), moment, [&](const NotIdeal& found) {
      std::string line = found.address.to_string();
      if (found.seat != nullptr) line += " wants " + ideal.name_of_user(found.seat->user);
      line += " holds " + (found.held.empty() ? "nobody" : found.held);
      told.differences.push_back(line + ": " + std::string(name_of(found.why)));
    });
    const Coverage& c = told.coverage;
    EXPECT_EQ(c.seats, c.mapped + c.misread + c.unread + c.stranger + c.ended + c.unheard);
    return told;
  }

  std::vector<std::string> changes(SimTime until, TruthOptions options = {}) {
    options.epoch = played_.epoch();
    TruthWalk walk(played_.plan(), played_.templates(), profiles_, options);
    std::vector<std::string> out;
    walk.watch([&](const TableChange& change) {
      out.push_back(fmt::format("{}s {} {} {}{}{}", change.at / 1s, change.address.to_string(),
                                name_of(change.kind), change.user,
                                change.before.empty() ? "" : " for ", change.before));
    });
    walk.advance(until);
    return out;
  }

  const PlayedPlan& played() const { return played_; }
  const ProfileSet& profiles() const { return profiles_; }

 private:
  PlayedPlan played_;
  ProfileSet profiles_;
  TruthOptions options_;
};

const char* const kDay = R"(
length: 4h
start: 2026-03-02T07:55:00Z
users:
  anna: { name: anna, domain: CORP, form: DOMAIN\user }
  bob: { name: bob }
endpoints:
  one: { count: 1, host: PC-1, pool: 10.0.0.0/30, heartbeat: 60m, heartbeat-clock: logon }
  two: { count: 1, host: PC-2, pool: 10.0.1.0/30, heartbeat: 60m, heartbeat-clock: logon }
steps:
  - { at: 10m, logon: anna, on: PC-1 }
  - { at: 20m, logon: bob, on: PC-2 }
  - { at: 90m, logoff: anna, on: PC-1 }
  - { at: 100m, logon: bob, on: PC-1 }
  - { at: 3h, logoff: bob, on: PC-1 }
)";

using Lines = std::vector<std::string>;

TEST(Ideal, EveryoneMayBeWhereTheySit) {
  Day day(kDay);
  EXPECT_EQ(day.at(5min).coverage.seats, 0U);
  const Told right = day.at(30min);
  EXPECT_EQ(right.differences, Lines{});
  EXPECT_EQ(right.coverage.seats, 2U);
  EXPECT_EQ(right.coverage.mapped, 2U);
}

TEST(Ideal, AnEndedMappingIsMissedUntilTheNextHeartbeat) {
  Day day(kDay);
  EXPECT_EQ(day.at(60min).differences, Lines{"10.0.0.1 wants CORP\\anna holds nobody: ended"});
  EXPECT_EQ(day.at(70min).differences, Lines{"10.0.1.1 wants bob holds nobody: ended"});
}

TEST(Ideal, WhoLeftLingers) {
  Day day(kDay);
  const Told told = day.at(95min);
  EXPECT_EQ(told.differences, Lines{"10.0.0.1 holds CORP\\anna: gone"});
  EXPECT_EQ(told.coverage.gone, 1U);
}

TEST(Ideal, WhatTheProfileMakesOfANameIsMisread) {
  Day day(kDay, "traps-kb");
  const Told told = day.at(30min);
  EXPECT_EQ(told.differences, Lines{"10.0.0.1 wants CORP\\anna holds CORP: misread"});
  EXPECT_EQ(told.coverage.misread, 1U);
}

// Every change, from the tables of every second: a different way to the same list.
TEST(Timeline, IsWhatTablesOfEverySecondShow) {
  Day day(kDay);
  const ProfileSet& profiles = day.profiles();
  for (const SimTime maximum : {kNever, SimTime{50min}}) {
    TruthOptions options;
    options.epoch = day.played().epoch();
    options.maximum_timeout = maximum;
    std::vector<SimTime> moments;
    for (SimTime at{0}; at <= 4h; at += 1s) moments.push_back(at);
    Lines expected;
    std::map<IpAddress, std::string> before;
    truth(day.played().plan(), day.played().templates(), profiles, options, moments,
          [&](const TruthAt& table) {
            std::map<IpAddress, std::string> now;
            for (const Mapping& m : table.mappings) now[m.address] = m.user;
            for (const auto& [address, user] : before) {
              if (now.contains(address)) continue;
              expected.push_back(
                  fmt::format("{}s {} ended {}", table.at / 1s, address.to_string(), user));
            }
            for (const auto& [address, user] : now) {
              const auto was = before.find(address);
              if (was != before.end() && was->second == user) continue;
              expected.push_back(fmt::format("{}s {} {} {}{}", table.at / 1s, address.to_string(),
                                             was == before.end() ? "mapped" : "changed", user,
                                             was == before.end() ? "" : " for " + was->second));
            }
            before = now;
          });
    EXPECT_EQ(day.changes(4h, options), expected);
    EXPECT_GT(expected.size(), 8U);
  }
}

TEST(Seats, FollowLogonsLogoffsSleepAndWhoIsBehind) {
  Day day(R"(
length: 2h
users:
  anna: { name: anna }
  bob: { name: bob }
endpoints:
  one: { count: 1, host: PC-1, pool: 10.0.0.0/30, heartbeat: 60m }
steps:
  - { at: 10m, logon: anna, on: PC-1 }
  - { at: 20m, logon: bob, on: PC-1 }
  - { at: 30m, logoff: bob, on: PC-1 }
  - { at: 40m, sleep: PC-1 }
  - { at: 50m, wake: PC-1 }
  - { at: 60m, shutdown: PC-1 }
)");
  Seats seats(day.played().plan());
  const auto show = [&](SimTime at) {
    seats.advance(at);
    std::string out;
    seats.for_each(at, [&](const Seat& seat) {
      const UserRef ref = day.played().plan().user_ref(seat.user);
      out += day.played().plan().scenario().users[ref.group].name_of(ref.index);
      out += fmt::format(" {}{}", seat.behind, seat.awake ? "" : " asleep");
    });
    return out;
  };
  EXPECT_EQ(show(10min - 1ns), "");
  EXPECT_EQ(show(10min), "anna 0");
  EXPECT_EQ(show(25min), "bob 1");
  EXPECT_EQ(show(35min), "anna 0");
  EXPECT_EQ(show(45min), "anna 0 asleep");
  EXPECT_EQ(show(55min), "anna 0");
  EXPECT_EQ(show(2h), "");
}

}  // namespace
}  // namespace esm
