// UDP: one message a datagram, up to 64 of them a system call, and every local error known.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <sys/socket.h>

#include "sender/transport/connector.h"
#include "sender/transport/gate.h"
#include "sender/transport/transport.h"
#include "sender/transport/watched_fd.h"

namespace esm {

class UdpTransport final : public Transport {
 public:
  UdpTransport(boost::asio::io_context& context, Connector::Options connect,
               std::chrono::milliseconds write_stall_timeout);
  ~UdpTransport() override;

  boost::asio::awaitable<Problem> open() override;
  boost::asio::awaitable<void> write(const Batch& batch, WriteOutcome& outcome) override;
  // ICMP errors that have come since the last write are counted, and told as a problem.
  boost::asio::awaitable<CloseOutcome> close() override;
  void abort() override;
  void on_loss(std::function<void(const Problem&)>) override {}  // nothing can be lost while idle
  std::string peer() const override { return peer_; }

 private:
  void prepare_socket() const;
  // Takes the error queue; how many ICMP errors it held.
  std::uint64_t take_icmp_errors();
  void drop_socket();

  Connector connector_;
  std::chrono::milliseconds write_stall_timeout_;
  Gate gate_;
  std::shared_ptr<WatchedFd> socket_;  // null: not open
  std::vector<iovec> vectors_;
  std::vector<mmsghdr> headers_;
  std::string peer_;
  int last_icmp_error_ = 0;  // errno
  bool busy_ = false;
  bool aborted_ = false;
  Problem problem_;
};

}  // namespace esm
