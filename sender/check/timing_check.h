// What a receiver's timeout does to mappings that are known by heartbeats alone.
#pragma once

#include <vector>

#include "sender/check/check.h"

namespace esm {

// Adds heartbeat-longer-than-timeout, heartbeat-near-timeout, maximum-timeout-unmaps,
// speed-hides-timeouts, speed-hastens-timeouts.
void check_timing(const Plan& plan, const CheckOptions& options, std::vector<Warning>& warnings);

}  // namespace esm
