// The guard rail for private addresses: a load that somebody's network has not asked for is refused
// before anything is sent.
#pragma once

#include "sender/base/diagnostics.h"
#include "sender/cli/inputs.h"
#include "sender/engine/player.h"

namespace esm {

// Adds an error when a target's address is private and more than 1,000 messages are planned within
// one second of the run, wherever that second begins (in a closed loop: in all), unless
// --allow-rate was given. Names are resolved; one that cannot be is left to the transport.
void guard_rate(const Inputs& inputs, const PlayOptions& play, Diagnostics& diagnostics);

}  // namespace esm
