#include "sender/listener/session.h"

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/ssl.hpp>
#include <fmt/format.h>
#include <sys/socket.h>

namespace esm {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::seconds;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t kTlsReadBytes = 16 * 1024 + 512;  // a record, at most
constexpr seconds kHandshakeMax{10};
constexpr seconds kGoodbyeMax{5};

class TcpSession final : public Session {
 public:
  TcpSession(Reception& reception, Sessions& sessions, const IpAddress& peer, tcp::socket socket)
      : Session(reception, sessions, peer), socket_(std::move(socket)) {}

  void start() override { wait(); }
  void say_goodbye() override {
    ended(End::kClean);
    error_code ignored;  // the peer may be gone already
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
  }
  void check_deadline(SteadyTime) override {}
  void close() override {
    error_code ignored;  // nothing can be done about it
    socket_.close(ignored);
  }

 private:
  void wait() {
    auto self = shared_from_this();
    socket_.async_wait(tcp::socket::wait_read, [this, self](const error_code& error) {
      if (error == asio::error::operation_aborted || over()) return;
      read();
    });
  }

  // All sessions read into one buffer: what is left of a frame is copied by the frame reader.
  void read() {
    std::vector<char>& buffer = reception_.stream_buffer;
    for (int turn = 0; turn < kReadsPerTurn; ++turn) {
      const ssize_t size =
          ::recv(socket_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size > 0) {
        take({buffer.data(), static_cast<std::size_t>(size)});
        continue;
      }
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
      ended(size == 0 ? End::kClean : End::kAborted);
      leave();  // our FIN: the sender waits for it
      return;
    }
    wait();
  }

  tcp::socket socket_;
};

class TlsSession final : public Session {
 public:
  TlsSession(Reception& reception, Sessions& sessions, const IpAddress& peer, tcp::socket socket,
             asio::ssl::context& tls)
      : Session(reception, sessions, peer),
        stream_(std::move(socket), tls),
        buffer_(kTlsReadBytes) {}

  void start() override {
    deadline_ = std::chrono::steady_clock::now() + kHandshakeMax;
    auto self = shared_from_this();
    stream_.async_handshake(asio::ssl::stream_base::server, [this, self](const error_code& error) {
      if (over()) return;
      if (error) {
        fail_handshake(error.message());
        return;
      }
      deadline_ = SteadyTime::max();
      read();
    });
  }

  void say_goodbye() override {
    if (over()) return;
    const bool shaken = deadline_ == SteadyTime::max();
    ended(End::kClean);
    if (!shaken) return;
    // The pending read ends with operation_aborted; then close_notify can be sent.
    error_code ignored;
    stream_.lowest_layer().cancel(ignored);
  }

  void check_deadline(SteadyTime now) override {
    if (now < deadline_) return;
    if (over()) {
      leave();
    } else {
      fail_handshake(fmt::format("no handshake within {} s", kHandshakeMax.count()));
    }
  }

  void close() override {
    error_code ignored;  // nothing can be done about it
    stream_.lowest_layer().close(ignored);
  }

 private:
  void fail_handshake(std::string why) {
    ++reception_.handshakes_failed;
    reception_.tls_failure = std::move(why);
    ended(End::kClean);
    leave();
  }

  void read() {
    auto self = shared_from_this();
    stream_.async_read_some(asio::buffer(buffer_),
                            [this, self](const error_code& error, std::size_t size) {
                              if (size > 0 && !over()) take({buffer_.data(), size});
                              if (!error && !over()) {
                                read();
                              } else {
                                finish(error);
                              }
                            });
  }

  void finish(const error_code& error) {
    // End of file here means: the peer's close_notify came before its FIN.
    const bool clean = error == asio::error::eof || over();
    ended(clean ? End::kClean : End::kAborted);
    if (!clean) {
      leave();
      return;
    }
    // Our close_notify and FIN: the sender waits for them.
    deadline_ = std::chrono::steady_clock::now() + kGoodbyeMax;
    auto self = shared_from_this();
    stream_.async_shutdown([this, self](const error_code&) { leave(); });
  }

  asio::ssl::stream<tcp::socket> stream_;
  std::vector<char> buffer_;
  // Of the handshake, then of the goodbye; max while messages are read.
  SteadyTime deadline_ = SteadyTime::max();
};

}  // namespace

Session::Session(Reception& reception, Sessions& sessions, const IpAddress& peer)
    : reception_(reception),
      sessions_(sessions),
      frames_(reception.options.message_bytes_max),
      sender_(reception.intake.sender(peer)) {
  ++sender_.connections_active;
  ++sender_.connections_total;
}

void Session::take(std::string_view bytes) {
  const SimTime now = reception_.clock.now();
  const std::uint64_t messages_before = reception_.intake.messages();
  const std::uint64_t long_before = frames_.too_long();
  frames_.feed(bytes,
               [&](std::string_view message) { reception_.intake.message(message, sender_, now); });
  reception_.intake.too_long(frames_.too_long() - long_before, sender_);
  if (reception_.intake.messages() != messages_before) {
    reception_.last_message = reception_.clock.real();
  }
  reception_.stop_if_enough();
}

void Session::ended(End how) {
  if (over_) return;
  over_ = true;
  frames_.finish();
  reception_.unterminated += frames_.unterminated();
  if (how == End::kAborted) ++reception_.aborted;
  --sender_.connections_active;
}

void Session::leave() {
  close();
  sessions_.erase(shared_from_this());
}

std::shared_ptr<Session> make_session(Reception& reception, Sessions& sessions,
                                      const IpAddress& peer, tcp::socket socket,
                                      asio::ssl::context* tls) {
  if (tls == nullptr) {
    return std::make_shared<TcpSession>(reception, sessions, peer, std::move(socket));
  }
  return std::make_shared<TlsSession>(reception, sessions, peer, std::move(socket), *tls);
}

}  // namespace esm
