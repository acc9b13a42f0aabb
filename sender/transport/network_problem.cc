#include "sender/transport/network_problem.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <netdb.h>

#include "sender/base/units.h"
#include "sender/transport/address_class.h"

namespace esm {
namespace {

Problem problem(std::string what, std::string hint, bool permanent = false) {
  return {true, std::move(what), std::move(hint), permanent};
}

}  // namespace

Reason reason_of(int error) {
  switch (error) {
    case 0:
      return Reason::kNone;
    case EMSGSIZE:
      return Reason::kTooLong;
    case ENOBUFS:
    case ENOMEM:
      return Reason::kNoBuffers;
    case ECONNREFUSED:
      return Reason::kConnectionRefused;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
      return Reason::kUnreachable;
    case EPERM:
    case EACCES:
      return Reason::kNotPermitted;
    default:
      return Reason::kOtherError;
  }
}

std::string error_text(int error) { return std::generic_category().message(error); }

Problem forbidden_problem(const std::string& host, const IpAddress& address) {
  const AddressClass address_class = classify(address);
  const std::string what =
      fmt::format("{}{} is a {} address: ", IpAddress::parse(host) ? "" : host + ": ",
                  address.to_string(), name_of(address_class));
  if (address_class == AddressClass::kPrivate) {
    return problem(what + "more than 1,000 messages a second are not sent there",
                   "if its network is yours to load: --allow-rate", true);
  }
  return problem(what + "nothing is sent there unless it is named",
                 fmt::format("if the receiver is yours to load, add --allow-public {}", host),
                 true);
}

Problem connect_problem(const std::string& endpoint, int error) {
  switch (error) {
    case ECONNREFUSED:
      return problem(fmt::format("connection refused by {}", endpoint),
                     "nothing listens there: is the receiver running, and is it this port?");
    case ETIMEDOUT:
      return problem(fmt::format("no answer from {}", endpoint),
                     "is the address right, is the machine up, does a firewall drop the packets?");
    case ECONNRESET:
      return problem(fmt::format("connection reset by {} while connecting", endpoint),
                     "the receiver or a device in between does not want this sender");
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
      return problem(fmt::format("no route to {}: {}", endpoint, error_text(error)),
                     "is the address right, and is the network up? `ip route get ADDRESS` shows "
                     "the way");
    case EINVAL:  // of a route of type blackhole; and of fe80::… without an interface
      return problem(
          fmt::format("the way to {} leads nowhere: {}", endpoint, error_text(error)),
          "a blackhole route, or a link-local address that names no interface? `ip route "
          "get ADDRESS` shows the way");
    case EPERM:
    case EACCES:
      return problem(fmt::format("not permitted to connect to {}: {}", endpoint, error_text(error)),
                     "a firewall or policy of this machine forbids it, or it is a broadcast "
                     "address");
    case EADDRNOTAVAIL:
    case EADDRINUSE:
      return problem(fmt::format("no local port is free for {}: {}", endpoint, error_text(error)),
                     "use fewer connections, or widen net.ipv4.ip_local_port_range");
    case EMFILE:
    case ENFILE:
      return problem(fmt::format("no connection to {}: {}", endpoint, error_text(error)),
                     "use fewer connections, or raise the limit with `ulimit -n`");
    case EAFNOSUPPORT:
      return problem(fmt::format("no connection to {}: {}", endpoint, error_text(error)),
                     "this machine does not speak that version of IP");
    default:
      return problem(fmt::format("no connection to {}: {}", endpoint, error_text(error)), "");
  }
}

Problem lost_problem(const std::string& endpoint, int error) {
  switch (error) {
    case 0:
      return problem(fmt::format("{} closed the connection", endpoint),
                     "did the receiver stop, or does it limit its connections?");
    case ECONNRESET:
    case EPIPE:
      return problem(fmt::format("{} reset the connection", endpoint),
                     "did the receiver stop, or did it not like what it got (framing, length)?");
    case ETIMEDOUT: {
      // The kernel gives up alike on a peer that is gone and on one that takes nothing more.
      Problem silent = problem(fmt::format("{} no longer answers, or reads no more", endpoint),
                               "is the machine still up, does the receiver still read, does the "
                               "network still lead there?");
      silent.stalled = true;
      return silent;
    }
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
      // The kernel gives up with this instead where it met it on one of its many tries.
      return problem(fmt::format("there is no way to {} any more: {}", endpoint, error_text(error)),
                     "is the network still up? `ip route get ADDRESS` shows the way");
    default:
      return problem(fmt::format("the connection to {} broke: {}", endpoint, error_text(error)),
                     "");
  }
}

Problem stall_problem(const std::string& endpoint, std::chrono::milliseconds waited) {
  Problem stalled =
      problem(fmt::format("{} took nothing for {}", endpoint, format_duration(waited)),
              "the receiver does not read, or the network is stuck");
  stalled.stalled = true;
  return stalled;
}

Problem source_problem(const IpAddress& source, int error) {
  if (error == EADDRNOTAVAIL) {
    return problem(
        fmt::format("the source address {} is not one of this machine", source.to_string()),
        "`ip address` lists them; add it there or choose another with --source", true);
  }
  return problem(
      fmt::format("cannot send from the source address {}: {}", source.to_string(),
                  error_text(error)),
      error == EADDRINUSE ? "no port of this address is free: use fewer connections" : "", false);
}

Problem name_problem(const std::string& host, int error) {
  const bool unknown = error == EAI_NONAME || error == EAI_NODATA;
  return problem(
      fmt::format("the host '{}' {}: {}", host, unknown ? "is not known" : "could not be looked up",
                  ::gai_strerror(error)),
      unknown ? "is the name spelled right? `getent hosts NAME` asks the same question"
              : "does the name server answer? an address works without it");
}

Problem name_timeout_problem(const std::string& host, std::chrono::milliseconds waited) {
  return problem(
      fmt::format("the host '{}' could not be looked up within {}", host, format_duration(waited)),
      "does the name server answer? an address works without it");
}

Problem abort_problem() { return problem("aborted", ""); }

}  // namespace esm
