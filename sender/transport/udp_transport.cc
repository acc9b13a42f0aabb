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
#include <netinet/udp.h>
#include <sys/socket.h>
#include <time.h>

#include "sender/base/socket_address.h"
#include "sender/transport/network_problem.h"

namespace esm {

namespace asio = boost::asio;

namespace {

// Bursts that the network card does not take at once wait here and not in this program.
constexpr int kSendBufferBytes = 4 * 1024 * 1024;

constexpr std::size_t kHeadersV4 = 20 + 8;  // IP and UDP
constexpr std::size_t kHeadersV6 = 40 + 8;

// In the place of an errno.
constexpr int kNotOffered = -1;

// Appends to the last run where it is the same.
void add_run(std::vector<FateRun>& runs, const FateRun& run) {
  if (!runs.empty() && runs.back().fate == run.fate && runs.back().error == run.error &&
      runs.back().reason == run.reason) {
    runs.back().count += run.count;
  } else {
    runs.push_back(run);
  }
}

void add_fate(std::vector<FateRun>& runs, std::uint32_t count, Fate fate, int error) {
  add_run(runs, {count, fate, reason_of(error), error});
}

}  // namespace

UdpTransport::UdpTransport(asio::io_context& context, Connector::Options connect,
                           const Options& options)
    : connector_(context, std::move(connect)),
      options_(options),
      gate_(context),
      vectors_(kSendsPerCall) {
  if (options_.segment) controls_.resize(kSendsPerCall);
  one_message_a_send();
}

// Each header has its own vector, to which only the message's place and length are missing.
void UdpTransport::one_message_a_send() {
  grouped_ = false;
  for (std::size_t i = 0; i < kSendsPerCall; ++i) {
    headers_[i].msg_hdr = {};
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
    aborted_ = true;
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
  if (options_.segment) prepare_segments(connected.address.is_v6());
  co_return problem_;
}

void UdpTransport::prepare_socket() {
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

void UdpTransport::prepare_segments(bool v6) {
  const int fd = socket_->fd();
  // Of the path as far as it is known. A message that fills more than one packet cannot be a piece.
  int mtu = 0;
  socklen_t size = sizeof mtu;
  const int known = v6 ? ::getsockopt(fd, IPPROTO_IPV6, IPV6_MTU, &mtu, &size)
                       : ::getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &size);
  const std::size_t headers = v6 ? kHeadersV6 : kHeadersV4;
  limits_.length_max = known == 0 && static_cast<std::size_t>(mtu) > headers
                           ? static_cast<std::size_t>(mtu) - headers
                           : 0;
  segments_ = true;
  const int none = 0;
  if (::setsockopt(fd, SOL_UDP, UDP_SEGMENT, &none, sizeof none) != 0) give_up_segments(errno);
}

void UdpTransport::give_up_segments(int error) {
  segments_ = false;
  told_ = {
      true,
      fmt::format("--udp-gso: no datagrams cut by the kernel on the way to {}: {}; one message "
                  "a datagram goes on",
                  peer_, error_text(error)),
      "it needs Linux 4.18 and a network card that computes checksums", false};
}

void UdpTransport::begin(const Batch& batch, WriteOutcome& outcome) {
  outcome.clear();
  aborted_ = false;
  under_way_ = true;
  next_send_ = 0;
  if (!segments_) {
    if (grouped_) one_message_a_send();
    return;
  }
  grouped_ = true;
  groups_.put_together(batch.messages(), limits_);
  errors_.clear();
  if (vectors_.size() < batch.size()) vectors_.resize(batch.size());
}

std::size_t UdpTransport::prepare_sends(const Batch& batch) {
  const std::span<const Batch::Message> messages = batch.messages();
  const auto at = [bytes = const_cast<char*>(batch.bytes().data())](const Batch::Message& message) {
    return iovec{bytes + message.begin, message.end - message.begin};
  };
  if (!grouped_) {
    const std::size_t count = std::min(kSendsPerCall, messages.size() - next_send_);
    for (std::size_t i = 0; i < count; ++i) vectors_[i] = at(messages[next_send_ + i]);
    return count;
  }
  const std::span<const LengthGroups::Group> groups = groups_.groups();
  const std::size_t count = std::min(kSendsPerCall, groups.size() - next_send_);
  std::size_t used = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const LengthGroups::Group& group = groups[next_send_ + i];
    msghdr& header = headers_[i].msg_hdr;
    header = {};
    header.msg_iov = &vectors_[used];
    const auto numbers = groups_.order().subspan(group.first, group.count);
    // Messages that are neighbours in the batch are one piece of memory.
    if (numbers.back() - numbers.front() == group.count - 1) {
      const Batch::Message& first = messages[numbers.front()];
      vectors_[used++] = at({first.begin, messages[numbers.back()].end, SimTime{}});
      header.msg_iovlen = 1;
    } else {
      for (const std::uint32_t number : numbers) vectors_[used++] = at(messages[number]);
      header.msg_iovlen = group.count;
    }
    if (group.count == 1) continue;
    Control& control = controls_[i];
    header.msg_control = control.bytes.data();
    header.msg_controllen = control.bytes.size();
    cmsghdr* const part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_UDP;
    part->cmsg_type = UDP_SEGMENT;
    part->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
    const auto length = static_cast<std::uint16_t>(group.length);
    std::memcpy(CMSG_DATA(part), &length, sizeof length);
  }
  return count;
}

// The next `sends` ended like this. Those of groups are told when the batch is over, because fates
// stand in batch order.
void UdpTransport::book(std::size_t sends, int error, WriteOutcome& outcome) {
  if (!grouped_) {
    add_fate(outcome.runs, static_cast<std::uint32_t>(sends),
             error == 0 ? Fate::kWritten : Fate::kRefused, error);
  } else if (error != 0) {
    if (errors_.empty()) errors_.resize(groups_.order().size());
    for (const LengthGroups::Group& group : groups_.groups().subspan(next_send_, sends)) {
      for (const std::uint32_t number : groups_.order().subspan(group.first, group.count)) {
        errors_[number] = error;
      }
    }
  }
  next_send_ += sends;
}

bool UdpTransport::push(const Batch& batch, WriteOutcome& outcome) {
  while (socket_) {
    const std::size_t count = prepare_sends(batch);
    if (count == 0) return true;
    const int sent = ::sendmmsg(socket_->fd(), headers_.data(), static_cast<unsigned>(count),
                                MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      book(static_cast<std::size_t>(sent), 0, outcome);
      // The next one could not be sent, but why is only told when it comes first. If it was an ICMP
      // error, it has been taken off the socket unseen and stands only in the queue.
      if (static_cast<std::size_t>(sent) < count) outcome.icmp_errors += take_icmp_errors();
      continue;
    }
    const int error = errno;
    if (error == EINTR) continue;
    if (error == EAGAIN || error == EWOULDBLOCK) return false;
    // An ICMP error is about a datagram that was sent before, and the call that tells of it sends
    // nothing: this one is offered again.
    if (const std::uint64_t icmp = take_icmp_errors(); icmp > 0) {
      outcome.icmp_errors += icmp;
      continue;
    }
    if (grouped_ && groups_.groups()[next_send_].count > 1 && send_apart(error)) continue;
    book(1, error, outcome);
  }
  return true;
}

// Whether the group that met `error` is none any more.
bool UdpTransport::send_apart(int error) {
  if (error == EMSGSIZE) {
    // The path takes less than it did: such messages go alone, and may be fragmented.
    limits_.length_max = groups_.groups()[next_send_].length - 1;
  } else if (error == EINVAL || error == EIO) {
    give_up_segments(error);
  } else {
    return false;
  }
  groups_.take_apart(next_send_);
  return true;
}

void UdpTransport::end(const Batch& batch, WriteOutcome& outcome) {
  under_way_ = false;
  if (grouped_) {
    const std::span<const LengthGroups::Group> groups = groups_.groups();
    if (next_send_ < groups.size()) {
      errors_.resize(batch.size());
      for (const LengthGroups::Group& group : groups.subspan(next_send_)) {
        for (const std::uint32_t number : groups_.order().subspan(group.first, group.count)) {
          errors_[number] = kNotOffered;
        }
      }
    }
    if (errors_.empty()) {
      add_fate(outcome.runs, static_cast<std::uint32_t>(batch.size()), Fate::kWritten, 0);
    }
    for (const int error : errors_) {
      if (error == kNotOffered) {
        // Others behind it have been written, so that it cannot simply be offered again.
        add_run(outcome.runs,
                {1, Fate::kDropped, aborted_ ? Reason::kInterrupted : Reason::kDisconnected, 0});
      } else {
        add_fate(outcome.runs, 1, error == 0 ? Fate::kWritten : Fate::kRefused, error);
      }
    }
  }
  if (!socket_) {
    outcome.lost = true;
    outcome.problem = problem_;
  } else if (told_.happened) {
    outcome.problem = std::exchange(told_, Problem{});
  } else if (outcome.icmp_errors > 0) {
    outcome.problem = connect_problem(peer_, last_icmp_error_);
    outcome.problem.what =
        fmt::format("ICMP errors come back from {}: {}", peer_, error_text(last_icmp_error_));
  }
}

bool UdpTransport::try_write(const Batch& batch, WriteOutcome& outcome) {
  assert(!busy_ && !under_way_);
  begin(batch, outcome);
  if (!push(batch, outcome)) return false;
  end(batch, outcome);
  return true;
}

asio::awaitable<void> UdpTransport::write(const Batch& batch, WriteOutcome& outcome) {
  assert(!busy_);
  if (!under_way_) begin(batch, outcome);
  busy_ = true;
  SteadyTime deadline{};  // unset: the kernel takes datagrams
  std::size_t before = next_send_;
  while (!push(batch, outcome)) {
    const SteadyTime now = steady_now();
    if (deadline == SteadyTime{} || next_send_ > before)
      deadline = now + options_.write_stall_timeout;
    before = next_send_;
    if (now >= deadline) {
      problem_ = stall_problem(peer_, options_.write_stall_timeout);
      drop_socket();
      break;
    }
    socket_->when_writable([this] { gate_.wake(); });
    co_await gate_.sleep_until(deadline);
    if (aborted_) {
      problem_ = abort_problem();
      drop_socket();
    }
  }
  busy_ = false;
  end(batch, outcome);
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
