// One connection, plain or over TLS: what it sends goes through a frame reader into the intake.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>
#include <unordered_set>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include "sender/base/ip_address.h"
#include "sender/listener/frame_reader.h"
#include "sender/listener/listener_result.h"
#include "sender/listener/reception.h"

namespace esm {

class Session;
using Sessions = std::unordered_set<std::shared_ptr<Session>>;

// It is alive while it is in the set of sessions or has an operation under way.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Reception& reception, Sessions& sessions, const IpAddress& peer);
  virtual ~Session() = default;

  virtual void start() = 0;
  // The listener stops: says goodbye as far as that goes at once.
  virtual void say_goodbye() = 0;
  // Called at every tick.
  virtual void check_deadline(std::chrono::steady_clock::time_point now) = 0;
  virtual void close() = 0;

 protected:
  enum class End { kClean, kAborted };

  void take(std::string_view bytes);
  // The books of the session; once.
  void ended(End how);
  void leave();
  bool over() const { return over_; }

  Reception& reception_;

 private:
  Sessions& sessions_;
  FrameReader frames_;
  SenderCounters& sender_;
  bool over_ = false;
};

// `tls` is null for plain TCP.
std::shared_ptr<Session> make_session(Reception& reception, Sessions& sessions,
                                      const IpAddress& peer, boost::asio::ip::tcp::socket socket,
                                      boost::asio::ssl::context* tls);

}  // namespace esm
