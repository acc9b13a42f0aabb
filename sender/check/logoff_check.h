// Whether a receiver would hear of logoffs.
#pragma once

#include <vector>

#include "sender/check/check.h"

namespace esm {

// Adds logoff-unread.
void check_logoffs(const Plan& plan, const Templates& templates,
                   const std::vector<Profile>& profiles, const CheckOptions& options,
                   std::vector<Warning>& warnings);

}  // namespace esm
