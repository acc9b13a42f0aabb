// The events of a scenario, worked out a second time: from scenarios/README.md, one endpoint after
// the other, one beat after the other, with no regard to speed. Shares nothing with
// sender/scenario/ but the plain values a scenario consists of, the tables and the permutation.
#pragma once

#include <cstdint>
#include <vector>

#include "sender/scenario/event.h"
#include "sender/scenario/scenario.h"

namespace esm::test {

std::vector<Event> slow_events(const Scenario& scenario, std::uint64_t seed);

}  // namespace esm::test
