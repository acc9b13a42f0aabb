#include "sender/scenario/outage.h"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/scenario/scenarios.h"

namespace esm {
namespace {

using namespace std::chrono_literals;

const Outages kTwo = {{10min, 20min, 2min, {}}, {32min, 1ns, 7ns, {}}};

TEST(Outage, WhatWaitsLeavesInProportionOnceItIsOver) {
  EXPECT_EQ(leaves_at(kTwo, 10min - 1ns), 10min - 1ns);
  EXPECT_EQ(leaves_at(kTwo, 10min), 30min);
  EXPECT_EQ(leaves_at(kTwo, 21min), 31min);  // half of what waits is before it
  EXPECT_EQ(leaves_at(kTwo, 31min),
            30min + SimTime{2min} * 21 / 22);  // new, and behind what waited
  EXPECT_EQ(leaves_at(kTwo, 32min - 1ns), 32min - 1ns);
  EXPECT_EQ(leaves_at(kTwo, 32min), 32min + 1ns);
  EXPECT_EQ(leaves_at(kTwo, 33min), 33min);
  EXPECT_EQ(leaves_at(kTwo, kNever), kNever);
  EXPECT_EQ(leaves_at({}, 10min), 10min);
}

TEST(Outage, NothingOvertakesAndTheFirstToLeaveIsFound) {
  const Outages outages = {{13ns, 20ns, 7ns, {}}, {40ns, 1ns, 100ns, {}}};
  for (SimTime ready{0}; ready < 200ns; ready += 1ns) {
    EXPECT_LE(leaves_at(outages, ready), leaves_at(outages, ready + 1ns)) << ready.count();
    EXPECT_GE(leaves_at(outages, ready), ready) << ready.count();
  }
  for (SimTime leaves{0}; leaves < 200ns; leaves += 1ns) {
    SimTime first{0};
    while (leaves_at(outages, first) < leaves) first += 1ns;
    EXPECT_EQ(ready_before(outages, leaves), first) << leaves.count();
  }
}

TEST(Outage, TellsOfWhoWasThereWhenItWasReady) {
  const Plan plan(
      test::scenario_of("length: 1h\n"
                        "esm: [ { name: m, address: 192.0.2.1, outages: [ { at: 10m, for: 10m, "
                        "flush: 10m } ] } ]\n"
                        "users:\n  ann: { name: ann }\n  bob: { name: bob }\n"
                        "endpoints:\n  e: { host: e, pool: 10.0.0.0/24, lease: 4m, heartbeat: 99d "
                        "}\n"
                        "steps:\n  - { at: 11m, logon: ann, on: e }\n"
                        "  - { at: 12m, logoff: ann }\n  - { at: 15m, logon: bob, on: e }\n"),
      1);
  const std::vector<Event> events = test::events_of(plan);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].due, 20min + 30s);
  EXPECT_EQ(events[0].user, 0U);
  EXPECT_EQ(events[1].due, 22min + 30s);
  EXPECT_EQ(events[1].user, 1U);
  // And of where: leases have changed since.
  EXPECT_EQ(plan.address(events[0]), plan.address(0, 0, 11min));
  EXPECT_NE(plan.address(events[0]), plan.address(0, 0, events[0].due));
  EXPECT_EQ(plan.address(events[1]), plan.address(0, 0, 15min));
}

}  // namespace
}  // namespace esm
