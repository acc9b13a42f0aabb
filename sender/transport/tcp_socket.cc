#include "sender/transport/tcp_socket.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace esm {

namespace {

void set(int fd, int level, int option, std::int64_t value) {
  // What a kernel does not know or allow is left as it is: nothing depends on it.
  const auto number =
      static_cast<int>(std::min<std::int64_t>(value, std::numeric_limits<int>::max()));
  ::setsockopt(fd, level, option, &number, sizeof number);
}

}  // namespace

void prepare_tcp(int fd, const TcpOptions& options, std::chrono::milliseconds stall) {
  // Batches are ready to go: holding the last segment back would only make it late.
  set(fd, IPPROTO_TCP, TCP_NODELAY, options.nagle ? 0 : 1);
  set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  if (options.keepalive.count() > 0) {
    constexpr int kProbes = 3;
    set(fd, IPPROTO_TCP, TCP_KEEPIDLE, options.keepalive.count());
    set(fd, IPPROTO_TCP, TCP_KEEPINTVL, std::max<std::int64_t>(1, options.keepalive.count() / 3));
    set(fd, IPPROTO_TCP, TCP_KEEPCNT, kProbes);
  }
  set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, stall.count());
  if (options.send_buffer > 0) set(fd, SOL_SOCKET, SO_SNDBUF, options.send_buffer);
  if (options.unsent_max > 0) set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, options.unsent_max);
}

std::uint64_t bytes_acknowledged(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  constexpr std::size_t kNeeded = offsetof(tcp_info, tcpi_bytes_acked) + sizeof(std::uint64_t);
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || size < kNeeded) return 0;
  return info.tcpi_bytes_acked > 0 ? info.tcpi_bytes_acked - 1 : 0;  // the SYN
}

bool everything_acknowledged(int fd) {
  int bytes = 0;
  return ::ioctl(fd, SIOCOUTQ, &bytes) == 0 && bytes == 0;
}

}  // namespace esm
