// What a listener's sockets and connections share: where messages go, the clock, the counters that
// only sockets know.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "sender/listener/intake.h"
#include "sender/listener/listener_options.h"
#include "sender/listener/output_file.h"
#include "sender/listener/receiver_clock.h"
#include "sender/mapping/profile.h"

namespace esm {

inline constexpr std::size_t kStreamReadBytes = 256 * 1024;
// Reads in a row from one socket before the others have their turn.
inline constexpr int kReadsPerTurn = 16;

struct Reception {
  Reception(const std::vector<Profile>& profiles, const ListenerOptions& listener_options,
            OutputFile& received, const std::function<void(const Mapping&)>& on_mapping)
      : options(listener_options),
        intake(profiles, listener_options, received, on_mapping),
        clock(listener_options.clock_speed) {}

  const ListenerOptions& options;
  boost::asio::io_context context{1};
  Intake intake;
  ReceiverClock clock;
  std::chrono::nanoseconds last_message{-1};  // real time; < 0: none yet
  std::vector<char> stream_buffer = std::vector<char>(kStreamReadBytes);
  // As in ListenerResult.
  std::uint64_t unterminated = 0, refused = 0, aborted = 0, framing_errors = 0, faults = 0;
  std::uint64_t datagrams_not_allowed = 0, connections_not_allowed = 0;
  std::string first_not_allowed;
  std::uint64_t handshakes_failed = 0, clients_known = 0;
  std::string tls_failure;
  std::string problem;  // of the world, while it ran; empty: none
  bool stopping = false;
  std::uint64_t connections_begun = 0;  // accepted and allowed

  // What the next connection suffers.
  ListenerFault next_fault() {
    return connections_begun++ < options.fault.connections_max ? options.fault : ListenerFault{};
  }
  bool allows(const IpAddress& sender) {
    if (options.senders.allows(sender)) return true;
    if (first_not_allowed.empty()) first_not_allowed = sender.to_string();
    return false;
  }
  void stop_if_enough() {
    if (options.stop_after_count && intake.messages() >= *options.stop_after_count) stopping = true;
  }
};

}  // namespace esm
