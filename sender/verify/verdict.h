// What a comparison found, and how it is told: to people, to programs, to CI systems.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sender/base/time.h"

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
    kExpiredEarly,  // missing, because the receiver's timeout is shorter than expected
    kMappingExtra,
    kLingering,  // extra: it was right, and should have ended
    kWrongUser,
    kWrongRemaining,     // the remaining time is not what it must be
    kExpectationFailed,  // the scenario's own `expect`
    // Counters:
    kWrongCounter,
  } kind = Kind::kMissing;
  std::string subject;  // the line, or the address; bytes as they are, to be escaped for display
  std::string expected, found;
  std::string reason;       // where it can be told: "dropped here: too-late"
  std::uint64_t count = 1;  // how many messages or mappings it stands for
};
std::string_view name_of(Finding::Kind kind);
// As verdict_text shows it: a line, and its details indented.
std::string finding_text(const Finding& finding);

// Messages of one lane that are missing one after the other.
struct LostInterval {
  std::uint32_t lane = 0;             // index into the record's lanes; without a record an ESM's
  std::uint64_t first = 0, last = 0;  // their numbers within it
  SimTime first_due{}, last_due{};
  std::uint64_t messages = 0;  // those between that never left or are uncertain not counted
};

// What is wrong with one endpoint's messages.
struct EndpointVerdict {
  std::string host;
  std::uint64_t missing = 0, altered = 0, duplicated = 0;
  std::uint64_t reordered = 0;  // came behind a later one of it: no difference

  std::uint64_t wrong() const { return missing + altered + duplicated; }
};

struct ExpectationResult {
  std::string subject;  // "PC-00007 (10.20.0.7) at 36m"
  std::string expected;
  bool met = true;
};

struct Verdict {
  // Messages that must be there, or mappings, or counters. Of messages: expected = matched +
  // missing
  // + altered, but for altered ones that were uncertain.
  std::uint64_t expected = 0;
  std::uint64_t matched = 0;
  std::uint64_t missing = 0, duplicated = 0, altered = 0, invented = 0;
  std::uint64_t expired_early = 0;  // part of missing
  // Of mappings, where the received lines are known too: parts of missing that do not overlap.
  bool arrivals_known = false;
  std::uint64_t not_mapped = 0;    // a message that should have made it was received
  std::uint64_t not_received = 0;  // none was
  std::uint64_t extra = 0;
  std::uint64_t lingering = 0;  // part of extra
  std::uint64_t wrong_user = 0, wrong_remaining = 0;
  std::uint64_t wrong_counters = 0;
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
  std::vector<ExpectationResult> expectation_results;
  std::uint64_t received = 0;     // lines read, or rows
  std::uint64_t other_lines = 0;  // part of these: hold no message (the receiver's own words)
  // Received lines that came behind one that had left later in the same lane. No difference:
  // networks and receivers may change the order. Relaxed: the sender did so itself, by the record.
  enum class Order : std::uint8_t { kNotLookedAt, kOfConnections, kOfEsms, kRelaxed } order{};
  std::uint64_t out_of_order = 0;
  std::uint64_t out_of_order_line = 0;  // number of the first of them; 0: there is none
  // Received lines so far from their place that they were brought together at the end only.
  std::uint64_t displaced = 0;
  // Lines that came again, of messages that were sent again: no difference.
  std::uint64_t again = 0;

  std::vector<Finding> findings;     // at most `findings_max`, every kind represented
  std::uint64_t findings_total = 0;  // messages, mappings and expectations that are wrong
  std::vector<LostInterval> lost;    // the longest, in order of time
  std::uint64_t lost_total = 0;
  std::vector<EndpointVerdict> endpoints;  // the worst
  std::uint64_t endpoints_wrong = 0;
  // Part of findings_total: missing ones that are few enough to be tolerated.
  std::uint64_t tolerated = 0;
  // Strange lines beyond those that were compared with missing ones: they are counted as missing
  // and invented although they may be altered.
  std::uint64_t not_compared = 0;
  std::string trouble;  // why the comparison is not complete; empty: it is

  bool ok() const { return findings_total == tolerated && trouble.empty(); }
};

// All of the missing ones are tolerated if they are at most so many of the expected ones.
void tolerate_loss(Verdict& verdict, std::uint32_t parts_per_million);

// For people: findings, capped with "… and N more", then the sums and, last, "OK" or "MISMATCH".
// `what` is what was compared: "messages", "mappings".
std::string verdict_text(const Verdict& verdict, std::string_view what);

// For programs: a JSON object on one line; cli/README.md documents it.
std::string verdict_json(const Verdict& verdict);

// For CI systems: JUnit's XML, with a test suite for each verdict and a test case for each thing
// that may be wrong. `time`: when it was made.
struct NamedVerdict {
  std::string name;  // "received", "mappings", "counters"
  const Verdict& verdict;
};
std::string verdict_junit(std::span<const NamedVerdict> verdicts, UtcTime time);

}  // namespace esm
