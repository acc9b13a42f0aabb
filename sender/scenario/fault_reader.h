// `faults` of a scenario's file, and `fault` of its steps.
#pragma once

#include <cstdint>
#include <optional>

#include "sender/base/diagnostics.h"
#include "sender/base/yaml.h"
#include "sender/scenario/scenario.h"

namespace esm {

// After the endpoints, before the steps.
void read_faults(const YamlNode& node, Scenario& scenario, Diagnostics& diagnostics);

// A step's: a kind, or a mapping. Put into scenario.faults, where an equal one of another step
// serves both; its number from 1, or none where it is wrong, which is reported.
std::optional<std::uint8_t> read_fault_of_step(const YamlNode& node, Scenario& scenario,
                                               Diagnostics& diagnostics);

}  // namespace esm
