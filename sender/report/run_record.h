// All that is needed to recompute what was due, plus what did not go as planned: the JSON that
// `--report FILE.json` writes and `render`, `truth` and `verify` take with `--run`. README.md in
// this room documents every member; kRunRecordSchemaVersion changes when one changes its meaning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sender/base/books.h"
#include "sender/base/diagnostics.h"
#include "sender/base/time.h"
#include "sender/base/units.h"
#include "sender/report/distribution.h"
#include "sender/report/histogram.h"

namespace esm {

inline constexpr int kRunRecordSchemaVersion = 1;

// Messages `first` to `last` (both included) of one lane all ended this way. A lane counts its
// messages from 0 in schedule order, so (lane, number) names a message of the recomputed schedule.
struct FateInterval {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  // A written message is listed when it is uncertain: its connection did not end cleanly, and its
  // acknowledgement had not come.
  Fate fate = Fate::kWritten;
  Reason reason = Reason::kNone;
  int error = 0;  // errno, 0 = none

  friend bool operator==(const FateInterval&, const FateInterval&) = default;
};

// Messages `first` to `last` (both included) of one lane.
struct MessageInterval {
  std::uint64_t first = 0;
  std::uint64_t last = 0;

  friend bool operator==(const MessageInterval&, const MessageInterval&) = default;
};

// One sequence of messages in order: what one worker sent to one target through one ESM's
// connection.
struct LaneRecord {
  std::uint32_t worker = 0;  // shard part of the run's own shard
  std::uint32_t workers = 1;
  std::uint32_t target = 0;  // index into RunRecord::targets
  std::uint32_t esm = 0;     // only events of this ESM's endpoints …
  std::uint32_t connection =
      0;  // … whose endpoint's fleet index divided by (shards * workers), modulo
  std::uint32_t connections = 1;  // `connections`, is this
  std::uint64_t due = 0;  // messages numbered 0 to due-1 became due; the rest of the plan did not
  std::vector<FateInterval>
      exceptions;  // all others were written, and on streams drained or acknowledged
  bool exceptions_overflowed =
      false;  // intervals past a bound were left out: those messages are uncertain
  // Of the others: not drained but acknowledged, one stretch for each connection that ended badly.
  // Of the first 100 such connections; in the books they all count.
  std::vector<MessageInterval> acknowledged;
  // Written more than once (Books::resent): the receiver may have them as often.
  std::vector<MessageInterval> resent;
};

struct TargetRecord {
  std::string target;          // "tls://firewall.example:6514"
  std::string framing;         // "lf"
  std::uint32_t weight = 1;    // its share of the endpoints, where these are distributed by weight
  bool order_relaxed = false;  // messages of a lane left in another order than they were due
  Books books;
  std::string peer;         // address actually used; for TLS with protocol and cipher
  std::string certificate;  // TLS: the receiver's, on one line for people; else empty
};

struct RunRecord {
  int schema_version = kRunRecordSchemaVersion;
  std::string program_version;
  int plan_version = 0;

  // What was due.
  std::string scenario_name, scenario_text;
  std::vector<std::string> settings;  // of its parameters, "NAME=VALUE"
  std::vector<SourceText> files;      // that it names, by the names it gives them
  std::string template_name, template_text;
  struct NoiseTemplate {
    std::string name, text;
    std::size_t pad_to = 0;
  };
  std::vector<NoiseTemplate> noise_templates;  // beside it: of noise, of logoffs
  std::vector<SourceText> profiles;  // the receiver's, by their names, in the order it tries them
  std::uint64_t seed = 1;
  UtcTime epoch{};             // what messages say: simulated time 0
  UtcTime wall_start{};        // when the clock started
  std::optional<Speed> speed;  // none: max
  std::uint32_t shard_index = 0;
  std::uint32_t shard_count = 1;
  std::size_t pad_to = 0;                 // --size, or the template's own
  std::vector<std::string> command_line;  // without secrets; for people

  // What happened.
  Distribution distribution = Distribution::kAll;
  std::vector<TargetRecord> targets;
  std::vector<LaneRecord> lanes;
  std::string digest;          // of every message that became due
  std::uint64_t messages = 0;  // in that digest
  struct FaultCount {
    std::string fault;  // "over-long 2049"
    std::uint64_t messages = 0;
  };
  std::vector<FaultCount> faults;  // of the scenario's deliberate faults: how many of these have it
  std::chrono::nanoseconds elapsed{};  // from the clock's start to the last fate, real time
  std::uint64_t plan_messages =
      0;               // due in the whole plan of this shard, when it was walked to its end; else 0
  Histogram lateness;  // written minus due, real time; empty in closed loop
  bool closed_loop = false;
  bool interrupted = false;
  bool complete = true;  // false: a file that records the run could not be written in full
  bool tls_insecure = false;
  std::vector<std::string> warnings;
};

// Longer ones are not read; record_bound.h sees to it that none is written. Two thirds are room for
// the scenario's files.
inline constexpr std::size_t kRunRecordBytesMax = std::size_t{192} << 20;

// Pretty JSON, one trailing newline. Reading it back gives an equal record. Strings that are not
// UTF-8 (a path on the command line may be) are written with their stray bytes as \xNN.
std::string to_json(const RunRecord& record);

// Every problem names the member by its path ("lanes[2].due"); nothing is returned when there was
// one. What a record holds is also checked against itself: indices in range, intervals in order and
// below `due`, one lane for each combination, books that add up and agree with their lanes.
// Members that this program does not know are passed over.
std::optional<RunRecord> read_run_record(const SourceText& source, Diagnostics& diagnostics);

}  // namespace esm
