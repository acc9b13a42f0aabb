// From a target's host to a connected socket: looks the name up, obeys the rules of
// address_class.h, and tries the addresses 250 ms apart, IPv6 and IPv4 by turns (RFC 8305), until
// the first one answers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "sender/base/ip_address.h"
#include "sender/transport/gate.h"
#include "sender/transport/outcome.h"
#include "sender/transport/target.h"
#include "sender/transport/watched_fd.h"

namespace esm {

// Addresses of a host, best first, or getaddrinfo's error.
struct Resolved {
  int error = 0;
  std::vector<IpAddress> addresses;
};

class Connector {
 public:
  struct Options {
    std::string host;
    std::uint16_t port = 0;
    int type = 0;  // SOCK_STREAM or SOCK_DGRAM
    std::optional<IpAddress> source;
    std::vector<std::string> allow_public;
    bool allow_private = true;
    IpOptions ip;
    std::chrono::milliseconds timeout{10'000};  // the look-up and all attempts together
    std::chrono::milliseconds stagger{250};
    // Asks for the host's addresses; `answer` is called from the io_context, once or never. Unset:
    // the system's resolver. Not asked where the host is an address.
    std::function<void(const std::string& host, std::function<void(Resolved)> answer)> resolve;
  };

  struct Connected {
    std::shared_ptr<WatchedFd> socket;  // null: see problem
    IpAddress address;
    Problem problem;
  };

  Connector(boost::asio::io_context& context, Options options);
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  // The socket is non-blocking and bound to the source address.
  boost::asio::awaitable<Connected> connect();
  // connect() returns at once.
  void abort();

  const std::string& host() const { return options_.host; }
  std::uint16_t port() const { return options_.port; }

 private:
  struct Attempt;
  struct LookUp;

  boost::asio::awaitable<Resolved> look_up(SteadyTime deadline, Problem& problem);
  // The addresses that may be tried, in order; none: see problem.
  std::vector<IpAddress> choose(const std::vector<IpAddress>& addresses, Problem& problem) const;
  Attempt start(const IpAddress& address);
  Problem failure(const std::vector<Attempt>& attempts) const;

  boost::asio::io_context& context_;
  Options options_;
  Gate gate_;
  std::shared_ptr<LookUp> look_up_;
  bool aborted_ = false;
};

}  // namespace esm
