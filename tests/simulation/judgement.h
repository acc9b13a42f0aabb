// Holds a run's books and record to what the simulated network really took, message by message. It
// shares nothing with the engine but the plan and the rule that deals messages out to lanes.
#pragma once

#include <string>

#include "sender/engine/player.h"

#include "tests/simulation/simulated_network.h"

namespace esm::test {

// What is wrong, one line each; empty if nothing is.
std::string judge(const RunRecord& record, const SimulatedNetwork& network, const Plan& plan,
                  const Templates& templates, const PlayOptions& options);

}  // namespace esm::test
