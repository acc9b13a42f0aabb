// What a receiver would make of the lines that are no heartbeats: best nothing.
#pragma once

#include <vector>

#include "sender/check/check.h"

namespace esm {

// Adds noise-misread, noise-read and, of noise, message-too-long.
void check_noise(const Plan& plan, const Templates& templates, const std::vector<Profile>& profiles,
                 const CheckOptions& options, std::vector<Warning>& warnings);

}  // namespace esm
