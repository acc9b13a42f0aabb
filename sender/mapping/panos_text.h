// The firewall's own words: `show user ip-user-mapping all [type SYSLOG]` and
// `show user server-monitor state all`. Written exactly; read tolerantly.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/mapping/table.h"

namespace esm {

// Remaining seconds are counted from `now`, whole seconds, both columns the same. A user longer
// than its column shifts the rest of its row, as printf does. Control characters in a user are
// shown as \xNN: a table on a terminal must not act on what a message said.
std::string panos_mapping_table(std::span<const Mapping> mappings, SimTime now);

struct TableRow {
  IpAddress address;
  std::string user;
  std::optional<std::int64_t> remaining_seconds;  // the smaller; none where the table does not say
  Place place;
  std::string from;  // what taught it: SYSLOG, AD, GP …
};
// Rows of a table a person saved from a console: header, ruler, prompts, the pager's traces, the
// total and rows of unknown users are passed over; a line that looks like a row and cannot be read,
// and one address with two users, are errors with their place; so is a text with nothing of a table
// in it. A total that differs from the rows read is a warning: the table may be cut.
std::vector<TableRow> read_mapping_table(const SourceText& source, Diagnostics& diagnostics);

struct MonitorCounters {
  std::string name;  // "ESM"
  std::string address;
  std::uint64_t log_messages = 0, auth_success = 0, active_connections = 0, total_connections = 0;
};
std::string panos_server_monitor(std::span<const MonitorCounters> senders, bool udp, bool ssl);

}  // namespace esm
