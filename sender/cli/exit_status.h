// Why the program ended, for scripts. The first that applies wins.
#pragma once

namespace esm {

enum ExitStatus : int {
  kAllWell = 0,
  kUnexpected = 1,       // a defect of ours, or a system that fails in ways nobody foresaw
  kUsage = 2,            // options, scenario, template, profile, run record or table invalid
  kTransportFailed = 3,  // a target could not be reached, or was lost in the run
  kRateNotReached = 4,   // messages were dropped because they were too late
  kThresholdFailed = 5,  // --fail-if
  kMismatch = 6,         // the receiver got or learnt something else
  kInterrupted = 130,    // SIGINT; 143 for SIGTERM
  kTerminated = 143,
};

}  // namespace esm
