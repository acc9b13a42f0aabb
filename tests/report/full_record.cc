#include "tests/report/full_record.h"

#include <utility>

namespace esm::test {

RunRecord full_record() {
  using std::chrono::nanoseconds;
  RunRecord record;
  record.program_version = "1.2.3";
  record.plan_version = 7;
  record.scenario_name = "morning.yaml";
  record.files = {{"people.csv", "name\n\"O'Brien, Se\u00e1n\"\n"}, {"shifts/night.yaml", ""}};
  record.settings = {"people=5k", "site=a=b"};
  record.scenario_text = "about: \"quotes\", a tab\t, an umlaut \u00fc\nlength: 1h\n";
  record.template_name = "heartbeat.yaml";
  record.template_text = "format: leef1\n";
  record.noise_templates = {{"policy.yaml", "format: leef1\n", 0},
                            {"threat.yaml", "format: cef\n", 500}};
  record.faults = {{"truncated", 3}, {"over-long 2049", 1}};
  record.profiles = {{"traps-kb.yaml", "username: 'duser=([a-zA-Z0-9\\_]+)'\n"},
                     {"leavers.yaml", "for: logout\n"}};
  record.seed = UINT64_MAX;
  record.epoch = UtcTime{nanoseconds{1'772'438'100'123'456'789}};
  record.wall_start = UtcTime{nanoseconds{1'772'438'100'500'000'000}};
  record.speed = Speed{3, 2};
  record.shard_index = 2;
  record.shard_count = 5;
  record.pad_to = 300;
  record.command_line = {"run", "morning", "--to", "tcp://127.0.0.1:514"};

  TargetRecord stream;
  stream.target = "tcp://127.0.0.1:514";
  stream.framing = "lf";
  stream.certificate = "O=lab, CN=server, for DNS:localhost";
  stream.peer = "127.0.0.1:514";
  Books& books = stream.books;
  books.due = 36;
  books.refused = 4;
  books.dropped = 6;
  books.by_reason = {0, 1, 0, 2, 0, 0, 1, 1, 2, 2, 1};
  books.written = 26;
  books.cut = 1;
  books.stream = true;
  books.drained = 20;
  books.acknowledged = 2;
  books.uncertain = 4;
  books.icmp_errors = 9;
  books.bytes_written = 7'800;
  books.connections = 3;
  books.reconnects = 1;
  books.resent = 5;
  TargetRecord file;
  file.target = "file:out.log";
  file.framing = "crlf";
  file.order_relaxed = true;
  file.peer = "out.log";
  file.books.due = 36;
  file.books.written = 36;
  file.books.bytes_written = 10'000'000'000'000'000'000U;
  stream.weight = 3;
  record.distribution = Distribution::kWeighted;
  record.targets = {stream, file};

  LaneRecord first;
  first.worker = 0;
  first.workers = 2;
  first.target = 0;
  first.esm = 1;
  first.connection = 0;
  first.connections = 2;
  first.due = 20;
  first.exceptions = {{0, 0, Fate::kRefused, Reason::kTooLong, 90},
                      {2, 3, Fate::kRefused, Reason::kConnectionRefused, 111},
                      {4, 4, Fate::kDropped, Reason::kTooLate, 0},
                      {5, 6, Fate::kDropped, Reason::kDisconnected, 0},
                      {10, 12, Fate::kWritten, Reason::kNone, 0}};
  first.acknowledged = {{7, 8}, {13, 13}};
  first.resent = {{9, 11}, {14, 14}};
  LaneRecord second = first;
  second.acknowledged.clear();
  second.resent.clear();
  second.worker = 1;
  second.connection = 1;
  second.due = 16;
  second.exceptions = {{0, 0, Fate::kRefused, Reason::kOtherError, 5},
                       {1, 2, Fate::kDropped, Reason::kQueueFull, 0},
                       {3, 3, Fate::kDropped, Reason::kInterrupted, 0},
                       {9, 9, Fate::kCut, Reason::kNone, 104}};
  second.exceptions_overflowed = true;
  LaneRecord third;
  third.worker = 1;
  third.workers = 2;
  third.target = 1;
  third.due = 36;
  record.lanes = {first, second, third};

  record.digest = "00112233445566778899aabbccddeeff";
  record.messages = 36;
  record.plan_messages = 40;
  record.elapsed = nanoseconds{2'500'000'001};
  record.lateness.record(nanoseconds{0});
  record.lateness.record(nanoseconds{105'000}, 58);
  record.lateness.record(nanoseconds{1'234'567});
  record.closed_loop = true;
  record.interrupted = true;
  record.complete = false;
  record.tls_insecure = true;
  record.warnings = {"the ledger could not be written: No space left on device"};
  return record;
}

}  // namespace esm::test
