// The reference receiver: listens on UDP, TCP and TLS, reads lines with a parse profile, keeps the
// table and the counters a firewall keeps.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/base/units.h"
#include "sender/mapping/profile.h"
#include "sender/mapping/table.h"

namespace esm {

struct ListenAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
};  // port 0: a free one

struct ListenerOptions {
  std::vector<ListenAddress> udp, tcp, tls;
  std::string tls_cert_file, tls_key_file,
      tls_client_ca_file;  // with a client CA: certificates demanded
  std::chrono::nanoseconds mapping_timeout{std::chrono::minutes{45}};
  Speed clock_speed;  // its clock runs this many times faster than real time
  std::size_t message_bytes_max = 8000;
  std::optional<std::uint64_t> stop_after_count;
  std::optional<std::chrono::nanoseconds> stop_after_idle;  // counted from the first message
  std::optional<std::chrono::nanoseconds> stop_after_duration;
  std::string ready_file;  // JSON: the real ports, written whole (rename) when all sockets listen
  std::string received_file;  // every message as received, one a line; "-" standard output
  std::string mappings_file;  // the table at the end
  bool follow = false;        // on_mapping for every mapping made or changed
};

// One per sender address, as `show user server-monitor state all` counts.
struct SenderCounters {
  std::string address;
  std::uint64_t messages = 0, mapped = 0;
  std::uint64_t connections_active = 0, connections_total = 0;
};

struct ListenerResult {
  std::uint64_t messages = 0, mapped = 0, no_match = 0, too_long = 0, bytes = 0;
  std::uint64_t kernel_drops = 0;       // datagrams the socket buffer had no room for
  std::vector<SenderCounters> senders;  // by address
  std::vector<Mapping> mappings;  // alive at the end, times in seconds of the listener's clock
  SimTime ended{};                // the listener's clock at the end
  int signal = 0;
};

// Blocks until a stop condition or SIGINT/SIGTERM. A socket or file that cannot be opened is
// reported in `diagnostics` and nothing is listened to.
std::optional<ListenerResult> listen(const Profile& profile, const ListenerOptions& options,
                                     const std::function<void(const Mapping&)>& on_mapping,
                                     Diagnostics& diagnostics);

}  // namespace esm
