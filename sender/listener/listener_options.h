// What a listener is told.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sender/base/time.h"
#include "sender/base/units.h"
#include "sender/listener/fault.h"
#include "sender/listener/frame_reader.h"
#include "sender/listener/sender_rules.h"

namespace esm {

struct ListenAddress {
  std::string host = "127.0.0.1";  // a literal, IPv6 without brackets; or "localhost" (127.0.0.1)
  std::uint16_t port = 0;          // 0: a free one
};

// The real ones, in the order of the options.
struct ListenerPorts {
  std::vector<std::uint16_t> udp, tcp, tls;
};

// The mapping table's: the firewall's console, its XML API, and for programs (cli/README.md).
enum class TableForm : std::uint8_t { kConsole, kXml, kJson, kCsv };

struct ListenerOptions {
  // An IPv6 socket takes IPv6 only: for both families name both ([::]:514 and 0.0.0.0:514).
  std::vector<ListenAddress> udp, tcp, tls;
  // PEM; needed with `tls`. TLS 1.2 or newer.
  std::string tls_cert_file, tls_key_file;
  // With it, client certificates are demanded; with `tls_client_may_be_unknown` only asked for: who
  // has none is heard, who shows a wrong one is not.
  std::string tls_client_ca_file;
  bool tls_client_may_be_unknown = false;
  SenderRules senders;
  // On the listener's clock; 0 is reported as an error.
  std::chrono::nanoseconds mapping_timeout{std::chrono::minutes{45}};
  // An entry also ends so long after its user's first login. Not 0.
  std::chrono::nanoseconds mapping_timeout_max = kNever;
  Speed clock_speed;  // its clock runs this many times faster than real time
  StreamFraming framing = StreamFraming::kAuto;
  std::size_t message_bytes_max = 8000;  // longer ones are counted and forgotten; 1 to 1 GiB
  std::size_t mappings_max = 1'000'000;  // logins that would need more entries are counted and lost
  // Asked of the kernel for each UDP socket, which may grant less (net.core.rmem_max, unless
  // privileged): ListenerResult says how much it was.
  std::uint32_t udp_buffer_bytes = 64 * 1024 * 1024;
  std::uint32_t sessions_max = 1000;  // connections beyond are accepted and closed at once
  ListenerFault fault;
  // In real time. All that is given holds, the first that happens stops.
  std::optional<std::uint64_t> stop_after_count;
  std::optional<std::chrono::nanoseconds> stop_after_idle;  // counted from the first message
  std::optional<std::chrono::nanoseconds> stop_after_duration;
  // {"udp":[…],"tcp":[…],"tls":[…]}: the real ports, when all sockets listen (ready.h).
  std::string ready_file;
  int ready_fd = -1;  // the same line is written to this descriptor, which is then closed
  // Every message as received, one a line; "-" standard output. A CR, LF or NUL inside a message
  // (possible over UDP and with octet counting) is written #015, #012 or #000, so that a line is a
  // message. Messages that were too long are left out.
  std::string received_file;
  std::string mappings_file;  // the table at the end; "-" as above
  TableForm mappings_form = TableForm::kConsole;
  std::string counters_file;      // the counters at the end; "-" as above
  bool counters_as_json = false;  // else as the firewall's console shows them
  bool follow = false;            // on_mapping for every mapping made or changed
  // Called once when everything listens.
  std::function<void(const ListenerPorts&)> on_ready;
};

}  // namespace esm
