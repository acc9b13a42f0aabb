// The files that a scenario names, where they lie: on disk in the scenario's own folder or below
// it, and nowhere else; compiled in, for a scenario that is shipped.
#pragma once

#include <memory>
#include <string_view>

#include "sender/scenario/scenario_files.h"

namespace esm {

// `scenario` as a person named it: a shipped one, a path, or "-": then files lie in the current
// folder.
std::unique_ptr<ScenarioFiles> files_beside(std::string_view scenario);

}  // namespace esm
