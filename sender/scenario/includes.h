// `include:` of a scenario: groups, activity, steps and the like from other files of its folder.
#pragma once

#include "sender/base/diagnostics.h"
#include "sender/base/yaml.h"
#include "sender/scenario/scenario_files.h"

namespace esm {

// Puts what the files hold that `root` includes (and those that they include) before what `root`
// itself says: entries of mappings and items of lists, in the order of the files. A file that is
// included twice counts once. False, with the mistakes reported, where a file cannot be had, makes
// a circle, or holds what is there already or what cannot come from a file.
bool merge_includes(YamlNode& root, LoadedFiles& files, Diagnostics& diagnostics);

}  // namespace esm
