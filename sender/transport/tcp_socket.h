// What the kernel's TCP is told and asked about a connection. Apart from Asio, whose headers know
// an older tcp_info.
#pragma once

#include <chrono>
#include <cstdint>

#include "sender/transport/target.h"

namespace esm {

// Asks the kernel for what the options say. `stall`: unacknowledged for so long, the connection is
// dead (TCP_USER_TIMEOUT).
void prepare_tcp(int fd, const TcpOptions& options, std::chrono::milliseconds stall);

// Bytes of ours that the peer's kernel has acknowledged, known to the byte, also when the
// connection is dead. Our SYN is not among them; our FIN is one of them.
std::uint64_t bytes_acknowledged(int fd);

// Everything is acknowledged, our FIN included.
bool everything_acknowledged(int fd);

}  // namespace esm
