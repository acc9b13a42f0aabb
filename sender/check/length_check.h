// Messages that the receiver cuts or throws away because they are too long.
#pragma once

#include <vector>

#include "sender/check/check.h"

namespace esm {

void check_lengths(const Plan& plan, const Templates& templates, const CheckOptions& options,
                   std::vector<Warning>& warnings);

}  // namespace esm
