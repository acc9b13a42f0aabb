// What `truth` can show of a receiver's table beside the table itself.
#pragma once

#include <span>

#include "sender/base/time.h"
#include "sender/cli/inputs.h"
#include "sender/cli/rows.h"
#include "sender/mapping/truth.h"

namespace esm {

struct TruthShown {
  const Inputs& inputs;
  const ProfileSet& profiles;
  const TruthOptions& options;
  Rows::Form form{};
  KeepMessage keep = {};  // of the table and its changes; empty: the receiver gets everything
};

// Every change of the table within the window.
void show_timeline(const TruthShown& what, const Window& window, Output& out);
// Who sits where, whatever messages say of it.
void show_ideal(const TruthShown& what, std::span<const SimTime> moments, Output& out);
// Where the receiver holds not that, and why.
void show_difference(const TruthShown& what, std::span<const SimTime> moments, Output& out);
// How many of those who are logged on are mapped where they sit: every `step` of the window, and at
// its end.
void show_coverage(const TruthShown& what, const Window& window, SimTime step, Output& out);
// A step of round length that gives at most about 60 rows.
SimTime coverage_step(const Window& window);

}  // namespace esm
