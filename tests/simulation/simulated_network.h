// Kernels and receivers that exist only in virtual time: a connection takes k bytes at a time, is
// full, is read slowly or no more, acknowledges up to an offset, and ends at any byte or moment. It
// remembers what it really took: that is what the books are held to.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sender/engine/worker.h"

#include "tests/simulation/virtual_time.h"

namespace esm::test {

inline constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 62;
inline constexpr std::chrono::nanoseconds kNeverHappens = std::chrono::hours{1'000};

// How one attempt to connect goes, and the connection that comes of it.
struct Life {
  bool refuses = false;
  bool permanently = false;
  std::chrono::nanoseconds opens_after{0};

  std::uint64_t takes_at_most = kNoLimit;     // bytes a call; UDP: datagrams
  std::uint64_t buffer = kNoLimit;            // bytes taken and not yet arrived; then EAGAIN
  std::uint64_t bytes_per_second = kNoLimit;  // that arrive and are acknowledged
  std::uint64_t stops_after = kNoLimit;       // bytes; the receiver reads no more
  std::uint64_t record = 0;                   // TLS: nobody can read a part of so many bytes
  std::chrono::nanoseconds computes{0};       // a write keeps the thread for so long

  std::uint64_t dies_after_bytes = kNoLimit;
  std::chrono::nanoseconds dies_after = kNeverHappens;
  std::uint64_t acknowledges = 0;  // of what is open when it dies: so many 1/256

  enum class Goodbye : std::uint8_t { kAnswered, kReset, kIgnored } goodbye = Goodbye::kAnswered;
  std::chrono::nanoseconds goodbye_takes{0};

  std::uint64_t refuses_every = 0;  // UDP: every n-th datagram, with that errno
  int refuses_with = 0;
  std::uint64_t icmp_every = 0;  // UDP: an ICMP error comes back for every n-th
};

// What one connection really took.
struct Taken {
  std::size_t lane = 0;  // the transports in the order in which they were made
  std::string target;
  std::string bytes;           // streams: what can be read of them, in order
  std::string after;           // … and what the kernel took behind it, of a record in part
  std::uint64_t acknowledged;  // of `bytes`, when it ended
  bool drained = false;
  std::vector<std::string> datagrams, refused;
};

class SimulatedNetwork {
 public:
  using Script = std::function<Life(std::size_t lane, std::uint32_t attempt)>;
  // `dice` is asked for a number below its argument.
  SimulatedNetwork(VirtualTime& time, Script script,
                   std::function<std::uint64_t(std::uint64_t bound)> dice)
      : time_(time), script_(std::move(script)), dice_(std::move(dice)) {}

  std::unique_ptr<Transport> make(boost::asio::io_context& io, const Target& target,
                                  const TransportOptions& options);

  // In the order in which they were made. Whoever reads it is the only thread that runs.
  const std::deque<Taken>& connections() const { return connections_; }
  std::uint64_t icmp_errors() const { return icmp_errors_; }

 private:
  friend class SimulatedStream;
  friend class SimulatedDatagrams;
  VirtualTime& time_;
  Script script_;
  std::function<std::uint64_t(std::uint64_t)> dice_;
  std::deque<Taken> connections_;
  std::size_t lanes_ = 0;
  std::uint64_t icmp_errors_ = 0;
};

}  // namespace esm::test
