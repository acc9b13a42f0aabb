// Where to send, as written on the command line: a closed set of kinds, turned into a running
// transport at one place (transport.h, make_transport).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/base/ip_address.h"
#include "sender/message/framing.h"

namespace esm {

struct TlsOptions {
  std::string ca_file;    // PEM bundle; empty: the system's store
  std::string cert_file;  // client certificate chain, PEM
  std::string key_file;
  std::string key_pass_file;  // its first line
  std::string name;           // name to verify and send as SNI; empty: the target's host
  std::string min_version = "1.2";
  // TLS 1.2 cipher list and 1.3 suites ("TLS_…"), OpenSSL names, parted by ':'; empty: ours. A
  // version of which no cipher is named is not used.
  std::string ciphers;
  // "sha-256:AA:BB…" or "sha-1:…" of the receiver's own certificate: one of these, whatever its
  // name, its dates and who signed it; instead of the CA.
  std::vector<std::string> fingerprints;
  std::string keylog_file;  // every connection's keys go there, for Wireshark; empty: nowhere
  std::string crl_file;     // PEM; the receiver's certificate must not be in it
  bool insecure = false;
  bool compact = false;  // many connections: half the memory each, a little slower

  friend bool operator==(const TlsOptions&, const TlsOptions&) = default;
};

// What is asked of the kernel's TCP for every connection.
struct TcpOptions {
  bool nagle = false;                 // small segments may wait for an acknowledgement
  std::chrono::seconds keepalive{0};  // idle time before the peer is probed; 0: the system's own
  std::uint32_t send_buffer = 0;      // SO_SNDBUF, bytes; 0: the system's own, which grows
  std::uint32_t unsent_max = 0;       // TCP_NOTSENT_LOWAT, bytes that wait to be sent; 0: no bound

  friend bool operator==(const TcpOptions&, const TcpOptions&) = default;
};

struct UdpTarget {
  std::string host;
  std::uint16_t port = 514;
};
struct TcpTarget {
  std::string host;
  std::uint16_t port = 514;
};
struct TlsTarget {
  std::string host;
  std::uint16_t port = 6514;
};
struct FileTarget {
  std::string path;
};  // "-": standard output
struct NullTarget {};

inline constexpr std::uint32_t kTargetWeightMax = 1'000;

struct Target {
  std::string text;  // as written, without its weight
  std::variant<UdpTarget, TcpTarget, TlsTarget, FileTarget, NullTarget> kind;

  // ",weight=3": its share of the endpoints, where these are distributed by weight.
  std::optional<std::uint32_t> weight = {};

  bool is_stream() const;  // has a peer that can acknowledge: TCP and TLS
};

// "udp://host[:514]", "tcp://…", "tls://host[:6514]", "[2001:db8::1]:514", "file:PATH", "-",
// "null:", each with ",weight=N" (1 to 1,000) behind it or without. `option` names the place in
// messages: "--to".
std::optional<Target> parse_target(std::string_view text, std::string_view option,
                                   Diagnostics& diagnostics);

// What IP packets say of themselves.
struct IpOptions {
  std::optional<std::uint8_t> hops;  // TTL or hop limit, 1 to 255; none: the system's
  std::optional<std::uint8_t> dscp;  // 0 to 63
};

// "46", "ef" (RFC 3246), "af21" (RFC 2597), "cs1" (RFC 2474).
std::optional<std::uint8_t> dscp_named(std::string_view name);

// What holds for all targets of a run.
struct TransportOptions {
  Framing framing = Framing::kLf;  // of streams and files; UDP has none
  std::optional<IpAddress>
      source;  // local address to send from; an ESM's own `source` is the default
  TlsOptions tls;
  TcpOptions tcp;
  std::chrono::milliseconds connect_timeout{10'000};  // until every target is ready
  std::chrono::milliseconds handshake_timeout{10'000};
  std::chrono::milliseconds write_stall_timeout{
      30'000};  // no byte accepted for so long: connection is dead
  std::chrono::milliseconds close_timeout{5'000};  // FIN to the peer's FIN
  std::chrono::milliseconds reconnect_first{200};  // back-off: doubles, with jitter, up to
  std::chrono::milliseconds reconnect_max{10'000};
  std::vector<std::string> allow_public;  // hosts
  bool allow_rate = false;
  // False: more is planned than may go to a private address, should a name lead to one later.
  bool allow_private = true;
  IpOptions ip;
  bool udp_gso = false;  // the kernel cuts datagrams (UDP_SEGMENT): only in a closed loop
};

}  // namespace esm
