// One connection: what it sends goes through a frame reader into the intake.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "sender/base/ip_address.h"
#include "sender/listener/fault.h"
#include "sender/listener/frame_reader.h"
#include "sender/listener/intake.h"
#include "sender/listener/peer_stream.h"
#include "sender/listener/reception.h"

namespace esm {

class Session;
using Sessions = std::unordered_set<std::shared_ptr<Session>>;

// It is alive while it is in the set of sessions or has an operation under way.
class Session : public std::enable_shared_from_this<Session> {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  // `tls` is null for plain TCP. `fault`: none, or what this connection is to suffer.
  Session(Reception& reception, Sessions& sessions, const IpAddress& peer,
          boost::asio::ip::tcp::socket socket, SSL_CTX* tls, const ListenerFault& fault);

  void start();
  // The listener stops: says goodbye as far as that goes at once.
  void say_goodbye();
  // Called at every tick.
  void check_deadline(SteadyTime now);
  void close();

 private:
  using Step = PeerStream::Step;
  enum class Phase : std::uint8_t {
    kHandshake,
    kReading,
    kStalled,  // reads nothing more (ListenerFault::Kind::kStall)
    kParting,  // said goodbye; throws away what still comes
    kOver,
  };
  enum class End : std::uint8_t { kClean, kAborted };

  // What is possible now, then waits for more.
  void go_on();
  void shake_hands();
  void read();
  void throw_away();
  void wait(boost::asio::ip::tcp::socket::wait_type what);
  void go_on_after(std::chrono::nanoseconds pause);
  // Whether all bytes were taken and reading goes on.
  bool take(std::string_view bytes);
  void begin_fault();
  // The books of the session; once.
  void ended(End how);
  void part();
  void leave();

  Reception& reception_;
  Sessions& sessions_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  std::unique_ptr<PeerStream> stream_;
  FrameReader frames_;
  Sender sender_;
  Phase phase_ = Phase::kHandshake;
  bool counted_ = false;
  // Of the handshake, then of the parting.
  SteadyTime deadline_ = SteadyTime::max();
  std::uint64_t messages_ = 0;
  ListenerFault fault_;
  std::string untaken_;  // what was read before a stall
  std::optional<ByteBudget> slowly_;
  SteadyTime slow_until_ = SteadyTime::max();
};

}  // namespace esm
