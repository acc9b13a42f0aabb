// Warnings about a scenario at a receiver: what will go wrong there although the scenario is right.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/mapping/profile.h"
#include "sender/message/template.h"
#include "sender/scenario/plan.h"

namespace esm {

struct Warning {
  std::string code;                  // stable, for scripts; README.md lists them all
  std::string problem;               // one sentence with numbers
  std::vector<std::string> samples;  // "CORP\jdoe is read as CORP"; all of them
  std::string hint;                  // what to do; may be empty
};

struct CheckOptions {
  UtcTime epoch{};
  SimTime mapping_timeout = std::chrono::minutes{45};  // by the receiver's own clock
  SimTime max_mapping_timeout = kNever;                // likewise
  std::size_t message_bytes_max = 8000;                // the receiver's limit
  // At which the scenario is to be played; none: not known.
  std::optional<Speed> speed = std::nullopt;
  // Of the plan's messages that are compared with each other: a load at full speed has no end.
  std::size_t messages_max = 2'000'000;
};

// Logins closer than this by the scenario's clock are contested (design law 6): a second of the
// receiver's.
SimTime settle_time(const Speed& speed);

// Renders a message for every user at every endpoint where they log on, and all noise, and reads
// them with the profiles; then compares the plan's messages. Of those in order messages_max are
// looked at. Warnings are in a fixed order: what is read wrongly first.
std::vector<Warning> check_at_receiver(const Plan& plan, const Templates& templates,
                                       const std::vector<Profile>& profiles,
                                       const CheckOptions& options);

}  // namespace esm
