// Whether two messages of a plan are the same bytes: a receiver that loses one of them and doubles
// the other cannot be found out.
#pragma once

#include <vector>

#include "sender/check/check.h"

namespace esm {

// Adds lines-equal.
void check_lines(const Plan& plan, const Templates& templates, const CheckOptions& options,
                 std::vector<Warning>& warnings);

}  // namespace esm
