// Compares what a receiver got or learnt with what it should have.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/mapping/table_rows.h"
#include "sender/mapping/truth.h"
#include "sender/report/run_record.h"

namespace esm {

struct Finding {
  enum class Kind : std::uint8_t {
    kRecordMismatch,  // the run record is not of these messages: nothing else here can be relied on
    // Received lines:
    kMissing,     // was sent, is not there
    kAltered,     // is there, but not as it was sent
    kDuplicated,  // is there more often than it was sent
    kInvented,    // is there and was never sent
    // Mapping tables:
    kMappingMissing,
    kMappingExtra,
    kWrongUser,
    kWrongRemaining,     // the remaining time is not what it must be
    kExpectationFailed,  // the scenario's own `expect`
  } kind = Kind::kMissing;
  std::string subject;  // the line, or the address; bytes as they are, to be escaped for display
  std::string expected, found;
  std::string reason;       // where it can be told: "dropped here: too-late"
  std::uint64_t count = 1;  // how many messages or mappings it stands for
};
std::string_view name_of(Finding::Kind kind);

struct Verdict {
  // Messages that must be there, or mappings. Of messages: expected = matched + missing + altered,
  // but for altered ones that were uncertain.
  std::uint64_t expected = 0;
  std::uint64_t matched = 0;
  std::uint64_t missing = 0, duplicated = 0, altered = 0, invented = 0;
  std::uint64_t wrong_user = 0, extra = 0, wrong_remaining = 0;
  std::uint64_t contested = 0;  // part of matched: either user was accepted
  // Of mappings: part of matched, the user in other letters (A for a).
  std::uint64_t other_letters = 0;
  // Of mappings: rows at addresses of which no message speaks, taught by other means than syslog.
  std::uint64_t from_elsewhere = 0;
  std::uint64_t not_sent = 0;  // ours: refused or dropped here, not blamed on the receiver
  // May or may not have been received, and were accepted either way. Of mappings: they depend on
  // such a message, or were about to be made or to end when the table was taken.
  std::uint64_t uncertain_missing = 0;
  std::uint64_t uncertain_received = 0;
  std::uint64_t uncertain_cut = 0;  // part of uncertain_received: only its first bytes are there
  std::uint64_t expectations = 0, expectations_failed = 0;
  std::uint64_t received = 0;  // lines read, or rows
  // Received lines that came behind one that had left later in the same lane. No difference:
  // networks and receivers may change the order. Relaxed: the sender did so itself, by the record.
  enum class Order : std::uint8_t { kNotLookedAt, kOfConnections, kOfEsms, kRelaxed } order{};
  std::uint64_t out_of_order = 0;
  std::uint64_t out_of_order_line = 0;  // number of the first of them; 0: there is none

  std::vector<Finding> findings;     // at most `findings_max`, every kind represented
  std::uint64_t findings_total = 0;  // messages, mappings and expectations that are wrong
  // Strange lines beyond those that were compared with missing ones: they are counted as missing
  // and invented although they may be altered.
  std::uint64_t not_compared = 0;
  std::string trouble;  // why the comparison is not complete; empty: it is

  bool ok() const { return findings_total == 0 && trouble.empty(); }
};

struct VerifyInput {
  const Plan& plan;
  Templates templates;
  UtcTime epoch{};
  Shard shard;                        // a record's own shard; verify of a whole plan takes {0, 1}
  const RunRecord* record = nullptr;  // may be null: then all of the plan was sent
  std::size_t findings_max = 20;
  std::uint32_t target = 0;  // index into record->targets: what this receiver was sent

  // Of verify_mappings. How far the moment the table was taken may lie from `at`, either way, in
  // real time: mappings that were made or ended in between are accepted either way.
  SimTime at_tolerance = std::chrono::seconds{1};
  // The receiver's timeout by its own clock. Given, the remaining seconds of the table are compared
  // or its times of expiry are compared too, within at_tolerance and a second for rounding.
  std::optional<SimTime> receiver_timeout = std::nullopt;
};

// `received` is read once, line by line (LF or CRLF; the bytes between are the message, so an empty
// line is one). Memory grows with the number of expected messages (32 bytes each), not with their
// length. Equal lines are counted. The order is counted too, by connection as the record tells
// them; without a record by ESM.
Verdict verify_received(const VerifyInput& input, std::istream& received);

// `at`: the moment, in simulated time, at which the table was taken. Expectations of the scenario
// up to then are evaluated too, against what was sent and not against the table.
//
// With a record of a run in real time the settle time is at least a second and the run's largest
// lateness, times its speed (design law 6).
Verdict verify_mappings(const VerifyInput& input, const ProfileSet& profiles,
                        const TruthOptions& options, std::span<const TableRow> table, SimTime at);

// For people: a finding a line with its details indented, capped with "… and N more", then the sums
// and, last, "OK" or "MISMATCH". `what` is what was compared: "messages", "mappings".
std::string verdict_text(const Verdict& verdict, std::string_view what);

// For programs: a JSON object on one line; cli/README.md documents it.
std::string verdict_json(const Verdict& verdict);

}  // namespace esm
