// UDP: one message a datagram, up to 64 of them a system call, and every local error known. With
// `segment` a system call takes whole groups of messages of one length, which the kernel cuts into
// datagrams: faster, but out of order, and one error refuses the whole group.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <sys/socket.h>

#include "sender/transport/connector.h"
#include "sender/transport/gate.h"
#include "sender/transport/length_groups.h"
#include "sender/transport/transport.h"
#include "sender/transport/watched_fd.h"

namespace esm {

class UdpTransport final : public Transport {
 public:
  struct Options {
    std::chrono::milliseconds write_stall_timeout;
    bool segment = false;  // UDP_SEGMENT, as far as the kernel and the path can do it
  };
  UdpTransport(boost::asio::io_context& context, Connector::Options connect,
               const Options& options);
  ~UdpTransport() override;

  boost::asio::awaitable<Problem> open() override;
  boost::asio::awaitable<void> write(const Batch& batch, WriteOutcome& outcome) override;
  bool writes_at_once() const override { return true; }
  bool try_write(const Batch& batch, WriteOutcome& outcome) override;
  // ICMP errors that have come since the last write are counted, and told as a problem.
  boost::asio::awaitable<CloseOutcome> close() override;
  void abort() override;
  void on_loss(std::function<void(const Problem&)>) override {}  // nothing can be lost while idle
  std::string peer() const override { return peer_; }

 private:
  static constexpr std::size_t kSendsPerCall = 64;

  void prepare_socket();
  void prepare_segments(bool v6);
  void one_message_a_send();
  // Takes the error queue; how many ICMP errors it held.
  std::uint64_t take_icmp_errors();
  void drop_socket();

  // A batch under way: what is to be sent is a row of sends, each of one message or of a group.
  void begin(const Batch& batch, WriteOutcome& outcome);
  // Sends as much as the kernel takes now; true when every message has its fate.
  bool push(const Batch& batch, WriteOutcome& outcome);
  void end(const Batch& batch, WriteOutcome& outcome);
  // How many sends there are from `next_send_` on, at most kSendsPerCall; their headers are made.
  std::size_t prepare_sends(const Batch& batch);
  void book(std::size_t sends, int error, WriteOutcome& outcome);
  bool send_apart(int error);
  // The kernel cannot cut after all: one message a send from the next batch on.
  void give_up_segments(int error);

  Connector connector_;
  const Options options_;
  Gate gate_;
  std::shared_ptr<WatchedFd> socket_;  // null: not open
  std::vector<iovec> vectors_;
  std::array<mmsghdr, kSendsPerCall> headers_{};
  std::string peer_;
  int last_icmp_error_ = 0;  // errno
  bool busy_ = false;
  bool aborted_ = false;
  Problem problem_;

  bool under_way_ = false;  // begin() without end()
  std::size_t next_send_ = 0;
  bool segments_ = false;  // sends are to be groups
  bool grouped_ = false;   // those of the batch under way are
  Problem told_;           // that they no longer are, until the next end()
  LengthGroups groups_;
  LengthGroups::Limits limits_;
  struct Control {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint16_t))> bytes{};
  };
  std::vector<Control> controls_;
  // Of a batch of groups of which some were refused: each message's error, 0 if it was written.
  // Empty: none was.
  std::vector<int> errors_;
};

}  // namespace esm
