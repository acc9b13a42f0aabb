// YAML -> Scenario, with every mistake of the file reported at once.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "sender/base/diagnostics.h"
#include "sender/scenario/scenario.h"

namespace esm {

inline constexpr std::size_t kScenarioBytesMax = 1 << 20;

// Nothing is returned when there were errors; warnings alone do not hinder.
std::optional<Scenario> read_scenario(const SourceText& source, Diagnostics& diagnostics);

}  // namespace esm
