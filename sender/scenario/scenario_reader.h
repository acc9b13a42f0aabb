// YAML -> Scenario, with every mistake of the file reported at once.
#pragma once

#include <optional>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/scenario/scenario.h"

namespace esm {

inline constexpr std::size_t kScenarioBytesMax = 1 << 20;

// Nothing is returned when there were errors; warnings alone do not hinder. `settings` are for the
// scenario's parameters; those that are not set have their defaults.
std::optional<Scenario> read_scenario(const SourceText& source,
                                      const std::vector<Setting>& settings,
                                      Diagnostics& diagnostics);
inline std::optional<Scenario> read_scenario(const SourceText& source, Diagnostics& diagnostics) {
  return read_scenario(source, {}, diagnostics);
}

}  // namespace esm
