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
  std::uint64_t unterminated = 0, refused = 0, aborted = 0, handshakes_failed = 0;
  std::string tls_failure;
  bool stopping = false;

  void stop_if_enough() {
    if (options.stop_after_count && intake.messages() >= *options.stop_after_count) stopping = true;
  }
};

}  // namespace esm
