// The templates that a scenario names beside its `message`, as Event::message counts them from 1:
// those of its noise, then those of logoffs.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

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

// The messages that may have fault `number`, from 1, as Event::message counts them: the scenario's,
// and those of logoffs.
inline std::vector<std::uint8_t> messages_with_fault(const Scenario& scenario, std::size_t number) {
  std::vector<std::uint8_t> messages;
  const auto add = [&](std::size_t message) {
    const auto one = static_cast<std::uint8_t>(message);
    if (std::find(messages.begin(), messages.end(), one) == messages.end()) messages.push_back(one);
  };
  const auto add_logoff = [&](const EndpointGroup& group) {
    if (group.logoff > 0) add(scenario.noise.size() + group.logoff);
  };
  if (const Fault& fault = scenario.faults[number - 1]; fault.endpoints != kNoGroup) {
    add(0);
    add_logoff(scenario.endpoints[fault.endpoints]);
    return messages;
  }
  for (const Step& step : scenario.steps) {
    if (step.fault != number) continue;
    const auto* const logoff = std::get_if<LogoffStep>(&step.what);
    if (logoff == nullptr) {
      add(0);
    } else if (logoff->endpoint) {
      add_logoff(scenario.endpoints[logoff->endpoint->group]);
    } else {
      for (const EndpointGroup& group : scenario.endpoints) add_logoff(group);
    }
  }
  return messages;
}

}  // namespace esm
