// Plays a plan against fake receivers, and recomputes from the run record alone what must have
// happened: the same that `verify` does.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sender/engine/player_seams.h"

#include "tests/support/fake_transport.h"
#include "tests/support/fleet.h"

namespace esm::test {

struct Played {
  PlayOutcome outcome;
  RunRecord record;
  std::vector<std::string> shown;  // "target: error: problem | hint" as on_message saw them
  std::vector<Progress> progress;
};

// Options for fake receivers at these targets, closed loop, with short times.
PlayOptions fake_options(const std::vector<std::string>& targets);

// `on_progress`, if set, is called as a person's is: about once a second, on the calling thread.
Played play_fake(FakeNetwork& network, const Plan& plan, const Templates& templates,
                 const PlayOptions& options,
                 const std::function<void(const Progress&)>& on_progress = {});

// Everything a run promises, as far as it can be checked against what the receivers took:
//  - books balance and equal the sums of the recomputed fates, lane by lane;
//  - what the record says was written arrived exactly once, what it says was not did not arrive;
//  - every connection got its messages in order;
//  - the digest is that of all messages that became due, each once.
// Returns what is wrong, one line each; empty if nothing is.
std::string wrong_with(const Played& played, const FakeNetwork& network, const Plan& plan,
                       const Templates& templates, const PlayOptions& options);

}  // namespace esm::test
