// What the profiles make of deliberate faults, against the verdicts that the scenario declares.
#pragma once

#include <vector>

#include "sender/check/check.h"

namespace esm {

void check_fault_readings(const Plan& plan, const Templates& templates,
                          const std::vector<Profile>& profiles, const CheckOptions& options,
                          std::vector<Warning>& warnings);

}  // namespace esm
