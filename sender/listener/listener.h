// The reference receiver: listens on UDP, TCP and TLS, reads lines with parse profiles, keeps the
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
  std::string host = "127.0.0.1";  // a literal, IPv6 without brackets; or "localhost" (127.0.0.1)
  std::uint16_t port = 0;          // 0: a free one
};

// The real ones, in the order of the options.
struct ListenerPorts {
  std::vector<std::uint16_t> udp, tcp, tls;
};

struct ListenerOptions {
  // An IPv6 socket takes IPv6 only: for both families name both ([::]:514 and 0.0.0.0:514).
  std::vector<ListenAddress> udp, tcp, tls;
  // PEM; needed with `tls`. With a client CA, client certificates are demanded. TLS 1.2 or newer.
  std::string tls_cert_file, tls_key_file, tls_client_ca_file;
  // On the listener's clock; 0 is reported as an error.
  std::chrono::nanoseconds mapping_timeout{std::chrono::minutes{45}};
  Speed clock_speed;                     // its clock runs this many times faster than real time
  std::size_t message_bytes_max = 8000;  // longer ones are counted and forgotten; 1 to 1 GiB
  std::size_t mappings_max = 1'000'000;  // logins that would need more entries are counted and lost
  // Asked of the kernel for each UDP socket, which may grant less (net.core.rmem_max, unless
  // privileged): ListenerResult says how much it was.
  std::uint32_t udp_buffer_bytes = 64 * 1024 * 1024;
  std::uint32_t sessions_max = 1000;  // connections beyond are accepted and closed at once
  // In real time. All that is given holds, the first that happens stops.
  std::optional<std::uint64_t> stop_after_count;
  std::optional<std::chrono::nanoseconds> stop_after_idle;  // counted from the first message
  std::optional<std::chrono::nanoseconds> stop_after_duration;
  // {"udp":[…],"tcp":[…],"tls":[…]}: the real ports, written whole (rename) when all sockets
  // listen.
  std::string ready_file;
  // Every message as received, one a line; "-" standard output. A CR, LF or NUL inside a message
  // (possible over UDP and with octet counting) is written #015, #012 or #000, so that a line is a
  // message. Messages that were too long are left out.
  std::string received_file;
  std::string mappings_file;  // the table at the end, in the firewall's text form; "-" as above
  bool follow = false;        // on_mapping for every mapping made or changed
  // Called once when everything listens.
  std::function<void(const ListenerPorts&)> on_ready;
};

// One per sender address, as `show user server-monitor state all` counts.
struct SenderCounters {
  std::string address;  // "others" for all beyond the first 1,000
  std::uint64_t messages = 0, mapped = 0;
  std::uint64_t connections_active = 0, connections_total = 0;
};

struct ListenerResult {
  // messages = mapped + ignored + no_match + too_long.
  std::uint64_t messages = 0;
  std::uint64_t mapped = 0;    // user and address read (for a logout profile: a logout)
  std::uint64_t ignored = 0;   // the same, of users whom the profile ignores
  std::uint64_t no_match = 0;  // anything else, messages the regexes gave up on among them
  std::uint64_t too_long = 0;
  std::uint64_t bytes = 0;  // of these, without framing; too long ones not counted
  // Not messages: frames without their end when the connection ended.
  std::uint64_t unterminated = 0;
  std::uint64_t gave_up = 0;              // part of no_match: the match limit was reached
  std::uint64_t table_full = 0;           // part of mapped: mappings_max left no room
  std::uint64_t kernel_drops = 0;         // datagrams the socket buffer had no room for
  std::uint64_t udp_buffer_bytes = 0;     // the smallest receive buffer the kernel granted
  std::uint64_t connections_refused = 0;  // beyond sessions_max, or no file descriptor left
  std::uint64_t connections_aborted = 0;  // ended by RST, or TLS without close_notify
  std::uint64_t tls_handshakes_failed = 0;
  std::string tls_failure;              // the last one, in OpenSSL's words
  std::vector<SenderCounters> senders;  // by address
  std::vector<Mapping> mappings;        // alive at the end, on the listener's clock
  SimTime ended{};                      // the listener's clock at the end; it starts at 0
  int signal = 0;                       // that stopped it, 0 = none
};

// Blocks until a stop condition or SIGINT/SIGTERM. What the sockets' buffers hold then is still
// read (for at most 1 s; a second signal cuts that short). A socket or file that cannot be opened
// is reported in `diagnostics` and nothing is listened to or returned. An output file that could
// not be written in full is an error there beside a result. `profiles`, at least one, have passed
// read_profile. `on_mapping` may be empty.
std::optional<ListenerResult> listen(const std::vector<Profile>& profiles,
                                     const ListenerOptions& options,
                                     const std::function<void(const Mapping&)>& on_mapping,
                                     Diagnostics& diagnostics);

}  // namespace esm
