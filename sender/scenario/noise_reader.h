// `noise` of a scenario's file: what agents send beside their heartbeats.
#pragma once

#include "sender/base/diagnostics.h"
#include "sender/base/yaml.h"
#include "sender/scenario/scenario.h"

namespace esm {

// After the length and the endpoints.
void read_noise(const YamlNode& node, Scenario& scenario, Diagnostics& diagnostics);

}  // namespace esm
