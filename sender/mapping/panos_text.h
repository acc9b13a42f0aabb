// The firewall's own words: `show user ip-user-mapping all [type SYSLOG]` and
// `show user server-monitor state all`. Written exactly; read tolerantly.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/mapping/table.h"

namespace esm {

// Remaining seconds are counted from `now`.
std::string panos_mapping_table(std::span<const Mapping> mappings, SimTime now);

struct TableRow {
  IpAddress address;
  std::string user;
  std::optional<std::int64_t> remaining_seconds;  // none where the table does not say
  Place place;
};
// Rows of a table a person saved from a console: header, ruler, prompts and the total are passed
// over; a line that looks like a row and cannot be read is an error with its place.
std::vector<TableRow> read_mapping_table(const SourceText& source, Diagnostics& diagnostics);

struct MonitorCounters {
  std::string name;  // "ESM"
  std::string address;
  std::uint64_t log_messages = 0, auth_success = 0, active_connections = 0, total_connections = 0;
};
std::string panos_server_monitor(std::span<const MonitorCounters> senders, bool udp, bool ssl);

}  // namespace esm
