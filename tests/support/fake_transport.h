// Receivers that exist only in memory and fail on command: the in-memory twin of transport/.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "sender/transport/transport.h"

namespace esm::test {

inline constexpr std::uint64_t kEndless = std::numeric_limits<std::uint64_t>::max();

// How one attempt to connect, and the connection that comes of it, behaves.
struct Behaviour {
  bool refuse = false;     // no connection
  bool permanent = false;  // … and trying again cannot help
  // After this many messages the connection is lost; the next message is cut or has no fate.
  std::uint64_t lose_after = kEndless;
  bool cut = false;
  bool lose_while_idle = false;       // on_loss() instead, as soon as the write is over
  std::uint64_t refuse_every = 0;     // every n-th message is refused (EMSGSIZE); 0: none
  std::chrono::microseconds slow{0};  // a write takes so long
  bool stall = false;                 // a write never ends
  bool drains = true;                 // answers our goodbye
  std::uint64_t acknowledges = 0;     // as many messages of the connection, from the first
};

// What one connection took.
struct Received {
  std::string target;
  std::string source;                 // "" where none was asked for
  std::vector<std::string> messages;  // framed, whole, in order; without the cut one
  bool closed = false;
  bool drained = false;
};

// All receivers of a run. Safe to use from several threads.
class FakeNetwork {
 public:
  // How attempt `attempt` (from 0) at `target` behaves; called under a lock.
  using Script = std::function<Behaviour(const std::string& target, std::uint32_t attempt)>;
  explicit FakeNetwork(Script script) : script_(std::move(script)) {}
  // Everything is taken.
  FakeNetwork() : FakeNetwork([](const std::string&, std::uint32_t) { return Behaviour{}; }) {}

  // For PlaySeams.
  std::unique_ptr<Transport> make(boost::asio::io_context& io, const Target& target,
                                  const TransportOptions& options, std::optional<IpAddress> source,
                                  Diagnostics& diagnostics);

  // After the run. Connections in the order they were made.
  std::vector<Received> received() const;
  std::vector<std::string> all_messages() const;
  std::uint32_t attempts() const;

  // Called with the number of messages taken so far by all, after each write, on the writer's
  // thread. Set before the run.
  std::function<void(std::uint64_t)> on_taken;

 private:
  friend class FakeTransport;
  mutable std::mutex mutex_;
  Script script_;
  std::vector<Received> received_;
  std::vector<std::pair<std::string, std::uint32_t>> attempts_;  // by target
  std::uint64_t taken_ = 0;
};

}  // namespace esm::test
