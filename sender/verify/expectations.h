// The scenario's own `expect` steps, evaluated against what was sent.
#pragma once

#include "sender/verify/verify.h"

namespace esm {

// Steps up to and at `until`; counts and findings go into `verdict`. A message that may or may not
// have been received is accepted either way.
void check_expectations(const VerifyInput& input, const ProfileSet& profiles,
                        const TruthOptions& options, SimTime until, Verdict& verdict);

}  // namespace esm
