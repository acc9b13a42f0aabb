#include "sender/transport/connector.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sender/base/socket_address.h"
#include "sender/base/units.h"
#include "sender/transport/address_class.h"
#include "sender/transport/connect_order.h"
#include "sender/transport/network_problem.h"
#include "sender/transport/watched_fd.h"

namespace esm {

namespace asio = boost::asio;
using asio::ip::tcp;

// One address being tried.
struct Connector::Attempt {
  IpAddress address;
  std::shared_ptr<WatchedFd> socket;  // null when it is over
  std::shared_ptr<bool> ready;        // the kernel knows how it ended
  int error = 0;
  bool at_source = false;  // the error is about our own address
};

// Shared with the resolver's callback, which may come when nobody waits any more.
struct Connector::LookUp {
  std::optional<Resolved> answer;
  Gate* gate = nullptr;  // null: nobody waits
};

namespace {

int gai_error(const boost::system::error_code& error) {
  if (!error) return 0;
  if (error == asio::error::host_not_found) return EAI_NONAME;
  if (error == asio::error::host_not_found_try_again) return EAI_AGAIN;
  if (error == asio::error::no_recovery) return EAI_FAIL;
  if (error == asio::error::no_data) return EAI_NODATA;
  return EAI_SYSTEM;
}

// getaddrinfo runs on a thread of Asio's and cannot be stopped there: a connection that gives up
// does not wait for it, but the io_context's end does.
void resolve_by_system(asio::io_context& context, const std::string& host,
                       std::function<void(Resolved)> answer) {
  auto resolver = std::make_shared<tcp::resolver>(context);
  // No AI_ADDRCONFIG: it finds no localhost on a machine without a network.
  resolver->async_resolve(
      host, "", tcp::resolver::flags{},
      [resolver, answer = std::move(answer)](const boost::system::error_code& error,
                                             const tcp::resolver::results_type& results) {
        Resolved resolved{gai_error(error), {}};
        for (const auto& entry : results) {
          resolved.addresses.push_back(ip_address_of(*entry.endpoint().data()));
        }
        answer(std::move(resolved));
      });
}

// Both the ordinary and the multicast one: which of them counts depends on the address.
bool set_ip_options(int fd, bool v6, const IpOptions& options) {
  const int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
  const auto set = [&](int name, int value) {
    return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
  };
  if (options.hops && !(set(v6 ? IPV6_UNICAST_HOPS : IP_TTL, *options.hops) &&
                        set(v6 ? IPV6_MULTICAST_HOPS : IP_MULTICAST_TTL, *options.hops))) {
    return false;
  }
  // The two bits below are the network's, for congestion (RFC 3168).
  return !options.dscp || set(v6 ? IPV6_TCLASS : IP_TOS, *options.dscp << 2);
}

}  // namespace

Connector::Connector(asio::io_context& context, Options options)
    : context_(context), options_(std::move(options)), gate_(context) {}

Connector::~Connector() {
  if (look_up_) look_up_->gate = nullptr;
}

void Connector::abort() {
  aborted_ = true;
  gate_.wake();
}

asio::awaitable<Resolved> Connector::look_up(SteadyTime deadline, Problem& problem) {
  if (const auto address = IpAddress::parse(options_.host)) {
    Resolved itself;
    itself.addresses.push_back(*address);
    co_return itself;
  }
  look_up_ = std::make_shared<LookUp>();
  look_up_->gate = &gate_;
  std::function<void(Resolved)> answer = [shared = look_up_](Resolved resolved) {
    shared->answer = std::move(resolved);
    if (shared->gate != nullptr) shared->gate->wake();
  };
  if (options_.resolve) {
    options_.resolve(options_.host, std::move(answer));
  } else {
    resolve_by_system(context_, options_.host, std::move(answer));
  }
  while (!look_up_->answer && !aborted_ && steady_now() < deadline) {
    co_await gate_.sleep_until(deadline);
  }
  look_up_->gate = nullptr;
  Resolved resolved;
  if (aborted_) {
    problem = abort_problem();
  } else if (!look_up_->answer) {
    problem = name_timeout_problem(options_.host, options_.timeout);
  } else {
    resolved = std::move(*look_up_->answer);
    if (resolved.error != 0 || resolved.addresses.empty()) {
      problem = name_problem(options_.host, resolved.error != 0 ? resolved.error : EAI_NODATA);
    }
  }
  look_up_.reset();
  co_return resolved;
}

std::vector<IpAddress> Connector::choose(const std::vector<IpAddress>& addresses,
                                         Problem& problem) const {
  std::vector<IpAddress> chosen;
  std::optional<IpAddress> forbidden;
  for (const IpAddress& address : addresses) {
    if (options_.source && options_.source->is_v6() != address.is_v6()) continue;
    const bool slow_enough = options_.allow_private || classify(address) != AddressClass::kPrivate;
    if (slow_enough && may_send_to(address, options_.host, options_.allow_public)) {
      chosen.push_back(address);
    } else {
      forbidden = address;
    }
  }
  if (!chosen.empty()) return interleave_families(chosen);
  if (forbidden) {
    problem = forbidden_problem(options_.host, *forbidden);
  } else {
    problem = {true,
               fmt::format("the source address {} cannot reach {}: one is IPv6, the other IPv4",
                           options_.source->to_string(), options_.host),
               "choose a source address of the receiver's version of IP", true};
  }
  return chosen;
}

Connector::Attempt Connector::start(const IpAddress& address) {
  Attempt attempt{address, nullptr, std::make_shared<bool>(false), 0, false};
  const int fd = ::socket(address.is_v6() ? AF_INET6 : AF_INET,
                          options_.type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    attempt.error = errno;
    return attempt;
  }
  if (!set_ip_options(fd, address.is_v6(), options_.ip)) {
    attempt.error = errno;
    ::close(fd);
    return attempt;
  }
  if (options_.source) {
    // The port is chosen when connecting, so that many sockets of one address can share it.
    const int yes = 1;
    ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    const SocketAddress from = socket_address(*options_.source, 0);
    if (::bind(fd, from.get(), from.size) != 0) {
      attempt.error = errno;
      attempt.at_source = true;
      ::close(fd);
      return attempt;
    }
  }
  const SocketAddress to = socket_address(address, options_.port);
  const bool connected = ::connect(fd, to.get(), to.size) == 0;
  if (!connected && errno != EINPROGRESS) {
    attempt.error = errno;
    ::close(fd);
    return attempt;
  }
  attempt.socket = std::make_shared<WatchedFd>(context_, fd);
  *attempt.ready = connected;
  if (!connected) {
    attempt.socket->when_writable([this, ready = attempt.ready] {
      *ready = true;
      gate_.wake();
    });
  }
  return attempt;
}

Problem Connector::failure(const std::vector<Attempt>& attempts) const {
  const bool literal = IpAddress::parse(options_.host).has_value();
  const auto text_of = [&](const Attempt& attempt) {
    const std::string address = endpoint_text(attempt.address, options_.port);
    return literal ? address
                   : fmt::format("{} ({})", endpoint_text(options_.host, options_.port), address);
  };
  const auto problem_of = [&](const Attempt& attempt) {
    return attempt.at_source ? source_problem(*options_.source, attempt.error)
                             : connect_problem(text_of(attempt), attempt.error);
  };
  if (attempts.size() == 1) {
    Problem problem = problem_of(attempts.front());
    if (attempts.front().error == ETIMEDOUT) {
      problem.what += fmt::format(" within {}", format_duration(options_.timeout));
    }
    return problem;
  }
  Problem all;
  all.happened = true;
  all.permanent = true;
  for (const Attempt& attempt : attempts) {
    const Problem one = problem_of(attempt);
    all.what += (all.what.empty() ? "" : "; ") + one.what;
    if (all.hint.empty()) all.hint = one.hint;
    all.permanent = all.permanent && one.permanent;
  }
  return all;
}

asio::awaitable<Connector::Connected> Connector::connect() {
  aborted_ = false;
  Connected connected;
  const SteadyTime deadline = steady_now() + options_.timeout;
  const Resolved resolved = co_await look_up(deadline, connected.problem);
  if (connected.problem.happened) co_return connected;
  const std::vector<IpAddress> addresses = choose(resolved.addresses, connected.problem);
  if (connected.problem.happened) co_return connected;

  std::vector<Attempt> attempts;
  attempts.reserve(addresses.size());
  SteadyTime next_start = steady_now();
  while (true) {
    const SteadyTime now = steady_now();
    bool pending = false;
    for (Attempt& attempt : attempts) {
      if (!attempt.socket) continue;
      if (!*attempt.ready) {
        pending = true;
        continue;
      }
      int error = 0;
      socklen_t size = sizeof error;
      if (::getsockopt(attempt.socket->fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        error = errno;
      }
      if (error == 0) {
        connected.address = attempt.address;
        connected.socket = std::move(attempt.socket);
        break;
      }
      attempt.error = error;
      attempt.socket->close();
      attempt.socket.reset();
      next_start = now;  // no need to wait for the others
    }
    if (connected.socket) break;
    if (aborted_) {
      connected.problem = abort_problem();
      break;
    }
    if (now >= deadline) {
      for (Attempt& attempt : attempts) {
        if (attempt.socket) attempt.error = ETIMEDOUT;
      }
      connected.problem = failure(attempts);
      break;
    }
    const bool more = attempts.size() < addresses.size();
    if (more && (!pending || now >= next_start)) {
      attempts.push_back(start(addresses[attempts.size()]));
      next_start = now + options_.stagger;
      continue;
    }
    if (!pending) {
      connected.problem = failure(attempts);
      break;
    }
    co_await gate_.sleep_until(more ? std::min(deadline, next_start) : deadline);
  }
  for (Attempt& attempt : attempts) {
    if (attempt.socket) attempt.socket->close();
  }
  co_return connected;
}

}  // namespace esm
