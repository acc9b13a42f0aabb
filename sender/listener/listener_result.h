// What a listener counted and learnt.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sender/base/time.h"
#include "sender/mapping/table.h"

namespace esm {

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
  std::uint64_t gave_up = 0;           // part of no_match: the match limit was reached
  std::uint64_t table_full = 0;        // part of mapped: mappings_max left no room
  std::uint64_t kernel_drops = 0;      // datagrams the socket buffer had no room for
  std::uint64_t udp_buffer_bytes = 0;  // the smallest receive buffer the kernel granted
  // Not heard, because ListenerOptions::senders does not allow them; not among the messages.
  std::uint64_t datagrams_not_allowed = 0, connections_not_allowed = 0;
  std::string first_not_allowed;          // the address of the first such sender
  std::uint64_t connections_refused = 0;  // beyond sessions_max, or no file descriptor left
  std::uint64_t connections_aborted = 0;  // ended by RST, or TLS without close_notify
  std::uint64_t framing_errors = 0;       // connections closed for FrameReader::broken
  std::uint64_t faults = 0;               // connections and UDP ports that had the fault asked for
  std::uint64_t tls_handshakes_failed = 0;
  std::string tls_failure;              // the last one, in OpenSSL's words
  std::uint64_t tls_clients_known = 0;  // connections with a client certificate that was verified
  std::vector<SenderCounters> senders;  // by address
  std::vector<Mapping> mappings;        // alive at the end, on the listener's clock
  UtcTime began{};                      // wall clock, when the listener's clock was 0
  SimTime ended{};                      // the listener's clock at the end; it starts at 0
  int signal = 0;                       // that stopped it, 0 = none
};

}  // namespace esm
