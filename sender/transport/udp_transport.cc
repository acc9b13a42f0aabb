#include "sender/transport/udp_transport.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

// Before linux/errqueue.h, which does not include what it needs.
#include <fmt/format.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

#include "sender/base/socket_address.h"
#include "sender/transport/network_problem.h"

namespace esm {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kDatagramsPerCall = 64;

// Bursts that the network card does not take at once wait here and not in this program.
constexpr int kSendBufferBytes = 4 * 1024 * 1024;

// Appends to the last run where it is the same.
void add_fate(std::vector<FateRun>& runs, std::uint32_t count, Fate fate, int error) {
  const FateRun run{count, fate, reason_of(error), error};
  if (!runs.empty() && runs.back().fate == fate && runs.back().error == error) {
    runs.back().count += count;
  } else {
    runs.push_back(run);
  }
}

}  // namespace

UdpTransport::UdpTransport(asio::io_context& context, Connector::Options connect,
                           std::chrono::milliseconds write_stall_timeout)
    : connector_(context, std::move(connect)),
      write_stall_timeout_(write_stall_timeout),
      gate_(context),
      vectors_(kDatagramsPerCall),
      headers_(kDatagramsPerCall) {
  for (std::size_t i = 0; i < kDatagramsPerCall; ++i) {
    headers_[i] = {};
    headers_[i].msg_hdr.msg_iov = &vectors_[i];
    headers_[i].msg_hdr.msg_iovlen = 1;
  }
}

UdpTransport::~UdpTransport() { drop_socket(); }

void UdpTransport::drop_socket() {
  if (socket_) socket_->close();
  socket_.reset();
}

void UdpTransport::abort() {
  if (busy_) {
    aborted_ = true;
    connector_.abort();
    gate_.wake();
  } else {
    problem_ = abort_problem();
    drop_socket();
  }
}

asio::awaitable<Problem> UdpTransport::open() {
  assert(!busy_);
  drop_socket();
  busy_ = true;
  aborted_ = false;
  Connector::Connected connected = co_await connector_.connect();
  busy_ = false;
  if (aborted_) connected.problem = abort_problem();
  problem_ = connected.problem;
  if (problem_.happened) {
    if (connected.socket) connected.socket->close();
    co_return problem_;
  }
  socket_ = std::move(connected.socket);
  peer_ = endpoint_text(connected.address, connector_.port());
  prepare_socket();
  co_return problem_;
}

void UdpTransport::prepare_socket() const {
  const int fd = socket_->fd();
  const int yes = 1;
  // Without these, datagrams that the own machine drops look like success. Each fails on a socket
  // of the other family, and that is all right.
  ::setsockopt(fd, IPPROTO_IP, IP_RECVERR, &yes, sizeof yes);
  ::setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &yes, sizeof yes);
  // The one above wmem_max needs a privilege, so the ordinary one follows.
  if (::setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &kSendBufferBytes, sizeof kSendBufferBytes) !=
      0) {
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBufferBytes, sizeof kSendBufferBytes);
  }
}

std::uint64_t UdpTransport::take_icmp_errors() {
  std::uint64_t count = 0;
  while (true) {
    alignas(cmsghdr) std::array<char, 512> control{};
    std::array<char, 64> quoted{};  // the beginning of the datagram that the error is about
    iovec vector{quoted.data(), quoted.size()};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(socket_->fd(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
      if (errno == EINTR) continue;
      return count;
    }
    for (const cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, const_cast<cmsghdr*>(part))) {
      const bool is_error = (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR) ||
                            (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR);
      if (!is_error) continue;
      sock_extended_err error{};
      std::memcpy(&error, CMSG_DATA(part), sizeof error);
      // Local errors are there too: they are the errno of the call that failed.
      if (error.ee_origin == SO_EE_ORIGIN_ICMP || error.ee_origin == SO_EE_ORIGIN_ICMP6) {
        ++count;
        last_icmp_error_ = static_cast<int>(error.ee_errno);
      }
    }
  }
}

asio::awaitable<void> UdpTransport::write(const Batch& batch, WriteOutcome& outcome) {
  assert(!busy_);
  outcome.clear();
  busy_ = true;
  aborted_ = false;
  const std::span<const Batch::Message> messages = batch.messages();
  const char* const bytes = batch.bytes().data();
  std::size_t next = 0;
  SteadyTime deadline{};  // unset: the kernel takes datagrams
  while (socket_ && next < messages.size()) {
    const std::size_t count = std::min(kDatagramsPerCall, messages.size() - next);
    for (std::size_t i = 0; i < count; ++i) {
      const Batch::Message& message = messages[next + i];
      vectors_[i] = {const_cast<char*>(bytes) + message.begin, message.end - message.begin};
    }
    const int sent = ::sendmmsg(socket_->fd(), headers_.data(), static_cast<unsigned>(count),
                                MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      add_fate(outcome.runs, static_cast<std::uint32_t>(sent), Fate::kWritten, 0);
      next += static_cast<std::size_t>(sent);
      deadline = SteadyTime{};
      // The next one could not be sent, but why is only told when it comes first. If it was an ICMP
      // error, it has been taken off the socket unseen and stands only in the queue.
      if (static_cast<std::size_t>(sent) < count) outcome.icmp_errors += take_icmp_errors();
      continue;
    }
    const int error = errno;
    if (error == EINTR) continue;
    if (error == EAGAIN || error == EWOULDBLOCK) {
      const SteadyTime now = steady_now();
      if (deadline == SteadyTime{}) deadline = now + write_stall_timeout_;
      if (now >= deadline) {
        problem_ = stall_problem(peer_, write_stall_timeout_);
        drop_socket();
        break;
      }
      socket_->when_writable([this] { gate_.wake(); });
      co_await gate_.sleep_until(deadline);
      if (aborted_) {
        problem_ = abort_problem();
        drop_socket();
      }
      continue;
    }
    // An ICMP error is about a datagram that was sent before, and the call that tells of it sends
    // nothing: this one is offered again.
    if (const std::uint64_t icmp = take_icmp_errors(); icmp > 0) {
      outcome.icmp_errors += icmp;
      continue;
    }
    add_fate(outcome.runs, 1, Fate::kRefused, error);
    ++next;
  }
  busy_ = false;
  if (!socket_) {
    outcome.lost = true;
    outcome.problem = problem_;
  } else if (outcome.icmp_errors > 0) {
    outcome.problem = connect_problem(peer_, last_icmp_error_);
    outcome.problem.what =
        fmt::format("ICMP errors come back from {}: {}", peer_, error_text(last_icmp_error_));
  }
}

asio::awaitable<CloseOutcome> UdpTransport::close() {
  CloseOutcome outcome;
  if (socket_) {
    outcome.icmp_errors = take_icmp_errors();
    if (const std::uint64_t icmp = outcome.icmp_errors; icmp > 0) {
      outcome.problem = connect_problem(peer_, last_icmp_error_);
      outcome.problem.what =
          fmt::format("{} ICMP error{} came back from {} after the last message: {}", icmp,
                      icmp == 1 ? "" : "s", peer_, error_text(last_icmp_error_));
    }
  }
  drop_socket();
  problem_ = Problem{true, "closed", "", false};
  co_return outcome;
}

}  // namespace esm
