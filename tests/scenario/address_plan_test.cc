#include "sender/scenario/address_plan.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/scenario/plan.h"

#include "tests/scenario/scenarios.h"

namespace esm::test {
namespace {

using namespace std::chrono_literals;

Plan leased(std::uint32_t count, const std::string& pool, const std::string& lease,
            std::uint64_t seed) {
  return Plan(
      scenario_of(fmt::format("length: 2d\nusers:\n  u: {{ name: u }}\nendpoints:\n"
                              "  e: {{ count: {}, host: \"e{{}}\", pool: {}, lease: {} }}\n",
                              count, pool, lease)),
      seed);
}

// The moments around which leases change, and some between.
std::vector<SimTime> moments(const Plan& plan, std::uint32_t endpoint, SimTime lease) {
  std::vector<SimTime> times;
  for (SimTime at{0}; at < plan.scenario().length; at += lease / 3) {
    const std::uint64_t before = plan.addresses().lease({0, endpoint}, 0, at);
    const std::uint64_t after = plan.addresses().lease({0, endpoint}, 0, at + lease / 3);
    if (before == after) continue;
    SimTime low = at, high = at + lease / 3;  // the change is in (low, high]
    while (high - low > 1ns) {
      const SimTime middle = low + (high - low) / 2;
      (plan.addresses().lease({0, endpoint}, 0, middle) == before ? low : high) = middle;
    }
    times.insert(times.end(), {low, high});
  }
  return times;
}

TEST(AddressPlan, NoAddressHoldsTwoEndpointsAtAMoment) {
  for (const std::uint64_t seed : {1ULL, 2ULL, 3ULL}) {
    const Plan plan = leased(30, "[10.0.0.0/27, 10.0.1.0/27]", "4h", seed);
    for (std::uint32_t endpoint = 0; endpoint < plan.endpoint_count(); endpoint += 7) {
      const std::vector<SimTime> times = moments(plan, endpoint, 4h);
      EXPECT_GE(times.size(), 22U);
      for (const SimTime at : times) {
        std::set<std::string> held;
        for (std::uint32_t e = 0; e < plan.endpoint_count(); ++e) {
          const std::string address = plan.address(e, 0, at).to_string();
          EXPECT_TRUE(held.insert(address).second) << address << " at " << at.count();
        }
      }
    }
  }
}

TEST(AddressPlan, EveryLeaseIsAnotherAddressAndAddressesGoOnToOthers) {
  const Plan plan = leased(100, "10.0.0.0/24", "1h", 5);
  std::map<std::string, std::set<std::uint32_t>> holders;
  for (std::uint32_t e = 0; e < plan.endpoint_count(); ++e) {
    std::string before;
    std::uint64_t number = 0;
    for (SimTime at{0}; at < 12h; at += 10min) {
      const std::uint64_t lease = plan.addresses().lease({0, e}, 0, at);
      const std::string address = plan.address(e, 0, at).to_string();
      holders[address].insert(e);
      if (!before.empty()) {
        EXPECT_EQ(address == before, lease == number) << e << " " << at.count();
      }
      before = address;
      number = lease;
    }
    EXPECT_GE(number, 11U);
    EXPECT_LE(number, 12U);
  }
  const auto reused = std::count_if(holders.begin(), holders.end(),
                                    [](const auto& entry) { return entry.second.size() > 2; });
  EXPECT_GT(reused, 150);
}

TEST(AddressPlan, MoreEndpointsOrAnotherGroupChangeNobodysAddress) {
  const std::string one =
      "length: 1d\nusers:\n  u: { name: u }\nendpoints:\n"
      "  e: { count: 50, host: \"e{}\", pool: 10.0.0.0/24, lease: 1h, sites: { vpn: { pool: "
      "10.1.0.0/24, lease: 2h } } }\n";
  std::string more = one;
  more.replace(more.find("count: 50"), 9, "count: 60");
  more.insert(more.find("  e: {"), "  a: { count: 9, host: \"a{}\", pool: 10.9.0.0/24 }\n");
  const Plan before(scenario_of(one), 4);
  const Plan after(scenario_of(more), 4);
  for (std::uint32_t e = 0; e < 50; ++e) {
    for (SimTime at{0}; at < 24h; at += 37min) {
      for (const std::uint8_t site : {std::uint8_t{0}, std::uint8_t{1}}) {
        EXPECT_EQ(before.address(e, site, at), after.address(e + 9, site, at));
      }
    }
  }
}

TEST(AddressPlan, APoolMayHaveRangesBesideNetworks) {
  const Plan plan(
      scenario_of("length: 1h\nusers:\n  u: { name: u }\nendpoints:\n"
                  "  e: { count: 7, host: \"e{}\", pool: [10.0.0.254-10.0.1.1, 10.1.0.0/31, "
                  "2001:db8::9-2001:db8::9] }\nsteps:\n"
                  "  - { at: 1m, logon: u, on: 10.0.1.1 }\n"
                  "  - { at: 2m, logon: u, on: \"2001:db8::9\" }\n"),
      1);
  std::vector<std::string> addresses;
  for (std::uint32_t e = 0; e < 7; ++e) {
    addresses.push_back(plan.address(e, 0, SimTime{0}).to_string());
  }
  EXPECT_EQ(addresses, (std::vector<std::string>{"10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1",
                                                 "10.1.0.0", "10.1.0.1", "2001:db8::9"}));
  EXPECT_EQ(std::get<LogonStep>(plan.scenario().steps[0].what).endpoint.index, 3U);
  EXPECT_EQ(std::get<LogonStep>(plan.scenario().steps[1].what).endpoint.index, 6U);
}

TEST(AddressPlan, AStableSiteKeepsItsAddresses) {
  const Plan plan(scenario_of("length: 1d\nusers:\n  u: { name: u }\nendpoints:\n"
                              "  e: { count: 300, host: \"e{}\", pool: [10.0.0.0/25, 10.0.1.0/24],"
                              " sites: { vpn: \"2001:db8::/64\" } }\n"),
                  1);
  EXPECT_EQ(plan.address(0, 0, 0h).to_string(), "10.0.0.1");
  EXPECT_EQ(plan.address(125, 0, 9h).to_string(), "10.0.0.126");
  EXPECT_EQ(plan.address(126, 0, 9h).to_string(), "10.0.1.1");
  EXPECT_EQ(plan.address(0, 1, 3h).to_string(), "2001:db8::1");
  EXPECT_EQ(plan.address(299, 1, 5h).to_string(), "2001:db8::12c");
}

// Whatever lives the endpoints lead: what a message says is the address of nobody else then.
TEST(AddressPlan, NoTwoEventsOfOneMomentShareAnAddress) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const std::string text = random_lives(seed);
    SCOPED_TRACE(fmt::format("random_lives({}):\n{}", seed, text));
    const Plan plan(scenario_of(text), seed);
    std::size_t n = 0;
    for (const Event& event : events_of(plan)) {
      EXPECT_EQ(plan.site_at(event.endpoint, event.due), event.site);
      if (++n % 16 != 0) continue;
      std::set<std::string> held;
      for (std::uint32_t e = 0; e < plan.endpoint_count(); ++e) {
        EXPECT_TRUE(
            held.insert(plan.address(e, plan.site_at(e, event.due), event.due).to_string()).second);
      }
    }
  }
}

TEST(AddressPlan, SecondAddressesAreSaidByTheirShareAndAtHomeOnly) {
  const Plan plan(
      test::scenario_of("length: 20h\nusers:\n  u: { count: 50, name: \"u{}\" }\n"
                        "endpoints:\n  e: { count: 50, host: \"e{}\", pool: 10.0.0.0/24, "
                        "second-pool: [2001:db8::/123, 2001:db8:1::/64], second-share: 30%, "
                        "heartbeat: 10m, sites: { vpn: 10.1.0.0/24 } }\n"
                        "activity:\n  - { logon: u, on: e, at: 0m, curve: at-once }\n"
                        "  - { roam: e, to: vpn, at: 10h, curve: at-once }\n"),
      7);
  std::size_t at_home = 0, second = 0;
  for (const Event& event : test::events_of(plan)) {
    const IpAddress address = plan.address(event);
    const bool away = event.due >= std::chrono::hours{10};
    if (!away) ++at_home;
    if (!address.is_v6()) continue;
    ++second;
    EXPECT_FALSE(away);
    EXPECT_EQ(address, plan.second_address(event.endpoint));
  }
  EXPECT_NEAR(static_cast<double>(second) / static_cast<double>(at_home), 0.3, 0.02);
  EXPECT_EQ(plan.second_address(0).to_string(), "2001:db8::1");
  EXPECT_EQ(plan.second_address(49).to_string().substr(0, 12), "2001:db8:1::");
}

}  // namespace
}  // namespace esm::test
