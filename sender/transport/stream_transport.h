// TCP and TLS: one connection at a time, a read always pending, so that the receiver's end is seen
// before the next write and not after it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "sender/transport/connector.h"
#include "sender/transport/gate.h"
#include "sender/transport/tls_context.h"
#include "sender/transport/tls_session.h"
#include "sender/transport/transport.h"
#include "sender/transport/watched_fd.h"

namespace esm {

class StreamTransport final : public Transport {
 public:
  struct Options {
    std::chrono::milliseconds handshake_timeout;
    std::chrono::milliseconds write_stall_timeout;
    std::chrono::milliseconds close_timeout;
    TcpOptions tcp;
    Framing framing = Framing::kLf;  // for hints
  };

  // Without `tls` it is plain TCP.
  StreamTransport(boost::asio::io_context& context, Connector::Options connect,
                  const Options& options, std::shared_ptr<const TlsContext> tls);
  ~StreamTransport() override;

  boost::asio::awaitable<Problem> open() override;
  boost::asio::awaitable<void> write(const Batch& batch, WriteOutcome& outcome) override;
  boost::asio::awaitable<CloseOutcome> close() override;
  void abort() override;
  void on_loss(std::function<void(const Problem&)> callback) override;
  std::uint64_t acknowledged() override;
  std::string peer() const override { return peer_; }
  std::string certificate() const override { return certificate_; }

 private:
  // How far the bytes of a batch have come.
  struct Progress {
    std::size_t taken = 0;    // the kernel has them
    std::size_t touched = 0;  // the kernel may have some of them
    int error = 0;
  };

  boost::asio::awaitable<Problem> shake_hands();
  boost::asio::awaitable<void> wait_for(TlsSession::Step wanted, SteadyTime deadline);
  boost::asio::awaitable<void> await_end(SteadyTime deadline);

  void watch_readable();
  // Takes what the peer sent; false: it has ended, problem_ says how.
  bool take_input();
  bool take_plain_input();
  bool take_input_while_closing();
  // Offers bytes once. kDone: all taken.
  TlsSession::Step offer(std::span<const char> bytes, Progress& progress);
  // Bytes that the kernel has accepted so far, to see whether it still accepts any.
  std::uint64_t accepted(const Progress& progress) const;
  std::uint64_t read_acknowledged();
  // Bytes of batches that the kernel has, on this connection.
  std::uint64_t accepted_in_all() const;
  void explain_early_end();
  void lose(Problem problem);
  void drop_connection();

  Connector connector_;
  Options options_;
  std::shared_ptr<const TlsContext> tls_context_;
  Gate gate_;
  std::shared_ptr<WatchedFd> socket_;  // null: not connected
  std::unique_ptr<TlsSession> tls_;    // null: plain, or not connected
  std::string endpoint_;               // "127.0.0.1:6514" or "firewall:6514 (10.0.0.1:6514)"
  std::string peer_;
  std::string certificate_;
  TlsSession::Resumable resumable_;  // of the connection before
  std::function<void(const Problem&)> on_loss_;
  std::uint64_t bytes_out_ = 0;  // plain TCP: that the kernel has taken on this connection
  SteadyTime opened_at_{};
  std::uint64_t acknowledged_ = 0;  // when the last connection ended

  bool busy_ = false;     // an operation is under way: it tells of a loss itself
  bool aborted_ = false;  // since the operation began
  bool readable_ = false;
  bool writable_ = false;
  bool ended_ = false;         // the peer's FIN has come
  bool input_seen_ = false;    // since connected
  bool tls_alert_in_ = false;  // what a plain peer sent first is a TLS alert
  Problem problem_;            // happened: the connection is lost
};

}  // namespace esm
