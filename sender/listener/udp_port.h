// One UDP socket, read with recvmmsg.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <sys/socket.h>

#include "sender/base/ip_address.h"
#include "sender/base/time.h"
#include "sender/listener/fault.h"
#include "sender/listener/intake.h"
#include "sender/listener/reception.h"

namespace esm {

class UdpPort {
 public:
  // Takes a bound socket. `reception` must outlive the port.
  UdpPort(Reception& reception, boost::asio::ip::udp::socket socket);
  ~UdpPort();
  UdpPort(const UdpPort&) = delete;
  UdpPort& operator=(const UdpPort&) = delete;

  // Reads from now on, whenever there is something.
  void start();
  // Reads what the socket holds. Whether there was anything, and so may be more.
  bool drain();

  // The receive buffer as the kernel granted it.
  std::uint64_t buffer_bytes() const;
  // Datagrams that the buffer had no room for, so far. Keeps the sum over the wraps of the kernel's
  // 32-bit counter if it is called now and then.
  std::uint64_t drops();

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  char* slot(std::size_t i);
  // Sleeps until a datagram comes.
  void wait();
  // Lets them gather for so long.
  void nap(std::chrono::nanoseconds pause);
  // Reads and decides what comes next.
  void go_on();
  // How many datagrams were read; as many as `most` if there may be more.
  std::size_t read(std::size_t most);
  void take(std::size_t i, SimTime now);
  bool fault_is_due() const;
  void begin_fault();
  void go_on_slowly();

  Reception& reception_;
  int fd_;
  // Watches fd_ while we sleep; else it is not open.
  boost::asio::posix::stream_descriptor watch_;
  boost::asio::steady_timer timer_;
  bool may_nap_ = false;
  std::vector<char> bytes_;
  std::vector<sockaddr_storage> from_;
  std::vector<iovec> vectors_;
  std::vector<mmsghdr> headers_;
  // The last one's: a burst mostly has one sender. No counters: it is not allowed.
  std::optional<IpAddress> sender_address_;
  Sender sender_;
  std::uint64_t messages_ = 0;
  std::size_t bytes_read_ = 0;  // by the last read()
  ListenerFault fault_;
  bool stalled_ = false;
  std::optional<ByteBudget> slowly_;
  SteadyTime slow_until_ = SteadyTime::max();
  std::uint32_t drops_seen_ = 0;
  std::uint64_t drops_ = 0;
};

}  // namespace esm
