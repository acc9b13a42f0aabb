// Where a receiver holds somebody else than who is in front of an endpoint.
#pragma once

#include <vector>

#include "sender/check/check.h"

namespace esm {

// Adds return-unheard, logons-contested.
void check_sessions(const Plan& plan, const CheckOptions& options, std::vector<Warning>& warnings);

}  // namespace esm
