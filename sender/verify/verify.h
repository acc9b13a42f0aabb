// Compares what a receiver got or learnt with what it should have.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/mapping/panos_text.h"
#include "sender/mapping/truth.h"
#include "sender/report/run_record.h"

namespace esm {

// What became of each message of the recomputed schedule, from a run record: certain to have left,
// certain not to have, or uncertain. Without a record every message of the plan is kSent.
enum class Sent : std::uint8_t { kSent, kNotSent, kUncertain };

struct Finding {
  enum class Kind : std::uint8_t {
    kMissing,
    kDuplicated,
    kAltered,
    kInvented,  // received lines
    kMappingMissing,
    kMappingExtra,
    kWrongUser,          // mapping tables
    kExpectationFailed,  // the scenario's own `expect`
  } kind = Kind::kMissing;
  std::string subject;  // the line, or the address
  std::string expected, found;
  std::string reason;  // where it can be told: "dropped here: too-late"
};
std::string_view name_of(Finding::Kind kind);

struct Verdict {
  std::uint64_t expected = 0;  // messages, or mappings
  std::uint64_t matched = 0;
  std::uint64_t missing = 0, duplicated = 0, altered = 0, invented = 0;
  std::uint64_t wrong_user = 0, extra = 0;
  std::uint64_t contested = 0;          // either user accepted
  std::uint64_t not_sent = 0;           // ours: refused or dropped here, not blamed on the receiver
  std::uint64_t uncertain_missing = 0;  // may or may not have been received: accepted either way
  std::uint64_t uncertain_received = 0;
  std::uint64_t expectations = 0, expectations_failed = 0;
  std::vector<Finding> findings;  // the first `findings_max`
  std::uint64_t findings_total = 0;

  bool ok() const { return findings_total == 0; }
};

struct VerifyInput {
  const Plan& plan;
  const Template& message;
  UtcTime epoch{};
  Shard shard;                        // a record's own shard; verify of a whole plan takes {0, 1}
  const RunRecord* record = nullptr;  // may be null
  std::size_t findings_max = 20;
};

// `received` is read line by line (LF or CRLF); memory grows with the number of expected messages
// (32 bytes each), not with their length.
Verdict verify_received(const VerifyInput& input, std::istream& received);

// `at`: the moment, in simulated time, at which the table was taken.
Verdict verify_mappings(const VerifyInput& input, const ProfileReader& profile,
                        const TruthOptions& options, std::span<const TableRow> table, SimTime at);

}  // namespace esm
