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
  // Likewise: its first and its last login that are certain to have been sent.
  std::optional<SimTime> since, confirmed;
  // Of what should be there, where input.received_lines tells it.
  enum class Came : std::uint8_t { kUnknown, kReceived, kNotReceived } came{};
  std::string from;  // what taught the row that is there: SYSLOG, AD …
};

// Goes through the schedule once more, and, where they are known, through the received lines. Extra
// rows that were right and should have ended become lingering ones. Only the first
// input.findings_max get a reason.
void explain_mappings(const VerifyInput& input, const ProfileSet& profiles,
                      const TruthOptions& options, SimTime at, std::span<WrongMapping> wrong);

}  // namespace esm
