// The transports behind the seam, in one file because a file that includes Asio takes long to
// compile. Asio resolves and waits; bytes are moved by system calls and OpenSSL on non-blocking
// sockets.
#include "sender/transport/transport.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/errqueue.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sender/transport/address_class.h"
#include "sender/transport/tls_context.h"

namespace esm {
namespace asio = boost::asio;
namespace {

using asio::ip::tcp;
using asio::ip::udp;
using std::chrono::steady_clock;
constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

Problem problem_of(std::string what, std::string hint = {}, bool permanent = false) {
  return {true, std::move(what), std::move(hint), permanent};
}

std::string host_port(const IpAddress& address, std::uint16_t port) {
  return fmt::format(fmt::runtime(address.is_v6() ? "[{}]:{}" : "{}:{}"), address.to_string(),
                     port);
}

asio::ip::address to_asio(const IpAddress& address) {
  return asio::ip::make_address(address.to_string());
}

Problem connect_problem(int error, const std::string& where) {
  switch (error) {
    case ECONNREFUSED:
      return problem_of(fmt::format("connection refused by {}", where),
                        "is the receiver running, and is this its port?");
    case ETIMEDOUT:
      return problem_of(fmt::format("no answer from {}", where),
                        "is the address right, and does a firewall in between drop the packets?");
    case ENETUNREACH:
    case EHOSTUNREACH:
      return problem_of(fmt::format("no route to {}", where), "`ip route get` shows the way there");
    case EACCES:
    case EPERM:
      return problem_of(fmt::format("a local filter does not permit {}", where),
                        "look at this machine's own firewall");
    case EADDRNOTAVAIL:
      return problem_of(fmt::format("cannot send to {} from the source address given", where),
                        "--source (or the ESM's `source`) must be an address of this machine",
                        true);
    case EMFILE:
    case ENFILE:
      return problem_of("too many open files",
                        "raise the limit with `ulimit -n`, or fewer --connections");
    default:
      return problem_of(fmt::format("cannot connect to {}: {}", where, std::strerror(error)));
  }
}

Reason reason_of(int error) {
  switch (error) {
    case EMSGSIZE:
      return Reason::kTooLong;
    case ENOBUFS:
    case ENOMEM:
      return Reason::kNoBuffers;
    case ECONNREFUSED:
      return Reason::kConnectionRefused;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
      return Reason::kUnreachable;
    case EPERM:
    case EACCES:
      return Reason::kNotPermitted;
    default:
      return Reason::kOtherError;
  }
}

Problem refused_by_guard(const IpAddress& address, const std::string& host,
                         const TransportOptions& options) {
  const AddressClass reach = classify(address);
  if (reach == AddressClass::kLoopback || reach == AddressClass::kPrivate) return {};
  const auto& allowed = options.allow_public;
  if (std::find(allowed.begin(), allowed.end(), host) != allowed.end()) return {};
  return problem_of(
      fmt::format("{} is a {} address, nothing is sent there by default", address.to_string(),
                  reach == AddressClass::kPublic ? "public" : "multicast or broadcast"),
      fmt::format("if that is meant: --allow-public {}", host), true);
}

void add_run(WriteOutcome& outcome, Fate fate, std::uint32_t count, Reason reason = Reason::kNone,
             int error = 0) {
  if (count == 0) return;
  if (!outcome.runs.empty()) {
    FateRun& last = outcome.runs.back();
    if (last.fate == fate && last.reason == reason && last.error == error) {
      last.count += count;
      return;
    }
  }
  outcome.runs.push_back({count, fate, reason, error});
}

void begin_outcome(WriteOutcome& outcome) {
  outcome.runs.clear();
  outcome.icmp_errors = 0;
  outcome.lost = false;
  outcome.problem = {};
}

// Waits for the socket, at most until the deadline. A timer ends the wait through its own
// cancellation slot, so that another wait on the same socket goes on.
template <typename Socket>
asio::awaitable<bool> wait_for(Socket& socket, typename Socket::wait_type what,
                               steady_clock::time_point deadline) {
  asio::cancellation_signal stop;
  asio::steady_timer timer(socket.get_executor(), deadline);
  auto on_time = [&stop](const boost::system::error_code& error) {
    if (!error) stop.emit(asio::cancellation_type::terminal);
  };
  timer.async_wait(on_time);
  auto token = asio::bind_cancellation_slot(stop.slot(), kToken);
  const auto [error] = co_await socket.async_wait(what, token);
  timer.cancel();
  co_return !error;
}

template <typename Protocol>
asio::awaitable<Problem> resolve(asio::io_context& context, const std::string& host,
                                 std::chrono::milliseconds timeout, std::vector<IpAddress>& out) {
  out.clear();
  if (const auto literal = IpAddress::parse(host)) {
    out.push_back(*literal);
    co_return Problem{};
  }
  auto resolver = std::make_shared<typename Protocol::resolver>(context);
  asio::steady_timer timer(context, timeout);
  auto on_time = [resolver](const boost::system::error_code& error) {
    if (!error) resolver->cancel();
  };
  timer.async_wait(on_time);
  const std::string service;
  const auto [error, results] = co_await resolver->async_resolve(host, service, kToken);
  timer.cancel();
  if (error) {
    Problem problem =
        problem_of(fmt::format("the name {} cannot be resolved: {}", host, error.message()),
                   "is it spelt right, and does name resolution work here?");
    co_return problem;
  }
  for (const auto& entry : results) {
    if (const auto address = IpAddress::parse(entry.endpoint().address().to_string())) {
      if (std::find(out.begin(), out.end(), *address) == out.end()) out.push_back(*address);
    }
  }
  co_return Problem{};
}

// A file, standard output, or nothing at all.
class FileTransport : public Transport {
 public:
  explicit FileTransport(std::string path) : path_(std::move(path)) {}
  ~FileTransport() override {
    if (fd_ > STDERR_FILENO) ::close(fd_);
  }

  asio::awaitable<Problem> open() override {
    if (path_.empty()) co_return Problem{};
    if (path_ == "-") {
      fd_ = STDOUT_FILENO;
      co_return Problem{};
    }
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    struct stat status {};
    if (stat(path_.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
        !opened_) {
      Problem problem = problem_of(fmt::format("{} exists already", path_),
                                   "nothing is overwritten: remove it, or name another file", true);
      co_return problem;
    }
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd_ < 0) {
      Problem problem =
          problem_of(fmt::format("cannot open {}: {}", path_, std::strerror(errno)), {}, true);
      co_return problem;
    }
    opened_ = true;
    co_return Problem{};
  }

  asio::awaitable<void> write(const Batch& batch, WriteOutcome& outcome) override {
    begin_outcome(outcome);
    const auto all = static_cast<std::uint32_t>(batch.size());
    std::size_t done = 0;
    const auto bytes = batch.bytes();
    while (!path_.empty() && done < bytes.size()) {
      const ssize_t written = ::write(fd_, bytes.data() + done, bytes.size() - done);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        std::uint32_t whole = 0;
        while (whole < all && batch.messages()[whole].end <= done) ++whole;
        add_run(outcome, Fate::kWritten, whole);
        if (whole < all && batch.messages()[whole].begin < done) add_run(outcome, Fate::kCut, 1);
        outcome.lost = true;
        outcome.problem =
            problem_of(fmt::format("cannot write to {}: {}",
                                   path_ == "-" ? "standard output" : path_, std::strerror(errno)),
                       {}, true);
        co_return;
      }
      done += static_cast<std::size_t>(written);
    }
    add_run(outcome, Fate::kWritten, all);
  }

  asio::awaitable<CloseOutcome> close() override {
    CloseOutcome outcome;
    if (fd_ > STDERR_FILENO && ::close(std::exchange(fd_, -1)) != 0) {
      outcome.problem =
          problem_of(fmt::format("cannot finish {}: {}", path_, std::strerror(errno)));
    }
    co_return outcome;
  }

  void abort() override {}
  void on_loss(std::function<void(const Problem&)>) override {}
  std::string peer() const override { return path_ == "-" ? "standard output" : path_; }

 private:
  std::string path_;  // empty: nothing is kept
  int fd_ = -1;
  bool opened_ = false;
};

// One message a datagram, on a connected socket, up to 64 of them a system call.
class UdpTransport : public Transport {
 public:
  UdpTransport(asio::io_context& context, UdpTarget target, const TransportOptions& options,
               std::optional<IpAddress> source)
      : context_(context),
        target_(std::move(target)),
        options_(options),
        source_(source),
        socket_(context) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      headers_[i] = {};
      headers_[i].msg_hdr.msg_iov = &vectors_[i];
      headers_[i].msg_hdr.msg_iovlen = 1;
    }
  }

  asio::awaitable<Problem> open() override {
    std::vector<IpAddress> addresses;
    Problem problem =
        co_await resolve<udp>(context_, target_.host, options_.connect_timeout, addresses);
    if (problem.happened) co_return problem;
    for (const IpAddress& address : addresses) {
      if (source_ && source_->is_v6() != address.is_v6()) continue;
      problem = refused_by_guard(address, target_.host, options_);
      if (problem.happened) co_return problem;
      const std::string where = host_port(address, target_.port);
      boost::system::error_code error;
      socket_.close(error);
      const udp::endpoint endpoint(to_asio(address), target_.port);
      socket_.open(endpoint.protocol(), error);
      if (!error && source_) socket_.bind(udp::endpoint(to_asio(*source_), 0), error);
      if (!error) socket_.connect(endpoint, error);
      if (error) {
        problem = connect_problem(error.value(), where);
        continue;
      }
      socket_.native_non_blocking(true, error);
      const int fd = socket_.native_handle();
      const int on = 1;
      const int buffer = 4 << 20;
      // Without it most errors of the local queue look like success.
      if (address.is_v6()) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
      } else {
        setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
      }
      setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
      peer_ = where;
      co_return Problem{};
    }
    if (!problem.happened) {
      problem = problem_of(fmt::format("{} has no address of the source's family", target_.host),
                           "--source decides between IPv4 and IPv6", true);
    }
    co_return problem;
  }

  asio::awaitable<void> write(const Batch& batch, WriteOutcome& outcome) override {
    begin_outcome(outcome);
    const auto messages = batch.messages();
    std::size_t done = 0;
    while (done < messages.size()) {
      const std::size_t count = std::min(kBatch, messages.size() - done);
      for (std::size_t i = 0; i < count; ++i) {
        const Batch::Message& message = messages[done + i];
        // sendmmsg only reads; iovec serves both directions.
        vectors_[i] = {const_cast<char*>(batch.bytes().data()) + message.begin,
                       message.end - message.begin};
      }
      const int sent = sendmmsg(socket_.native_handle(), headers_.data(),
                                static_cast<unsigned>(count), MSG_NOSIGNAL);
      if (sent > 0) {
        add_run(outcome, Fate::kWritten, static_cast<std::uint32_t>(sent));
        done += static_cast<std::size_t>(sent);
        continue;
      }
      const int error = errno;
      if (error == EINTR) continue;
      if (error == EAGAIN || error == EWOULDBLOCK) {
        const auto deadline = steady_clock::now() + options_.write_stall_timeout;
        const bool writable = co_await wait_for(socket_, udp::socket::wait_write, deadline);
        if (!writable) {
          outcome.lost = true;
          outcome.problem = problem_of("the local network takes no more datagrams");
          co_return;
        }
        continue;
      }
      // An error of an earlier datagram is reported on this call, which then has sent nothing: it
      // is taken from the queue, and the message is offered again.
      const std::uint64_t earlier = drain_error_queue();
      if (earlier > 0) {
        outcome.icmp_errors += earlier;
        continue;
      }
      if (error == ECONNREFUSED && ++outcome.icmp_errors > 0 && !refused_before_) {
        refused_before_ = true;
        continue;
      }
      refused_before_ = false;
      add_run(outcome, Fate::kRefused, 1, reason_of(error), error);
      ++done;
    }
  }

  asio::awaitable<CloseOutcome> close() override {
    CloseOutcome outcome;
    boost::system::error_code ignored;
    socket_.close(ignored);
    co_return outcome;
  }

  void abort() override {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }
  void on_loss(std::function<void(const Problem&)>) override {}
  std::string peer() const override { return peer_; }

 private:
  static constexpr std::size_t kBatch = 64;

  // ICMP errors of earlier datagrams that wait in the socket's error queue.
  std::uint64_t drain_error_queue() {
    std::uint64_t count = 0;
    for (;;) {
      char control[512];
      char data[64];
      iovec vector{data, sizeof data};
      msghdr header{};
      header.msg_iov = &vector;
      header.msg_iovlen = 1;
      header.msg_control = control;
      header.msg_controllen = sizeof control;
      if (recvmsg(socket_.native_handle(), &header, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return count;
      for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
        sock_extended_err error{};
        std::memcpy(&error, CMSG_DATA(c), sizeof error);
        if (error.ee_origin == SO_EE_ORIGIN_ICMP || error.ee_origin == SO_EE_ORIGIN_ICMP6) ++count;
      }
    }
  }

  asio::io_context& context_;
  UdpTarget target_;
  TransportOptions options_;
  std::optional<IpAddress> source_;
  udp::socket socket_;
  std::array<mmsghdr, kBatch> headers_;
  std::array<iovec, kBatch> vectors_;
  bool refused_before_ = false;
  std::string peer_;
};

// TCP, and TLS on top of it.
class StreamTransport : public Transport {
 public:
  StreamTransport(asio::io_context& context, std::string host, std::uint16_t port,
                  const TransportOptions& options, std::optional<IpAddress> source,
                  std::shared_ptr<SSL_CTX> tls)
      : context_(context),
        host_(std::move(host)),
        port_(port),
        options_(options),
        source_(source),
        tls_(std::move(tls)) {}
  ~StreamTransport() override { forget(); }

  asio::awaitable<Problem> open() override {
    forget();
    std::vector<IpAddress> addresses;
    const auto deadline = steady_clock::now() + options_.connect_timeout;
    Problem problem = co_await resolve<tcp>(context_, host_, options_.connect_timeout, addresses);
    if (problem.happened) co_return problem;
    std::size_t left = addresses.size();
    for (const IpAddress& address : addresses) {
      // Each address gets its share of the time that is left.
      const auto now = steady_clock::now();
      const auto share = now + (deadline - now) / static_cast<int>(left--);
      if (source_ && source_->is_v6() != address.is_v6()) continue;
      problem = refused_by_guard(address, host_, options_);
      if (problem.happened) co_return problem;
      problem = co_await connect(address, share);
      if (!problem.happened && tls_) problem = co_await handshake();
      if (!problem.happened) {
        std::shared_ptr<Connection> connection = connection_;
        connection->owner = this;
        asio::co_spawn(context_, watch(std::move(connection)), asio::detached);
        co_return Problem{};
      }
      forget();
      if (problem.permanent) co_return problem;
    }
    if (!problem.happened) {
      problem = problem_of(fmt::format("{} has no address of the source's family", host_),
                           "--source decides between IPv4 and IPv6", true);
    }
    co_return problem;
  }

  asio::awaitable<void> write(const Batch& batch, WriteOutcome& outcome) override {
    begin_outcome(outcome);
    std::shared_ptr<Connection> c = connection_;
    std::size_t accepted = 0;
    std::size_t pending = 0;  // encrypted, perhaps in part on the wire, not accepted yet
    const auto bytes = batch.bytes();
    auto stall = steady_clock::now() + options_.write_stall_timeout;
    while (c && !c->ended && accepted < bytes.size()) {
      const Step step = offer(*c, bytes.data() + accepted, bytes.size() - accepted, pending);
      if (step.bytes > 0) {
        accepted += step.bytes;
        stall = steady_clock::now() + options_.write_stall_timeout;
        continue;
      }
      if (step.problem.happened) {
        end(*c, step.problem, false);
        break;
      }
      const bool ready = co_await wait_for(
          c->socket, step.wants_read ? tcp::socket::wait_read : tcp::socket::wait_write, stall);
      if (!ready && !c->ended) {
        end(*c,
            problem_of(fmt::format("{} has taken nothing for {} s", peer_,
                                   options_.write_stall_timeout.count() / 1000),
                       "is the receiver stopped, or too slow?"),
            false);
      }
    }
    const auto messages = batch.messages();
    std::uint32_t whole = 0;
    while (whole < messages.size() && messages[whole].end <= accepted) ++whole;
    add_run(outcome, Fate::kWritten, whole);
    if (whole == messages.size()) return_after_write(outcome, c);
    if (whole < messages.size()) {
      std::uint32_t cut = 0;
      while (whole + cut < messages.size() && messages[whole + cut].begin < accepted + pending)
        ++cut;
      add_run(outcome, Fate::kCut, cut);
      outcome.lost = true;
      outcome.problem = c ? c->problem : problem_of("there is no connection");
    }
    co_return;
  }

  asio::awaitable<CloseOutcome> close() override {
    CloseOutcome outcome;
    std::shared_ptr<Connection> c = connection_;
    if (!c) co_return outcome;
    c->closing = true;
    const auto deadline = steady_clock::now() + options_.close_timeout;
    if (!c->ended) {
      if (c->ssl) {
        ERR_clear_error();
        SSL_shutdown(c->ssl.get());
      }
      boost::system::error_code ignored;
      c->socket.shutdown(tcp::socket::shutdown_send, ignored);
      c->over.expires_at(deadline);
      if (!c->ended) co_await c->over.async_wait(kToken);
    }
    int unacknowledged = -1;
    const bool known =
        c->socket.is_open() && ioctl(c->socket.native_handle(), SIOCOUTQ, &unacknowledged) == 0;
    outcome.drained = c->ended && c->clean && known && unacknowledged == 0;
    if (!c->ended) {
      outcome.problem = problem_of(fmt::format("{} did not close its side within {} s", peer_,
                                               options_.close_timeout.count() / 1000),
                                   "what was written is uncertain");
    } else if (!outcome.drained) {
      outcome.problem = c->problem;
    }
    forget();
    co_return outcome;
  }

  void abort() override {
    if (connection_) end(*connection_, problem_of("ended by the user"), false);
    if (connection_) {
      boost::system::error_code ignored;
      connection_->socket.close(ignored);
    }
    aborted_ = true;
  }

  void on_loss(std::function<void(const Problem&)> callback) override {
    on_loss_ = std::move(callback);
  }
  std::string peer() const override { return peer_text_; }

 private:
  struct Connection {
    explicit Connection(asio::io_context& context) : socket(context), over(context) {}
    tcp::socket socket;
    TlsVerification verification;
    Ssl ssl;
    asio::steady_timer over;  // cancelled when the connection ends
    StreamTransport* owner = nullptr;
    bool ended = false;
    bool clean = false;    // the peer said goodbye
    bool closing = false;  // we did
    bool got_goodbye = false;
    Problem problem;
  };

  struct Step {
    std::size_t bytes = 0;
    bool wants_read = false;
    Problem problem;
  };

  static void return_after_write(WriteOutcome& outcome, const std::shared_ptr<Connection>& c) {
    outcome.lost = !c || c->ended;
    if (c && c->ended) outcome.problem = c->problem;
  }

  asio::awaitable<Problem> connect(IpAddress address, steady_clock::time_point deadline) {
    const std::string where = host_port(address, port_);
    peer_ = where;
    connection_ = std::make_shared<Connection>(context_);
    std::shared_ptr<Connection> c = connection_;
    const tcp::endpoint endpoint(to_asio(address), port_);
    boost::system::error_code error;
    c->socket.open(endpoint.protocol(), error);
    if (!error && source_) c->socket.bind(tcp::endpoint(to_asio(*source_), 0), error);
    if (error) {
      Problem problem = connect_problem(error.value(), where);
      co_return problem;
    }
    c->socket.native_non_blocking(true, error);
    const int fd = c->socket.native_handle();
    set_options(fd);
    if (::connect(fd, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0) {
      int failure = errno;
      if (failure == EINPROGRESS) {
        const bool ready = co_await wait_for(c->socket, tcp::socket::wait_write, deadline);
        failure = ETIMEDOUT;
        socklen_t size = sizeof failure;
        if (ready) getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size);
      }
      if (failure != 0) {
        Problem problem = connect_problem(failure, where);
        co_return problem;
      }
    }
    peer_text_ = where;
    co_return Problem{};
  }

  void set_options(int fd) const {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    const auto stall = static_cast<unsigned>(options_.write_stall_timeout.count());
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &stall, sizeof stall);
  }

  asio::awaitable<Problem> handshake() {
    std::shared_ptr<Connection> c = connection_;
    c->verification.options = &options_.tls;
    const std::string& name = options_.tls.name.empty() ? host_ : options_.tls.name;
    c->ssl = make_tls_connection(tls_.get(), name, c->socket.native_handle(), c->verification);
    const auto deadline = steady_clock::now() + options_.handshake_timeout;
    for (;;) {
      ERR_clear_error();
      errno = 0;
      const int result = SSL_connect(c->ssl.get());
      const int system_error = errno;
      if (result == 1) break;
      const int kind = SSL_get_error(c->ssl.get(), result);
      if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) {
        const bool ready = co_await wait_for(
            c->socket,
            kind == SSL_ERROR_WANT_READ ? tcp::socket::wait_read : tcp::socket::wait_write,
            deadline);
        if (ready) continue;
        Problem problem = problem_of(fmt::format("{} did not answer the TLS handshake", peer_),
                                     "does this port speak TLS? Plain syslog is tcp://");
        co_return problem;
      }
      Problem problem = handshake_problem(*c, kind, system_error);
      co_return problem;
    }
    peer_text_ = fmt::format("{}, {} {}", peer_, SSL_get_version(c->ssl.get()),
                             SSL_get_cipher_name(c->ssl.get()));
    co_return Problem{};
  }

  Problem handshake_problem(const Connection& c, int kind, int system_error) const {
    const TlsVerification& v = c.verification;
    if (v.error != 0) {
      const bool pinned = v.error == X509_V_ERR_APPLICATION_VERIFICATION;
      std::string why = pinned ? "none of the fingerprints given is its certificate's"
                               : X509_verify_cert_error_string(v.error);
      if (v.error == X509_V_ERR_HOSTNAME_MISMATCH || v.error == X509_V_ERR_IP_ADDRESS_MISMATCH) {
        why += fmt::format(": it is not for '{}'",
                           options_.tls.name.empty() ? host_ : options_.tls.name);
      }
      return problem_of(
          fmt::format("the certificate of {} is not trusted: {} (code {})", peer_, why, v.error),
          fmt::format(
              "it showed\n{}if that is the right one: --tls-fingerprint {}\notherwise --tls-ca "
              "names the CA, --tls-name the name in the certificate",
              v.chain, v.sha256),
          true);
    }
    if (kind == SSL_ERROR_SYSCALL || kind == SSL_ERROR_ZERO_RETURN) {
      return problem_of(
          fmt::format(
              "{} ended the connection in the TLS handshake{}", peer_,
              system_error != 0 ? fmt::format(": {}", std::strerror(system_error)) : std::string{}),
          "does this port speak TLS? Does the receiver want a client certificate?");
    }
    const unsigned long code = ERR_peek_error();
    const bool plain = ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER;
    return problem_of(fmt::format("the TLS handshake with {} failed: {}", peer_, openssl_error()),
                      plain ? "the port answers with plain text: is it TCP?"
                            : "--tls-min and --tls-ciphers choose versions and ciphers",
                      true);
  }

  // One write call. `pending` is how much OpenSSL may have put on the wire without having accepted
  // it.
  static Step offer(Connection& c, const char* data, std::size_t size, std::size_t& pending) {
    Step step;
    if (!c.ssl) {
      const ssize_t sent = send(c.socket.native_handle(), data, size, MSG_NOSIGNAL);
      if (sent > 0) step.bytes = static_cast<std::size_t>(sent);
      if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        step.problem = problem_of(fmt::format("the connection was lost: {}", std::strerror(errno)));
      }
      return step;
    }
    constexpr std::size_t kRecord = 16'384;
    ERR_clear_error();
    errno = 0;
    const std::size_t part = std::min(size, kRecord);
    const int sent = SSL_write(c.ssl.get(), data, static_cast<int>(part));
    const int system_error = errno;
    if (sent > 0) {
      step.bytes = static_cast<std::size_t>(sent);
      pending = 0;
      return step;
    }
    pending = part;
    const int kind = SSL_get_error(c.ssl.get(), sent);
    step.wants_read = kind == SSL_ERROR_WANT_READ;
    if (kind != SSL_ERROR_WANT_READ && kind != SSL_ERROR_WANT_WRITE) {
      step.problem = problem_of(
          fmt::format("the connection was lost: {}", kind == SSL_ERROR_SYSCALL && system_error != 0
                                                         ? std::strerror(system_error)
                                                         : openssl_error()));
    }
    return step;
  }

  // Marks the connection as over and tells whoever waits for that.
  void end(Connection& c, Problem problem, bool clean) {
    if (c.ended) return;
    c.ended = true;
    c.clean = clean;
    c.problem = std::move(problem);
    c.over.cancel();
  }

  // The pending read: a receiver that goes away is noticed before the next write is lost.
  static asio::awaitable<void> watch(std::shared_ptr<Connection> c) {
    std::array<char, 4096> discarded;
    for (;;) {
      const auto [error] = co_await c->socket.async_wait(tcp::socket::wait_read, kToken);
      if (error || c->owner == nullptr || c->ended) co_return;
      Problem problem;
      bool clean = false;
      const bool over = read(*c, discarded, problem, clean);
      if (!over) continue;
      StreamTransport& owner = *c->owner;
      owner.end(*c, problem, clean);
      if (!c->closing && owner.on_loss_) {
        auto callback = owner.on_loss_;
        callback(c->problem);
      }
      co_return;
    }
  }

  // Reads what the peer says, which is nothing of interest. True when it has ended the connection.
  static bool read(Connection& c, std::array<char, 4096>& discarded, Problem& problem,
                   bool& clean) {
    const auto closed = [&] {
      return problem_of(fmt::format("{} closed the connection", c.owner->peer_),
                        "did the receiver stop, or refuse more sessions?");
    };
    for (int rounds = 0; rounds < 16; ++rounds) {
      if (!c.ssl) {
        const ssize_t got = recv(c.socket.native_handle(), discarded.data(), discarded.size(), 0);
        if (got > 0) continue;
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
        clean = got == 0;
        problem = got == 0 ? closed()
                           : problem_of(fmt::format("the connection to {} was lost: {}",
                                                    c.owner->peer_, std::strerror(errno)));
        return true;
      }
      ERR_clear_error();
      errno = 0;
      const int got = SSL_read(c.ssl.get(), discarded.data(), static_cast<int>(discarded.size()));
      const int system_error = errno;
      if (got > 0) continue;
      const int kind = SSL_get_error(c.ssl.get(), got);
      if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) return false;
      if (kind == SSL_ERROR_ZERO_RETURN) {
        // close_notify; after ours, the peer's FIN follows.
        clean = true;
        problem = closed();
        return true;
      }
      problem = problem_of(fmt::format("the connection to {} was lost: {}", c.owner->peer_,
                                       kind == SSL_ERROR_SYSCALL && system_error != 0
                                           ? std::strerror(system_error)
                                           : openssl_error()));
      return true;
    }
    return false;
  }

  void forget() {
    if (!connection_) return;
    connection_->owner = nullptr;
    connection_->ended = true;
    connection_->over.cancel();
    boost::system::error_code ignored;
    connection_->socket.close(ignored);
    connection_.reset();
  }

  asio::io_context& context_;
  std::string host_;
  std::uint16_t port_;
  TransportOptions options_;
  std::optional<IpAddress> source_;
  std::shared_ptr<SSL_CTX> tls_;  // null: plain TCP
  std::shared_ptr<Connection> connection_;
  std::function<void(const Problem&)> on_loss_;
  std::string peer_, peer_text_;
  bool aborted_ = false;
};

}  // namespace

std::unique_ptr<Transport> make_transport(asio::io_context& context, const Target& target,
                                          const TransportOptions& options,
                                          std::optional<IpAddress> source,
                                          Diagnostics& diagnostics) {
  if (options.source) source = options.source;
  if (const auto* to = std::get_if<UdpTarget>(&target.kind)) {
    return std::make_unique<UdpTransport>(context, *to, options, source);
  }
  if (const auto* to = std::get_if<TcpTarget>(&target.kind)) {
    return std::make_unique<StreamTransport>(context, to->host, to->port, options, source, nullptr);
  }
  if (const auto* to = std::get_if<TlsTarget>(&target.kind)) {
    SslContext tls = make_tls_context(options.tls, diagnostics);
    if (!tls) return nullptr;
    std::shared_ptr<SSL_CTX> shared(tls.release(), SslContextDeleter{});
    return std::make_unique<StreamTransport>(context, to->host, to->port, options, source,
                                             std::move(shared));
  }
  if (const auto* to = std::get_if<FileTarget>(&target.kind)) {
    return std::make_unique<FileTransport>(to->path);
  }
  return std::make_unique<FileTransport>("");
}

}  // namespace esm
