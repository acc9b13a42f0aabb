// The guard rails by classes of addresses: a load that somebody's network has not asked for is
// refused before anything is sent.
#pragma once

#include "sender/base/diagnostics.h"
#include "sender/cli/inputs.h"
#include "sender/engine/player.h"

namespace esm {

// Adds an error for each target all of whose addresses are public, multicast or broadcast, unless
// --allow-public names its host. Names are resolved; one that cannot be is left to the transport,
// which looks at the address that it really uses.
void guard_addresses(const PlayOptions& play, Diagnostics& diagnostics);

// Adds an error when a target's address is private and more than 1,000 messages are planned for it
// within one second of the run, wherever that second begins (in a closed loop: in all), unless
// --allow-rate was given. Where a name leads elsewhere for now, the transport is told not to follow
// it to a private address.
void guard_rate(const Inputs& inputs, PlayOptions& play, Diagnostics& diagnostics);

}  // namespace esm
