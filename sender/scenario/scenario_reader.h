// YAML -> Scenario, with every mistake of the file reported at once.
#pragma once

#include <optional>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/scenario/parameters.h"
#include "sender/scenario/scenario.h"
#include "sender/scenario/scenario_files.h"

namespace esm {

inline constexpr std::size_t kScenarioBytesMax = 1 << 20;

// What a scenario is read with besides its text.
struct ScenarioContext {
  // For the scenario's parameters; those that are not set have their defaults.
  std::vector<Setting> settings;
  // The files that it may name; null: none.
  ScenarioFiles* files = nullptr;
};

// Nothing is returned when there were errors; warnings alone do not hinder.
std::optional<Scenario> read_scenario(const SourceText& source, const ScenarioContext& context,
                                      Diagnostics& diagnostics);
inline std::optional<Scenario> read_scenario(const SourceText& source, Diagnostics& diagnostics) {
  return read_scenario(source, {}, diagnostics);
}

// The parameters that may be set, those of included files too; none where the file cannot be read.
std::vector<ParameterOffer> offered_parameters(const SourceText& source, ScenarioFiles* files);

}  // namespace esm
