// The firewall's counters of its syslog senders: `show user server-monitor state all`. Written
// exactly; read tolerantly.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sender/base/diagnostics.h"

namespace esm {

struct MonitorCounters {
  std::string name;  // "ESM"
  std::string address;
  std::uint64_t log_messages = 0, auth_success = 0, active_connections = 0, total_connections = 0;
};
std::string panos_server_monitor(std::span<const MonitorCounters> senders, bool udp, bool ssl);

// The syslog senders of a text that was saved from a console; other monitored servers in it are
// passed over. A number that is none, counters that are missing, more successes than messages, and
// a text without any sender are errors with their place.
std::vector<MonitorCounters> read_server_monitor(const SourceText& source,
                                                 Diagnostics& diagnostics);

}  // namespace esm
