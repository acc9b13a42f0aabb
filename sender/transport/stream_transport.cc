#include "sender/transport/stream_transport.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <sys/socket.h>

#include "sender/base/socket_address.h"
#include "sender/base/units.h"
#include "sender/transport/network_problem.h"
#include "sender/transport/stream_fates.h"
#include "sender/transport/tcp_socket.h"

namespace esm {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using Step = TlsSession::Step;

namespace {

// A receiver has nothing to say; what it says nevertheless is thrown away in such pieces, at most
// so many in a row.
constexpr std::size_t kDiscardBytes = 16 * 1024;
constexpr int kReadsInARow = 16;

// Nothing tells when the last byte is acknowledged: it is looked at so often.
constexpr milliseconds kAcknowledgedPoll{5};

// With TLS 1.3 a receiver judges our certificate only after the handshake. It is given so long to
// say no before messages are written that it would never read.
constexpr milliseconds kVerdictWait{250};

// A connection that the receiver ends sooner has met with its disapproval.
constexpr milliseconds kEarly{1'000};

}  // namespace

StreamTransport::StreamTransport(asio::io_context& context, Connector::Options connect,
                                 const Options& options, std::shared_ptr<const TlsContext> tls)
    : connector_(context, std::move(connect)),
      options_(options),
      tls_context_(std::move(tls)),
      gate_(context) {}

StreamTransport::~StreamTransport() { drop_connection(); }

void StreamTransport::on_loss(std::function<void(const Problem&)> callback) {
  on_loss_ = std::move(callback);
}

void StreamTransport::drop_connection() {
  if (socket_) {
    acknowledged_ = read_acknowledged();
    socket_->close();
  }
  if (tls_) resumable_ = tls_->take_resumable();
  tls_.reset();
  socket_.reset();
}

void StreamTransport::abort() {
  if (busy_) {
    aborted_ = true;
    connector_.abort();
    gate_.wake();
  } else {
    problem_ = abort_problem();
    drop_connection();
  }
}

void StreamTransport::lose(Problem problem) {
  problem_ = std::move(problem);
  drop_connection();
}

asio::awaitable<Problem> StreamTransport::open() {
  assert(!busy_);
  drop_connection();
  busy_ = true;
  aborted_ = ended_ = input_seen_ = tls_alert_in_ = false;
  bytes_out_ = acknowledged_ = 0;
  problem_ = Problem{};
  Connector::Connected connected = co_await connector_.connect();
  if (aborted_) connected.problem = abort_problem();
  if (connected.problem.happened) {
    if (connected.socket) connected.socket->close();
    problem_ = connected.problem;
  } else {
    socket_ = std::move(connected.socket);
    endpoint_ = endpoint_text(connected.address, connector_.port());
    peer_ = endpoint_;
    if (IpAddress::parse(connector_.host()) != connected.address) {
      endpoint_ =
          fmt::format("{} ({})", endpoint_text(connector_.host(), connector_.port()), endpoint_);
    }
    prepare_tcp(socket_->fd(), options_.tcp, options_.write_stall_timeout);
    if (tls_context_) {
      tls_ = std::make_unique<TlsSession>(tls_context_, socket_->fd(), connector_.host(), endpoint_,
                                          std::exchange(resumable_, nullptr));
      Problem problem = co_await shake_hands();
      if (problem.happened) lose(std::move(problem));
    }
  }
  busy_ = false;
  if (!problem_.happened) {
    opened_at_ = steady_now();
    if (tls_) {
      peer_ += ", " + tls_->description();
      certificate_ = tls_->certificate();
    }
    watch_readable();
  }
  co_return problem_;
}

// Returns when the socket is ready, the deadline has passed, the operation is aborted or the
// connection is lost; also without a reason.
asio::awaitable<void> StreamTransport::wait_for(Step wanted, SteadyTime deadline) {
  if (wanted == Step::kWantWrite) {
    writable_ = false;
    socket_->when_writable([this] {
      writable_ = true;
      gate_.wake();
    });
  }
  co_await gate_.sleep_until(deadline);  // the pending read wakes too
}

asio::awaitable<Problem> StreamTransport::shake_hands() {
  const SteadyTime deadline = steady_now() + options_.handshake_timeout;
  while (true) {
    const Step step = tls_->handshake();
    if (step == Step::kDone) break;
    if (step == Step::kOver) co_return tls_->problem();
    if (step == Step::kWantRead) socket_->when_readable([this] { gate_.wake(); });
    co_await wait_for(step, deadline);
    if (aborted_) co_return abort_problem();
    if (steady_now() >= deadline) co_return tls_->timeout_problem(options_.handshake_timeout);
  }
  if (!tls_->verdict_is_pending()) co_return Problem{};
  const SteadyTime verdict_by = std::min(deadline, steady_now() + kVerdictWait);
  readable_ = false;
  socket_->when_readable([this] {
    readable_ = true;
    gate_.wake();
  });
  while (!readable_ && !aborted_ && steady_now() < verdict_by) {
    co_await gate_.sleep_until(verdict_by);
  }
  if (aborted_) co_return abort_problem();
  if (readable_ && tls_->read() == Step::kOver) co_return tls_->problem();
  co_return Problem{};
}

void StreamTransport::watch_readable() {
  socket_->when_readable([this] {
    if (!take_input()) {
      drop_connection();
      if (!busy_ && on_loss_) on_loss_(problem_);
    } else {
      watch_readable();
    }
    gate_.wake();
  });
}

bool StreamTransport::take_input() {
  if (!tls_) return take_plain_input();
  if (tls_->read() != Step::kOver) return true;
  problem_ = tls_->problem();
  explain_early_end();
  return false;
}

// A receiver that goes away as soon as it has read something had a reason.
void StreamTransport::explain_early_end() {
  if (accepted_in_all() == 0 || steady_now() - opened_at_ > kEarly || problem_.permanent ||
      (tls_ && !tls_->peer_went_away())) {
    return;
  }
  const bool octet = options_.framing == Framing::kOctet || options_.framing == Framing::kOctetLf;
  problem_.hint = fmt::format(
      "so soon after the first message: does it limit its connections, or does it want another "
      "framing than '{}'? Try --framing {}, or --for RECEIVER",
      name_of(options_.framing), octet ? "lf" : "octet");
}

bool StreamTransport::take_plain_input() {
  std::array<char, kDiscardBytes> discarded;
  for (int i = 0; i < kReadsInARow; ++i) {
    const ssize_t size = ::recv(socket_->fd(), discarded.data(), discarded.size(), MSG_DONTWAIT);
    if (size > 0) {
      // Alert, TLS 1.x: what a TLS server says to plain text.
      if (!std::exchange(input_seen_, true)) {
        tls_alert_in_ = size >= 2 && discarded[0] == 0x15 && discarded[1] == 0x03;
      }
      continue;
    }
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
    ended_ = size == 0;
    problem_ = lost_problem(endpoint_, size == 0 ? 0 : errno);
    explain_early_end();
    if (tls_alert_in_) {
      problem_.what += " after a TLS alert";
      problem_.hint = "this port speaks TLS: write tls://";
    }
    return false;
  }
  return true;
}

Step StreamTransport::offer(std::span<const char> bytes, Progress& progress) {
  if (tls_) {
    std::size_t taken = 0;
    const Step step = tls_->write(bytes.subspan(progress.taken), taken);
    progress.taken += taken;
    progress.touched = progress.taken + tls_->begun();
    return step;
  }
  while (progress.taken < bytes.size()) {
    const std::span<const char> rest = bytes.subspan(progress.taken);
    const ssize_t size =
        ::send(socket_->fd(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size >= 0) {
      progress.taken += static_cast<std::size_t>(size);
      progress.touched = progress.taken;
      bytes_out_ += static_cast<std::size_t>(size);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return Step::kWantWrite;
    progress.error = errno;
    return Step::kOver;
  }
  return Step::kDone;
}

asio::awaitable<void> StreamTransport::write(const Batch& batch, WriteOutcome& outcome) {
  assert(!busy_);
  outcome.clear();
  const std::span<const char> bytes = batch.bytes();
  Progress progress;
  // The pending read may have something to say that the io_context has not come to yet.
  if (socket_ && !take_input()) drop_connection();
  busy_ = true;
  aborted_ = false;
  SteadyTime deadline{};
  std::uint64_t accepted_before = 0;
  while (socket_) {
    const Step step = offer(bytes, progress);
    if (step == Step::kDone) break;
    if (step == Step::kOver) {
      // What the peer said before it went explains more than our errno.
      if (take_input()) {
        problem_ = tls_ ? tls_->problem() : lost_problem(endpoint_, progress.error);
        explain_early_end();
      }
      drop_connection();
      break;
    }
    if (deadline == SteadyTime{} || accepted(progress) > accepted_before) {
      accepted_before = accepted(progress);
      deadline = steady_now() + options_.write_stall_timeout;
    }
    const SteadyTime began = steady_now();
    co_await wait_for(step, deadline);
    outcome.waited += steady_now() - began;
    if (aborted_) {
      lose(abort_problem());
    } else if (socket_ && !writable_ && steady_now() >= deadline) {
      lose(stall_problem(endpoint_, options_.write_stall_timeout));
    }
  }
  busy_ = false;
  // A getsockopt for thousands of records, so that the marks behind them stay fine.
  if (socket_ && tls_ && tls_->marks_full()) read_acknowledged();
  append_stream_fates(batch, progress.taken, progress.touched, progress.error, outcome.runs);
  if (!socket_) {
    outcome.lost = true;
    outcome.problem = problem_;
  }
}

std::uint64_t StreamTransport::accepted_in_all() const {
  return tls_ ? tls_->plain_out() : bytes_out_;
}

std::uint64_t StreamTransport::accepted(const Progress& progress) const {
  return tls_ ? tls_->bytes_out() : progress.taken;
}

std::uint64_t StreamTransport::acknowledged() {
  return socket_ ? read_acknowledged() : acknowledged_;
}

std::uint64_t StreamTransport::read_acknowledged() {
  const std::uint64_t wire = bytes_acknowledged(socket_->fd());
  return tls_ ? tls_->plain_behind(wire) : std::min(wire, bytes_out_);  // without our FIN
}

asio::awaitable<CloseOutcome> StreamTransport::close() {
  assert(!busy_);
  CloseOutcome outcome;
  if (socket_ && !take_input()) drop_connection();
  if (!socket_) {
    outcome.problem = problem_;
    co_return outcome;
  }
  busy_ = true;
  aborted_ = false;
  const SteadyTime deadline = steady_now() + options_.close_timeout;
  while (tls_ && socket_ && !aborted_ && steady_now() < deadline) {
    const Step step = tls_->say_goodbye();
    if (step == Step::kDone) break;
    if (step == Step::kOver) {
      lose(tls_->problem());
      break;
    }
    co_await wait_for(step, deadline);
  }
  if (socket_ && !aborted_) {
    ::shutdown(socket_->fd(), SHUT_WR);
    co_await await_end(deadline);
  }
  if (aborted_) problem_ = abort_problem();
  outcome.drained = !problem_.happened;
  outcome.problem = problem_;
  busy_ = false;
  drop_connection();
  problem_ = Problem{true, "closed", "", false};
  co_return outcome;
}

// Until the peer's FIN has come and ours with all before it is acknowledged: problem_ is unset
// then. Or until the connection ends another way, or it takes too long.
asio::awaitable<void> StreamTransport::await_end(SteadyTime deadline) {
  const auto look_again = [this] {
    readable_ = true;
    gate_.wake();
  };
  readable_ = true;
  while (!aborted_) {
    if (!ended_ && std::exchange(readable_, false)) {
      if (!take_input_while_closing()) break;
      if (!ended_) socket_->when_readable(look_again);
    }
    if (ended_ && everything_acknowledged(socket_->fd())) break;
    int error = 0;
    socklen_t size = sizeof error;
    if (ended_ && ::getsockopt(socket_->fd(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
        error != 0) {
      problem_ = lost_problem(endpoint_, error);
      break;
    }
    const SteadyTime now = steady_now();
    if (now >= deadline) {
      problem_ = {true,
                  fmt::format("{} did not {} within {}", endpoint_,
                              ended_ ? "acknowledge everything" : "end the connection",
                              format_duration(options_.close_timeout)),
                  "the receiver may need longer to read everything, or ignore our end", false};
      break;
    }
    co_await gate_.sleep_until(ended_ ? std::min(deadline, now + kAcknowledgedPoll) : deadline);
  }
}

// As take_input(), but the peer's FIN is an answer: ended_ is set. False: the connection ended in
// another way, problem_ says how.
bool StreamTransport::take_input_while_closing() {
  if (tls_ && !tls_->got_close_notify()) {
    if (tls_->read() != Step::kOver) return true;
    if (!tls_->got_close_notify()) {
      problem_ = tls_->problem();
      return false;
    }
  }
  // Behind close_notify, as on plain TCP, only the FIN counts.
  if (take_plain_input()) return true;
  if (!ended_) return false;
  problem_ = Problem{};
  return true;
}

}  // namespace esm
