#include "sender/transport/tcp_socket.h"

#include <cstddef>

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace esm {

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
