// `users:` of a scenario's file.
#pragma once

#include "sender/base/diagnostics.h"
#include "sender/base/yaml.h"
#include "sender/scenario/scenario.h"
#include "sender/scenario/scenario_files.h"

namespace esm {

// Adds the groups to `scenario`, each with usable values where something is wrong.
void read_users(const YamlNode& node, LoadedFiles& files, Scenario& scenario,
                Diagnostics& diagnostics);

}  // namespace esm
