#include "sender/listener/udp_port.h"

#include <algorithm>
#include <array>
#include <climits>
#include <string_view>
#include <utility>

#include <linux/sock_diag.h>

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

}  // namespace

UdpPort::UdpPort(Reception& reception, udp::socket socket)
    : reception_(reception),
      socket_(std::move(socket)),
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
  if (::setsockopt(fd(), SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted) != 0) {
    ::setsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
  }
}

void UdpPort::wait() {
  socket_.async_wait(udp::socket::wait_read, [this](const boost::system::error_code& error) {
    if (error == boost::asio::error::operation_aborted) return;
    read();
    wait();
  });
}

std::uint64_t UdpPort::buffer_bytes() const {
  int granted = 0;
  socklen_t size = sizeof granted;
  if (::getsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &granted, &size) != 0) return 0;
  return static_cast<std::uint64_t>(granted) / 2;  // the kernel doubles it for its bookkeeping
}

std::uint64_t UdpPort::drops() {
  std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd(), SOL_SOCKET, SO_MEMINFO, info.data(), &size) == 0) {
    const std::uint32_t now = info[SK_MEMINFO_DROPS];
    drops_ += now - drops_seen_;
    drops_seen_ = now;
  }
  return drops_;
}

char* UdpPort::slot(std::size_t i) { return bytes_.data() + i * kSlotBytes; }

void UdpPort::read() {
  for (int turn = 0; turn < kReadsPerTurn; ++turn) {
    for (mmsghdr& header : headers_) header.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    const int count = ::recvmmsg(fd(), headers_.data(), kDatagramsPerCall, MSG_DONTWAIT, nullptr);
    if (count <= 0) break;
    const SimTime now = reception_.clock.now();
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) take(i, now);
    reception_.last_message = reception_.clock.real();
    if (static_cast<std::size_t>(count) < kDatagramsPerCall) break;
  }
  reception_.stop_if_enough();
}

void UdpPort::take(std::size_t i, SimTime now) {
  const IpAddress from = ip_address_of(reinterpret_cast<const sockaddr&>(from_[i]));
  if (sender_ == nullptr || from != sender_address_) {
    sender_ = &reception_.intake.sender(from);
    sender_address_ = from;
  }
  const std::size_t length = std::min(std::size_t{headers_[i].msg_len}, kDatagramBytesMax);
  for_each_line({slot(i), length}, [&](std::string_view line) {
    if (line.size() > reception_.options.message_bytes_max) {
      reception_.intake.too_long(1, *sender_);
    } else {
      reception_.intake.message(line, *sender_, now);
    }
  });
}

}  // namespace esm
