// What whole groups do: the list `activity` of a scenario.
#pragma once

#include <string_view>

#include "sender/base/diagnostics.h"
#include "sender/base/yaml.h"
#include "sender/scenario/scenario.h"
#include "sender/scenario/scenario_files.h"

namespace esm {

// Reads into scenario.activities; users and endpoints have been read.
void read_activities(const YamlNode& node, LoadedFiles& files, Scenario& scenario,
                     Diagnostics& diagnostics);

// How each kind is called in a file: "logon".
std::string_view word_of(Activity::Kind kind);
// Whether users do it at a machine, and not a machine by itself.
bool is_of_users(Activity::Kind kind);
// The verb of an activity or a step: the one of the keys it has. `also` is one more that may stand
// for it (a step's `expect`), or null. The node is null where the verb is `also`, and where there
// is none or more than one, which is reported.
struct ReadVerb {
  const YamlNode* node = nullptr;
  Activity::Kind kind = Activity::Kind::kLogon;
};
ReadVerb read_verb(YamlMap& map, const YamlNode& item, std::string_view what, const char* also,
                   std::string hint, Diagnostics& diagnostics);

}  // namespace esm
