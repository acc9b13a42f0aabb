// Warnings about a scenario at a receiver: what will go wrong there although the scenario is right.
#pragma once

#include <string>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/mapping/profile.h"
#include "sender/message/template.h"
#include "sender/scenario/plan.h"

namespace esm {

struct Warning {
  std::string code;                  // "user-misread": stable, for scripts
  std::string problem;               // one sentence with numbers
  std::vector<std::string> samples;  // "CORP\jdoe is read as CORP"; all of them
  std::string hint;
};

struct CheckOptions {
  UtcTime epoch{};
  SimTime mapping_timeout = std::chrono::minutes{45};
  std::size_t message_bytes_max = 8000;  // the receiver's limit
  std::optional<Speed> speed;
};

// Renders one message of every user and endpoint and reads it with the profile.
std::vector<Warning> check_at_receiver(const Plan& plan, const Template& message,
                                       const Profile& profile, const CheckOptions& options);

}  // namespace esm
