#include "sender/listener/udp_port.h"

#include <algorithm>
#include <array>
#include <climits>
#include <string_view>
#include <utility>

#include <boost/asio/post.hpp>
#include <linux/sock_diag.h>
#include <unistd.h>

#include "sender/base/lines.h"
#include "sender/base/socket_address.h"

namespace esm {
namespace {

using boost::asio::ip::udp;

constexpr std::size_t kDatagramsPerCall = 64;
constexpr std::size_t kDatagramBytesMax = 65'536;  // none is as long
// Of one datagram in the buffer. At a distance of a power of two the beginnings of all, which is
// what short ones consist of, would be in each other's way in the processor's cache.
constexpr std::size_t kSlotBytes = kDatagramBytesMax + 5 * 64;
constexpr std::size_t kDatagramsPerTurn = kDatagramsPerCall * kReadsPerTurn;

// Above some ten thousand datagrams a second a sleeping reader costs more than an awake one: each
// datagram wakes it, and on loopback the sender pays for that. So while datagrams come that fast
// they may gather for a while, if the buffer has room for many times as many. Measured with a
// sender that has the other core: 245,000/s become 360,000/s.
constexpr std::size_t kManyAtOnce = 8;
constexpr std::chrono::microseconds kNap{250};
constexpr std::uint64_t kNapBufferBytes = 1024 * 1024;
constexpr std::chrono::milliseconds kSlowPause{10};

}  // namespace

UdpPort::UdpPort(Reception& reception, udp::socket socket)
    : reception_(reception),
      fd_(socket.release()),
      watch_(reception.context),
      timer_(reception.context),
      bytes_(kSlotBytes * kDatagramsPerCall),
      from_(kDatagramsPerCall),
      vectors_(kDatagramsPerCall),
      headers_(kDatagramsPerCall) {
  for (std::size_t i = 0; i < kDatagramsPerCall; ++i) {
    vectors_[i] = {slot(i), kDatagramBytesMax};
    headers_[i] = {};
    headers_[i].msg_hdr.msg_iov = &vectors_[i];
    headers_[i].msg_hdr.msg_iovlen = 1;
    headers_[i].msg_hdr.msg_name = &from_[i];
  }
  // The one above rmem_max needs a privilege, so the ordinary one follows.
  const int wanted =
      static_cast<int>(std::min<std::uint32_t>(reception.options.udp_buffer_bytes, INT_MAX / 2));
  if (::setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted) != 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
  }
  may_nap_ = buffer_bytes() >= kNapBufferBytes;
  const ListenerFault& fault = reception.options.fault;
  if (fault.kind == ListenerFault::Kind::kStall || fault.kind == ListenerFault::Kind::kSlow)
    fault_ = fault;
}

UdpPort::~UdpPort() {
  if (watch_.is_open()) watch_.release();
  ::close(fd_);
}

void UdpPort::start() { go_on(); }

void UdpPort::wait() {
  boost::system::error_code error;
  if (!watch_.is_open()) watch_.assign(fd_, error);
  watch_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                    [this](const boost::system::error_code& ended) {
                      if (ended != boost::asio::error::operation_aborted) go_on();
                    });
}

void UdpPort::nap(std::chrono::nanoseconds pause) {
  // Otherwise each datagram would wake the event loop.
  if (watch_.is_open()) watch_.release();
  timer_.expires_after(pause);
  timer_.async_wait([this](const boost::system::error_code& stopped) {
    if (!stopped) go_on();
  });
}

void UdpPort::go_on() {
  if (fault_is_due()) begin_fault();
  if (stalled_) return;
  if (slowly_) {
    go_on_slowly();
    return;
  }
  const std::size_t count = read(kDatagramsPerTurn);
  if (count == kDatagramsPerTurn || (fault_.kind != ListenerFault::Kind::kNone && count > 0)) {
    boost::asio::post(reception_.context, [this] { go_on(); });  // the others' turn
  } else if (count >= kManyAtOnce && may_nap_) {
    nap(kNap);
  } else {
    wait();
  }
}

void UdpPort::go_on_slowly() {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (now >= slow_until_) {
    slowly_.reset();
    wait();
    return;
  }
  while (slowly_->available(now.time_since_epoch()) > 0 && read(1) > 0) {
    slowly_->spend(bytes_read_);
  }
  nap(kSlowPause);
}

// Datagrams are counted, and not what is in them: where one has several lines the fault may come
// some messages later.
void UdpPort::begin_fault() {
  ++reception_.faults;
  const ListenerFault fault = std::exchange(fault_, {});
  const SteadyTime until =
      fault.lasting ? std::chrono::steady_clock::now() + *fault.lasting : SteadyTime::max();
  if (fault.kind == ListenerFault::Kind::kSlow) {
    slowly_.emplace(fault.bytes_per_second, std::chrono::steady_clock::now().time_since_epoch());
    slow_until_ = until;
    return;
  }
  stalled_ = true;
  if (watch_.is_open()) watch_.release();
  if (!fault.lasting) return;
  timer_.expires_at(until);
  timer_.async_wait([this](const boost::system::error_code& stopped) {
    if (stopped) return;
    stalled_ = false;
    go_on();
  });
}

bool UdpPort::drain() {
  if (fault_is_due()) begin_fault();
  return !stalled_ && !slowly_ && read(kDatagramsPerTurn) > 0;
}

bool UdpPort::fault_is_due() const {
  return fault_.kind != ListenerFault::Kind::kNone && messages_ >= fault_.after_messages;
}

std::uint64_t UdpPort::buffer_bytes() const {
  int granted = 0;
  socklen_t size = sizeof granted;
  if (::getsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &granted, &size) != 0) return 0;
  return static_cast<std::uint64_t>(granted) / 2;  // the kernel doubles it for its bookkeeping
}

std::uint64_t UdpPort::drops() {
  std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd_, SOL_SOCKET, SO_MEMINFO, info.data(), &size) == 0) {
    const std::uint32_t now = info[SK_MEMINFO_DROPS];
    drops_ += now - drops_seen_;
    drops_seen_ = now;
  }
  return drops_;
}

char* UdpPort::slot(std::size_t i) { return bytes_.data() + i * kSlotBytes; }

std::size_t UdpPort::read(std::size_t most) {
  // Up to a fault datagrams are read one by one: those behind it stay in the socket.
  const bool singly = fault_.kind != ListenerFault::Kind::kNone;
  if (singly) most = 1;
  const std::uint64_t messages_before = messages_;
  std::size_t total = 0;
  bytes_read_ = 0;
  while (total < most) {
    const std::size_t wanted = std::min(most - total, kDatagramsPerCall);
    for (mmsghdr& header : headers_) header.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    const int count =
        ::recvmmsg(fd_, headers_.data(), static_cast<unsigned>(wanted), MSG_DONTWAIT, nullptr);
    if (count <= 0) break;
    const SimTime now = reception_.clock.now();
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) take(i, now);
    total += static_cast<std::size_t>(count);
    if (static_cast<std::size_t>(count) < wanted) break;
  }
  if (messages_ != messages_before) reception_.last_message = reception_.clock.real();
  reception_.stop_if_enough();
  return total;
}

void UdpPort::take(std::size_t i, SimTime now) {
  const IpAddress from = ip_address_of(reinterpret_cast<const sockaddr&>(from_[i]));
  if (from != sender_address_) {
    sender_address_ = from;
    sender_ = reception_.allows(from) ? reception_.intake.sender(from) : Sender{};
  }
  const std::size_t length = std::min(std::size_t{headers_[i].msg_len}, kDatagramBytesMax);
  bytes_read_ += length;
  if (sender_.counters == nullptr) {
    ++reception_.datagrams_not_allowed;
    return;
  }
  for_each_line({slot(i), length}, [&](std::string_view line) {
    ++messages_;
    if (line.size() > reception_.options.message_bytes_max) {
      reception_.intake.too_long(1, sender_);
    } else {
      reception_.intake.message(line, sender_, now);
    }
  });
}

}  // namespace esm
