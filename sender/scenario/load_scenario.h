// `load` without a file: a scenario of one group of users on one group of endpoints at a rate. It
// goes through the same YAML as a file (`--print-scenario` shows it), so every other verb
// understands it.
#pragma once

#include <optional>
#include <string>

#include "sender/base/time.h"
#include "sender/base/units.h"

namespace esm {

inline constexpr SimTime kLoadDuration = std::chrono::seconds{10};

struct LoadOptions {
  std::optional<Rate> rate;         // none: as fast as the target takes it
  std::optional<SimTime> duration;  // one of duration and count, both, or neither: kLoadDuration
  std::optional<std::uint64_t> count;
  SimTime ramp{};  // with a rate: it rises evenly from nothing over so long, at most kRampMax
  std::uint32_t endpoints = 1000;
  std::string message = "traps-leef-load";  // a heartbeat with a sequence marker
  std::optional<std::uint32_t> esms;        // how many ESMs to spread over
};

// With no rate the plan's own times are those of 1,000,000 messages a second and the run plays them
// at --speed max.
std::string make_load_scenario(const LoadOptions& options);

}  // namespace esm
