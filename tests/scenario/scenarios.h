// Scenarios for tests: the shipped ones, texts, and random small ones.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "sender/scenario/event.h"
#include "sender/scenario/plan.h"

namespace esm {

// How GoogleTest shows an event.
void PrintTo(const Event& event, std::ostream* out);

}  // namespace esm

namespace esm::test {

// Names of the files in scenarios/, without ".yaml", in order.
std::vector<std::string> shipped_names();
std::string shipped_text(const std::string& name);

// The scenario in `text`, which is right: an error fails the test with its words.
Scenario scenario_of(const std::string& text);

// A valid scenario with a few groups, curves, clocks and steps, as YAML: short periods, so that
// beats, logons and steps often fall on the same moment.
std::string random_scenario(std::uint64_t seed);
// The same with lives: several users, sites, leases, sleep and crashes, curves and lengths.
std::string random_lives(std::uint64_t seed);

// One of those two with one to three ESMs that cannot send now and then.
std::string random_outages(std::uint64_t seed);

// Days on which clocks change, and what comes again every day or two.
std::string random_days(std::uint64_t seed);

// random_lives or random_outages with messages broken on purpose, by share and by step.
std::string random_faults(std::uint64_t seed);

// What `esm-sender load` makes, of any rate, size and length; at some everybody logs on a little
// later.
std::string random_load(std::uint64_t seed);

// All of them, asked for `chunk` at a time.
std::vector<Event> events_of(const Plan& plan, Shard shard = {}, SimTime since = SimTime{0},
                             std::size_t chunk = 61);

}  // namespace esm::test
