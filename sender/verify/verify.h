// Compares what a receiver got or learnt with what it should have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <limits>
#include <optional>
#include <span>

#include "sender/mapping/server_monitor.h"
#include "sender/mapping/table_rows.h"
#include "sender/mapping/truth.h"
#include "sender/report/run_record.h"
#include "sender/verify/received_form.h"
#include "sender/verify/verdict.h"

namespace esm {

struct VerifyInput {
  const Plan& plan;
  Templates templates;
  UtcTime epoch{};
  Shard shard;                        // a record's own shard; verify of a whole plan takes {0, 1}
  const RunRecord* record = nullptr;  // may be null: then all of the plan was sent
  std::size_t findings_max = 20;
  // Index into record->targets: what this receiver was sent. None, where the record distributes its
  // messages over them: what all of these receivers together were sent.
  std::optional<std::uint32_t> target = 0;

  // Of verify_received: the longest line the receiver takes. Whether what a deliberate fault has
  // made longer is there, whole or cut, is all the same.
  std::size_t message_bytes_max = std::numeric_limits<std::size_t>::max();

  // Of verify_mappings. How far the moment the table was taken may lie from `at`, either way, in
  // real time: mappings that were made or ended in between are accepted either way.
  SimTime at_tolerance = std::chrono::seconds{1};
  // The receiver's timeout by its own clock. Given, the remaining seconds of the table or its times
  // of expiry are compared too, within at_tolerance and a second for rounding, unless that is not
  // wanted.
  std::optional<SimTime> receiver_timeout = std::nullopt;
  bool compare_remaining = true;
  // What the receiver stored of the same run, in `form`: read to its end, once, to tell whether the
  // message of a wrong mapping came. May be null: then that is not told.
  std::istream* received_lines = nullptr;

  // Of verify_received, and of received_lines.
  ReceivedForm form = {};
  // How many expected lines wait at one time for theirs; none: as many as suit the fleet. What
  // comes later or earlier than that is found all the same, but costs memory.
  std::optional<std::size_t> window = std::nullopt;
};

// `received` is read once, line by line (LF or CRLF; the bytes between are the message, so an empty
// line is one), and again where it can be and that is needed to show a line. Memory grows with the
// endpoints, with what is wrong and with what is far out of place, not with the messages. Equal
// lines are counted. The order is counted too, by connection as the record tells them; without a
// record by ESM.
Verdict verify_received(const VerifyInput& input, std::istream& received);

// `at`: the moment, in simulated time, at which the table was taken. Expectations of the scenario
// up to then are evaluated too, against what was sent and not against the table.
//
// With a record of a run in real time the settle time is at least a second and the run's largest
// lateness, times its speed (design law 6).
Verdict verify_mappings(const VerifyInput& input, const ProfileSet& profiles,
                        const TruthOptions& options, std::span<const TableRow> table, SimTime at);

// What the receiver counted since `before`, which may be empty: then since it began. Each ESM is
// compared where all are among the counters by their addresses; else all together.
Verdict verify_counters(const VerifyInput& input, const ProfileSet& profiles,
                        std::span<const MonitorCounters> counters,
                        std::span<const MonitorCounters> before);

}  // namespace esm
