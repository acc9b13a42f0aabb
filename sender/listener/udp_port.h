// One UDP socket, read with recvmmsg.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <boost/asio/ip/udp.hpp>
#include <sys/socket.h>

#include "sender/base/ip_address.h"
#include "sender/base/time.h"
#include "sender/listener/listener_result.h"
#include "sender/listener/reception.h"

namespace esm {

class UdpPort {
 public:
  // Takes a bound socket. `reception` must outlive the port.
  UdpPort(Reception& reception, boost::asio::ip::udp::socket socket);

  // Reads from now on, whenever there is something.
  void wait();

  // The receive buffer as the kernel granted it.
  std::uint64_t buffer_bytes() const;
  // Datagrams that the buffer had no room for, so far. Keeps the sum over the wraps of the kernel's
  // 32-bit counter if it is called now and then.
  std::uint64_t drops();

 private:
  // native_handle() is not const.
  int fd() const { return const_cast<boost::asio::ip::udp::socket&>(socket_).native_handle(); }
  char* slot(std::size_t i);
  void read();
  void take(std::size_t i, SimTime now);

  Reception& reception_;
  boost::asio::ip::udp::socket socket_;
  std::vector<char> bytes_;
  std::vector<sockaddr_storage> from_;
  std::vector<iovec> vectors_;
  std::vector<mmsghdr> headers_;
  IpAddress sender_address_;
  SenderCounters* sender_ = nullptr;  // the last one's: a burst mostly has one sender
  std::uint32_t drops_seen_ = 0;
  std::uint64_t drops_ = 0;
};

}  // namespace esm
