#include "sender/listener/listener.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <unordered_set>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sender/base/lines.h"
#include "sender/base/socket_address.h"
#include "sender/listener/frame_reader.h"
#include "sender/listener/intake.h"
#include "sender/listener/output_file.h"
#include "sender/mapping/panos_text.h"

namespace esm {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t kDatagramsPerCall = 64;
constexpr std::size_t kDatagramBytesMax = 65'536;  // none is as long
// Of one datagram in the buffer. At a distance of a power of two the beginnings of all, which is
// what short ones consist of, would be in each other's way in the processor's cache.
constexpr std::size_t kSlotBytes = kDatagramBytesMax + 5 * 64;
constexpr std::size_t kStreamReadBytes = 256 * 1024;
constexpr std::size_t kTlsReadBytes = 16 * 1024 + 512;  // a record, at most
// Reads in a row from one socket before the others have their turn.
constexpr int kReadsPerTurn = 16;
constexpr seconds kHandshakeMax{10};
constexpr seconds kGoodbyeMax{5};
constexpr seconds kDrainMax{1};
constexpr milliseconds kGoodbyesAtStop{200};

std::optional<asio::ip::address> asio_address(const std::string& host) {
  error_code error;
  const asio::ip::address address =
      asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (error) return std::nullopt;
  return address;
}

std::string text_of(const ListenAddress& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", address.host, v6 ? "]" : "", address.port);
}

std::string hint_for(const error_code& error) {
  switch (error.value()) {
    case EACCES:
      return "ports below 1024 need root or CAP_NET_BIND_SERVICE: choose one above, or 0 for a "
             "free "
             "one";
    case EADDRINUSE:
      return "another program listens there: choose another port, or 0 for a free one";
    case EADDRNOTAVAIL:
      return "this machine does not have that address";
    default:
      return "";
  }
}

void report_file(Diagnostics& diagnostics, const std::string& path, const std::string& problem,
                 const std::string& hint = {}) {
  diagnostics.error({path == "-" ? "<stdout>" : path, 0, 0, 1}, problem, hint);
}

// The listener's clock: starts at 0, runs `speed` times faster than real time.
class FastClock {
 public:
  explicit FastClock(const Speed& speed) : speed_(speed) {}

  nanoseconds real() const { return std::chrono::steady_clock::now() - started_; }
  SimTime now() const {
    __extension__ using Wide = __int128;
    const Wide scaled = static_cast<Wide>(real().count()) * speed_.numerator / speed_.denominator;
    return scaled >= kNever.count() ? kNever : SimTime{static_cast<std::int64_t>(scaled)};
  }

 private:
  SteadyTime started_ = std::chrono::steady_clock::now();
  Speed speed_;
};

// What sockets and sessions need of the listener.
struct Shared {
  Shared(const std::vector<Profile>& profiles, const ListenerOptions& listener_options,
         OutputFile& received, const std::function<void(const Mapping&)>& on_mapping)
      : options(listener_options),
        intake(profiles, listener_options, received, on_mapping),
        clock(listener_options.clock_speed) {}

  const ListenerOptions& options;
  asio::io_context context{1};
  Intake intake;
  FastClock clock;
  nanoseconds last_message{-1};  // real time; < 0: none yet
  std::vector<char> stream_buffer = std::vector<char>(kStreamReadBytes);
  std::uint64_t unterminated = 0, refused = 0, aborted = 0, handshakes_failed = 0;
  std::string tls_failure;
  bool stopping = false;

  void stop_if_enough() {
    if (options.stop_after_count && intake.messages() >= *options.stop_after_count) stopping = true;
  }
};

// One UDP socket, read with recvmmsg.
class UdpPort {
 public:
  UdpPort(Shared& shared, udp::socket socket)
      : shared_(shared),
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
        static_cast<int>(std::min<std::uint32_t>(shared.options.udp_buffer_bytes, INT_MAX / 2));
    if (::setsockopt(fd(), SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted) != 0) {
      ::setsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
    }
  }

  void wait() {
    socket_.async_wait(udp::socket::wait_read, [this](const error_code& error) {
      if (error == asio::error::operation_aborted) return;
      read();
      wait();
    });
  }

  std::uint64_t buffer_bytes() const {
    int granted = 0;
    socklen_t size = sizeof granted;
    if (::getsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &granted, &size) != 0) return 0;
    return static_cast<std::uint64_t>(granted) / 2;  // the kernel doubles it for its bookkeeping
  }

  // Keeps the sum over the wraps of the kernel's 32-bit counter; called at every tick.
  std::uint64_t drops() {
    std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
    socklen_t size = sizeof info;
    if (::getsockopt(fd(), SOL_SOCKET, SO_MEMINFO, info.data(), &size) == 0) {
      const std::uint32_t now = info[SK_MEMINFO_DROPS];
      drops_ += now - drops_seen_;
      drops_seen_ = now;
    }
    return drops_;
  }

 private:
  // native_handle() is not const.
  int fd() const { return const_cast<udp::socket&>(socket_).native_handle(); }

  void read() {
    for (int turn = 0; turn < kReadsPerTurn; ++turn) {
      for (mmsghdr& header : headers_) header.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
      const int count = ::recvmmsg(fd(), headers_.data(), kDatagramsPerCall, MSG_DONTWAIT, nullptr);
      if (count <= 0) break;
      const SimTime now = shared_.clock.now();
      for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) take(i, now);
      shared_.last_message = shared_.clock.real();
      if (static_cast<std::size_t>(count) < kDatagramsPerCall) break;
    }
    shared_.stop_if_enough();
  }

  void take(std::size_t i, SimTime now) {
    const IpAddress from = ip_address_of(reinterpret_cast<const sockaddr&>(from_[i]));
    if (sender_ == nullptr || from != sender_address_) {
      sender_ = &shared_.intake.sender(from);
      sender_address_ = from;
    }
    const std::size_t length = std::min(std::size_t{headers_[i].msg_len}, kDatagramBytesMax);
    for_each_line({slot(i), length}, [&](std::string_view line) {
      if (line.size() > shared_.options.message_bytes_max) {
        shared_.intake.too_long(1, *sender_);
      } else {
        shared_.intake.message(line, *sender_, now);
      }
    });
  }

  char* slot(std::size_t i) { return bytes_.data() + i * kSlotBytes; }

  Shared& shared_;
  udp::socket socket_;
  std::vector<char> bytes_;
  std::vector<sockaddr_storage> from_;
  std::vector<iovec> vectors_;
  std::vector<mmsghdr> headers_;
  IpAddress sender_address_;
  SenderCounters* sender_ = nullptr;  // the last one's: a burst mostly has one sender
  std::uint32_t drops_seen_ = 0;
  std::uint64_t drops_ = 0;
};

class Session;
using Sessions = std::unordered_set<std::shared_ptr<Session>>;

// One connection. It is alive while it is in the set of sessions or has an operation under way.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Shared& shared, Sessions& sessions, const IpAddress& peer)
      : shared_(shared),
        sessions_(sessions),
        frames_(shared.options.message_bytes_max),
        sender_(shared.intake.sender(peer)) {
    ++sender_.connections_active;
    ++sender_.connections_total;
  }
  virtual ~Session() = default;

  virtual void start() = 0;
  // The listener stops: says goodbye as far as that goes at once.
  virtual void say_goodbye() = 0;
  // Called at every tick.
  virtual void check_deadline(SteadyTime now) = 0;
  virtual void close() = 0;

 protected:
  enum class End { kClean, kAborted };

  void take(std::string_view bytes) {
    const SimTime now = shared_.clock.now();
    const std::uint64_t messages_before = shared_.intake.messages();
    const std::uint64_t long_before = frames_.too_long();
    frames_.feed(bytes,
                 [&](std::string_view message) { shared_.intake.message(message, sender_, now); });
    shared_.intake.too_long(frames_.too_long() - long_before, sender_);
    if (shared_.intake.messages() != messages_before) shared_.last_message = shared_.clock.real();
    shared_.stop_if_enough();
  }

  // The books of the session; once.
  void ended(End how) {
    if (over_) return;
    over_ = true;
    frames_.finish();
    shared_.unterminated += frames_.unterminated();
    if (how == End::kAborted) ++shared_.aborted;
    --sender_.connections_active;
  }
  void leave() {
    close();
    sessions_.erase(shared_from_this());
  }
  bool over() const { return over_; }

  Shared& shared_;

 private:
  Sessions& sessions_;
  FrameReader frames_;
  SenderCounters& sender_;
  bool over_ = false;
};

class TcpSession final : public Session {
 public:
  TcpSession(Shared& shared, Sessions& sessions, const IpAddress& peer, tcp::socket socket)
      : Session(shared, sessions, peer), socket_(std::move(socket)) {}

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
    std::vector<char>& buffer = shared_.stream_buffer;
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
  TlsSession(Shared& shared, Sessions& sessions, const IpAddress& peer, tcp::socket socket,
             asio::ssl::context& tls)
      : Session(shared, sessions, peer), stream_(std::move(socket), tls), buffer_(kTlsReadBytes) {}

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
    ++shared_.handshakes_failed;
    shared_.tls_failure = std::move(why);
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

// Accepts for one TCP or TLS port.
class Acceptor {
 public:
  // `tls` is null for plain TCP.
  Acceptor(Shared& shared, Sessions& sessions, tcp::acceptor acceptor, asio::ssl::context* tls)
      : shared_(shared),
        sessions_(sessions),
        acceptor_(std::move(acceptor)),
        retry_(shared.context),
        tls_(tls) {}

  void accept() {
    acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) {
        accept_failed(error);
        return;
      }
      take(std::move(socket));
      accept();
    });
  }

  void stop() {
    error_code ignored;  // nothing can be done about it
    acceptor_.close(ignored);
    retry_.cancel();
  }

 private:
  void take(tcp::socket socket) {
    error_code error;
    const tcp::endpoint peer = socket.remote_endpoint(error);
    if (error) {
      ++shared_.aborted;  // reset while it waited to be accepted
      return;
    }
    if (sessions_.size() >= shared_.options.sessions_max) {
      ++shared_.refused;
      return;
    }
    const IpAddress address = ip_address_of(*peer.data());
    std::shared_ptr<Session> session;
    if (tls_ == nullptr) {
      session = std::make_shared<TcpSession>(shared_, sessions_, address, std::move(socket));
    } else {
      session = std::make_shared<TlsSession>(shared_, sessions_, address, std::move(socket), *tls_);
    }
    sessions_.insert(session);
    session->start();
  }

  // Out of descriptors or memory the connection stays in the queue, and accepting again at once
  // would only spin.
  void accept_failed(const error_code& error) {
    if (error.value() == EMFILE || error.value() == ENFILE || error.value() == ENOBUFS ||
        error.value() == ENOMEM) {
      ++shared_.refused;
      retry_.expires_after(milliseconds{100});
      retry_.async_wait([this](const error_code& stopped) {
        if (!stopped) accept();
      });
      return;
    }
    accept();
  }

  Shared& shared_;
  Sessions& sessions_;
  tcp::acceptor acceptor_;
  asio::steady_timer retry_;
  asio::ssl::context* tls_;
};

// Encrypted keys are refused: OpenSSL would ask for the passphrase on the terminal.
std::unique_ptr<asio::ssl::context> make_tls(const ListenerOptions& options,
                                             Diagnostics& diagnostics) {
  auto tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX* const native = tls->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  // TLS 1.3 tickets come unasked. A sender that only writes and never reads them would end its
  // connection with RST, which throws away what is still on its way to us.
  SSL_CTX_set_num_tickets(native, 0);
  error_code error;
  const auto problem = [&](const std::string& path, const std::string& what,
                           const std::string& hint) {
    if (!error) return;
    report_file(diagnostics, path, fmt::format("{}: {}", what, error.message()), hint);
  };
  if (options.tls_cert_file.empty() || options.tls_key_file.empty()) {
    diagnostics.error({}, "a TLS port needs a certificate and its key",
                      "give both files: --tls-cert server.pem --tls-key server.key");
    return nullptr;
  }
  tls->use_certificate_chain_file(options.tls_cert_file, error);
  problem(options.tls_cert_file, "cannot be used as the TLS certificate",
          "a PEM file: the server's certificate, then those that signed it");
  bool good = !error;
  tls->set_password_callback(
      [](std::size_t, asio::ssl::context::password_purpose) { return std::string(); }, error);
  tls->use_private_key_file(options.tls_key_file, asio::ssl::context::pem, error);
  problem(options.tls_key_file, "cannot be used as the TLS key",
          "a PEM file, not encrypted, that belongs to the certificate");
  good = good && !error;
  if (!options.tls_client_ca_file.empty()) {
    tls->load_verify_file(options.tls_client_ca_file, error);
    problem(options.tls_client_ca_file, "cannot be used as the CA of client certificates",
            "a PEM file");
    good = good && !error;
    tls->set_verify_mode(
        asio::ssl::context::verify_peer | asio::ssl::context::verify_fail_if_no_peer_cert, error);
    if (STACK_OF(X509_NAME)* const names =
            SSL_load_client_CA_file(options.tls_client_ca_file.c_str())) {
      SSL_CTX_set_client_CA_list(native, names);  // so that the client knows which to send
    }
    // Without it no session with a client certificate can be resumed (TLS 1.2).
    static constexpr std::array<unsigned char, 10> kSessionId{'e', 's', 'm', '-', 'l',
                                                              'i', 's', 't', 'e', 'n'};
    SSL_CTX_set_session_id_context(native, kSessionId.data(), kSessionId.size());
  }
  return good ? std::move(tls) : nullptr;
}

class Listener {
 public:
  Listener(const std::vector<Profile>& profiles, const ListenerOptions& options,
           OutputFile& received, const std::function<void(const Mapping&)>& on_mapping)
      : options_(options),
        shared_(profiles, options, received, on_mapping),
        received_(received),
        signals_(shared_.context),
        tick_(shared_.context) {}

  // False: something could not be opened, see `diagnostics`.
  bool open(Diagnostics& diagnostics) {
    const int before = diagnostics.errors();
    if (options_.udp.empty() && options_.tcp.empty() && options_.tls.empty()) {
      diagnostics.error({}, "there is nothing to listen on",
                        "give at least one of --udp, --tcp and --tls, for instance --udp :5514");
    }
    if (!options_.tls.empty()) tls_ = make_tls(options_, diagnostics);
    for (const ListenAddress& address : options_.udp) open_udp(address, diagnostics);
    for (const ListenAddress& address : options_.tcp) {
      open_stream("tcp", address, nullptr, ports_.tcp, diagnostics);
    }
    for (const ListenAddress& address : options_.tls) {
      open_stream("tls", address, tls_.get(), ports_.tls, diagnostics);
    }
    if (diagnostics.errors() == before) write_ready_file(diagnostics);
    return diagnostics.errors() == before;
  }

  const ListenerPorts& ports() const { return ports_; }

  ListenerResult run() {
    error_code ignored;  // adding a signal fails only for a number that is none
    signals_.add(SIGINT, ignored);
    signals_.add(SIGTERM, ignored);
    wait_for_signal();
    for (const auto& port : udp_) port->wait();
    for (const auto& acceptor : acceptors_) acceptor->accept();
    tick();
    if (options_.on_ready) options_.on_ready(ports_);
    while (!shared_.stopping) shared_.context.run_one();
    drain();
    return finish();
  }

 private:
  template <typename Socket, typename Endpoint>
  bool bind(Socket& socket, const Endpoint& endpoint, const std::string& what,
            Diagnostics& diagnostics) {
    error_code error;
    socket.open(endpoint.protocol(), error);
    if (!error && endpoint.address().is_v6()) socket.set_option(asio::ip::v6_only(true), error);
    if constexpr (std::is_same_v<Socket, tcp::acceptor>) {
      if (!error) socket.set_option(tcp::acceptor::reuse_address(true), error);
    }
    if (!error) socket.bind(endpoint, error);
    if constexpr (std::is_same_v<Socket, tcp::acceptor>) {
      if (!error) socket.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
      diagnostics.error({}, fmt::format("cannot listen on {}: {}", what, error.message()),
                        hint_for(error));
    }
    return !error;
  }

  std::optional<asio::ip::address> address_of(const ListenAddress& address, const std::string& what,
                                              Diagnostics& diagnostics) {
    std::optional<asio::ip::address> found = asio_address(address.host);
    if (!found) {
      diagnostics.error(
          {}, fmt::format("cannot listen on {}: '{}' is not an address", what, address.host),
          "write 127.0.0.1, 0.0.0.0 for all of IPv4, [::1], or [::] for all of IPv6");
    }
    return found;
  }

  void open_udp(const ListenAddress& address, Diagnostics& diagnostics) {
    const std::string what = "udp " + text_of(address);
    const auto host = address_of(address, what, diagnostics);
    if (!host) return;
    udp::socket socket(shared_.context);
    if (!bind(socket, udp::endpoint(*host, address.port), what, diagnostics)) return;
    ports_.udp.push_back(socket.local_endpoint().port());
    udp_.push_back(std::make_unique<UdpPort>(shared_, std::move(socket)));
  }

  void open_stream(const std::string& kind, const ListenAddress& address, asio::ssl::context* tls,
                   std::vector<std::uint16_t>& ports, Diagnostics& diagnostics) {
    const std::string what = kind + " " + text_of(address);
    const auto host = address_of(address, what, diagnostics);
    if (!host) return;
    tcp::acceptor socket(shared_.context);
    if (!bind(socket, tcp::endpoint(*host, address.port), what, diagnostics)) return;
    ports.push_back(socket.local_endpoint().port());
    acceptors_.push_back(std::make_unique<Acceptor>(shared_, sessions_, std::move(socket), tls));
  }

  void write_ready_file(Diagnostics& diagnostics) {
    if (options_.ready_file.empty()) return;
    const std::string text =
        fmt::format("{{\"udp\":[{}],\"tcp\":[{}],\"tls\":[{}]}}\n", fmt::join(ports_.udp, ","),
                    fmt::join(ports_.tcp, ","), fmt::join(ports_.tls, ","));
    // Whoever waits for the file must find it whole; but a device or a pipe is not replaced.
    struct stat status {};
    const bool replaced =
        ::lstat(options_.ready_file.c_str(), &status) != 0 || S_ISREG(status.st_mode);
    const std::string part =
        replaced ? fmt::format("{}.{}.part", options_.ready_file, ::getpid()) : options_.ready_file;
    OutputFile file;
    int error = 0;
    if (file.open(part)) file.write(text);
    if (!file.close()) error = file.error();
    if (error == 0 && replaced && std::rename(part.c_str(), options_.ready_file.c_str()) != 0) {
      error = errno;
    }
    if (error == 0) return;
    if (replaced) ::unlink(part.c_str());
    report_file(diagnostics, options_.ready_file,
                fmt::format("the ready file cannot be written: {}", std::strerror(error)));
  }

  void wait_for_signal() {
    signals_.async_wait([this](const error_code& error, int signal) {
      if (error) return;
      if (shared_.stopping) hurry_ = true;
      if (signal_ == 0) signal_ = signal;
      shared_.stopping = true;
      wait_for_signal();
    });
  }

  // Deadlines, stop conditions in time, and what is done once in a while.
  void tick() {
    tick_.expires_after(milliseconds{50});
    tick_.async_wait([this](const error_code& error) {
      if (error) return;
      const nanoseconds real = shared_.clock.real();
      const nanoseconds last = shared_.last_message;
      if (options_.stop_after_duration && real >= *options_.stop_after_duration) {
        shared_.stopping = true;
      }
      if (options_.stop_after_idle && last >= nanoseconds{0} &&
          real - last >= *options_.stop_after_idle) {
        shared_.stopping = true;
      }
      shared_.intake.tidy(shared_.clock.now());
      if (received_.is_open()) received_.flush();
      for (const auto& port : udp_) port->drops();
      check_sessions();
      tick();
    });
  }

  void check_sessions() {
    const SteadyTime now = std::chrono::steady_clock::now();
    // A session that is over its time leaves the set, so the set is not walked itself.
    overdue_.assign(sessions_.begin(), sessions_.end());
    for (const std::shared_ptr<Session>& session : overdue_) session->check_deadline(now);
    overdue_.clear();
  }

  // Reads what has arrived: whatever a handler finds ready without waiting.
  void drain() {
    const SteadyTime deadline = std::chrono::steady_clock::now() + kDrainMax;
    const auto in_time = [&] { return !hurry_ && std::chrono::steady_clock::now() < deadline; };
    for (int quiet = 0; quiet < 2 && in_time();) {
      quiet = shared_.context.poll_one() == 0 ? quiet + 1 : 0;
    }
  }

  ListenerResult finish() {
    for (const auto& acceptor : acceptors_) acceptor->stop();
    const std::vector<std::shared_ptr<Session>> left(sessions_.begin(), sessions_.end());
    for (const std::shared_ptr<Session>& session : left) session->say_goodbye();
    // The TLS goodbyes are sent by handlers that are ready now; nobody is waited for.
    const SteadyTime deadline = std::chrono::steady_clock::now() + kGoodbyesAtStop;
    while (shared_.context.poll_one() > 0 && std::chrono::steady_clock::now() < deadline) {
    }
    for (const std::shared_ptr<Session>& session : left) session->close();

    ListenerResult result = shared_.intake.result(shared_.clock.now());
    result.unterminated = shared_.unterminated;
    result.connections_refused = shared_.refused;
    result.connections_aborted = shared_.aborted;
    result.tls_handshakes_failed = shared_.handshakes_failed;
    result.tls_failure = shared_.tls_failure;
    result.signal = signal_;
    for (const auto& port : udp_) {
      result.kernel_drops += port->drops();
      const std::uint64_t bytes = port->buffer_bytes();
      result.udp_buffer_bytes =
          result.udp_buffer_bytes == 0 ? bytes : std::min(result.udp_buffer_bytes, bytes);
    }
    return result;
  }

  const ListenerOptions& options_;
  Shared shared_;
  OutputFile& received_;
  std::unique_ptr<asio::ssl::context> tls_;
  std::vector<std::unique_ptr<UdpPort>> udp_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  Sessions sessions_;
  std::vector<std::shared_ptr<Session>> overdue_;
  asio::signal_set signals_;
  asio::steady_timer tick_;
  ListenerPorts ports_;
  bool hurry_ = false;
  int signal_ = 0;
};

bool open_output(OutputFile& file, const std::string& path, const std::string& what,
                 Diagnostics& diagnostics) {
  if (path.empty()) return true;
  if (!file.open(path)) {
    report_file(diagnostics, path,
                fmt::format("{} cannot be written: {}", what, std::strerror(file.error())));
    return false;
  }
  if (file.replaced()) {
    diagnostics.warning({path, 0, 0, 1}, fmt::format("{}: the file existed and is replaced", what));
  }
  return true;
}

void close_output(OutputFile& file, const std::string& what, Diagnostics& diagnostics) {
  if (file.close()) return;
  report_file(diagnostics, file.path(),
              fmt::format("{} are incomplete: {} ({} bytes were not written)", what,
                          std::strerror(file.error()), file.bytes_lost()),
              "nothing can be proved with this file");
}

}  // namespace

std::optional<ListenerResult> listen(const std::vector<Profile>& profiles,
                                     const ListenerOptions& options,
                                     const std::function<void(const Mapping&)>& on_mapping,
                                     Diagnostics& diagnostics) {
  assert(options.message_bytes_max > 0);
  if (options.mapping_timeout <= nanoseconds{0}) {
    diagnostics.error({}, "the mapping timeout is 0: no mapping would ever be seen",
                      "leave it out for 45m, or give at least 1s");
    return std::nullopt;
  }
  OutputFile received;
  OutputFile mappings;
  const bool files =
      open_output(received, options.received_file, "the received messages", diagnostics) &&
      open_output(mappings, options.mappings_file, "the mappings", diagnostics);
  Listener listener(profiles, options, received, on_mapping);
  if (!listener.open(diagnostics) || !files) return std::nullopt;
  ListenerResult result = listener.run();
  close_output(received, "the received messages", diagnostics);
  if (mappings.is_open()) mappings.write(panos_mapping_table(result.mappings, result.ended));
  close_output(mappings, "the mappings", diagnostics);
  return result;
}

}  // namespace esm
