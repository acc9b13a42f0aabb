// `curve` and `within` of an activity: a curve's name, or a table of how many have come by when, in
// the scenario or in a CSV file.
#pragma once

#include "sender/base/diagnostics.h"
#include "sender/base/yaml.h"
#include "sender/scenario/scenario.h"
#include "sender/scenario/scenario_files.h"

namespace esm {

// False where something is wrong, which is reported: in the file, where it stands there.
bool read_curve(YamlMap& map, LoadedFiles& files, Activity& activity, Diagnostics& diagnostics);

}  // namespace esm
