// Named people on named machines, and what the receiver must hold: the list `steps` of a scenario.
#pragma once

#include "sender/base/diagnostics.h"
#include "sender/base/yaml.h"
#include "sender/scenario/scenario.h"

namespace esm {

// Reads into scenario.steps, sorted by time; users and endpoints have been read.
void read_steps(const YamlNode& node, Scenario& scenario, Diagnostics& diagnostics);

}  // namespace esm
