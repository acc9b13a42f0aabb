// Playing a script to a receiver, and comparing what that has then.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "sender/base/books.h"
#include "sender/base/units.h"
#include "sender/mapping/table_rows.h"
#include "sender/message/framing.h"
#include "sender/report/run_record.h"
#include "sender/testkit/comparison.h"
#include "sender/testkit/result.h"
#include "sender/testkit/script.h"
#include "sender/testkit/truth.h"
#include "sender/transport/target.h"
#include "sender/verify/received_form.h"

namespace esm::testkit {

struct PlayAs {
  std::optional<Speed> speed;  // times faster than real time; none: as fast as the target takes it
  std::optional<Framing> framing;  // on streams; none: as the scenario's receiver takes it, else LF
  std::uint32_t connections = 1;
  TransportOptions transport;  // TLS, source address, timeouts
};

// ok(): every message was written, and on streams nothing is uncertain: where `run` ends with 0.
// text(): what it tells of that.
class Played : public Result {
 public:
  // What became of the messages, of all that was due. Nothing if it did not come to sending.
  Books books() const;
  // For `esm-sender verify --run`, once it is written to a file (to_json); and how late it was.
  const RunRecord& record() const { return record_; }

  // The table of a correct receiver at `moment` ("30m", "end") of this run.
  Truth truth(const std::string& moment, const ReceiverSetting& receiver = {}) const;

  // Lines as they were received, in order, without framing.
  Comparison compare_lines(std::span<const std::string> lines) const;
  // The file that the receiver stores them in and may still be writing: until nothing differs, or
  // `settle` is over.
  Comparison compare_file(const std::string& path,
                          std::chrono::nanoseconds settle = std::chrono::seconds{10},
                          const ReceivedForm& form = {}) const;
  // A mapping table at `moment`, in any form that `verify --mappings` reads: a firewall's console,
  // its XML API, JSON, CSV.
  Comparison compare_table(const std::string& table, const std::string& moment = "end",
                           const ReceiverSetting& receiver = {}) const;
  // The same of a receiver in the test's own process: address -> user.
  Comparison compare_users(const std::map<std::string, std::string>& users,
                           const std::string& moment = "end",
                           const ReceiverSetting& receiver = {}) const;

 private:
  friend Played play(const Script& script, const std::string& target, const PlayAs& as);
  Played(bool ok, std::string text, std::shared_ptr<const Inputs> inputs, RunRecord record);
  Comparison compare_rows(std::span<const TableRow> rows, const std::string& moment,
                          const ReceiverSetting& receiver) const;

  std::shared_ptr<const Inputs> inputs_;  // null: nothing was played
  RunRecord record_;
};

// Plays all of it and returns when that is over: `target` as for --to, "udp://127.0.0.1:5514". The
// receiver is best in another process or thread: who sends waits for it. SIGINT and SIGTERM end the
// run, and are not the test's own meanwhile.
Played play(const Script& script, const std::string& target, const PlayAs& as = {});

}  // namespace esm::testkit
