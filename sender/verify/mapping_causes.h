// Why an address shows what it must not, or not what it must: which message should have made it,
// and what became of that.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "sender/verify/verify.h"

namespace esm {

struct WrongMapping {
  IpAddress address;
  Finding finding;                 // its reason is still empty
  std::optional<SimTime> expires;  // of what should be there
  std::string from;                // what taught the row that is there: SYSLOG, AD …
};

// Goes through the schedule once more. Extra rows that were right and should have ended become
// lingering ones. Only the first input.findings_max get a reason.
void explain_mappings(const VerifyInput& input, const ProfileSet& profiles,
                      const TruthOptions& options, SimTime at, std::span<WrongMapping> wrong);

}  // namespace esm
