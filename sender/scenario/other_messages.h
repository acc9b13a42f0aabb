// The templates that a scenario names beside its `message`, as Event::message counts them from 1:
// those of its noise, then those of logoffs.
#pragma once

#include <cassert>
#include <cstddef>
#include <string_view>

#include "sender/base/diagnostics.h"
#include "sender/scenario/scenario.h"

namespace esm {

struct OtherMessage {
  std::string_view name;
  const Place& place;  // where the scenario names it
};

inline std::size_t other_message_count(const Scenario& scenario) {
  return scenario.noise.size() + scenario.logoffs.size();
}

// `number` from 1 to other_message_count().
inline OtherMessage other_message(const Scenario& scenario, std::size_t number) {
  assert(number >= 1 && number <= other_message_count(scenario));
  const std::size_t noise = scenario.noise.size();
  if (number <= noise) {
    const Noise& one = scenario.noise[number - 1];
    return {one.message, one.place};
  }
  const LogoffMessage& one = scenario.logoffs[number - noise - 1];
  return {one.message, one.place};
}

}  // namespace esm
