#include "sender/listener/session.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <sys/socket.h>

namespace esm {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kHandshakeMax{10};
constexpr seconds kPartingMax{5};
constexpr milliseconds kSlowPause{10};

}  // namespace

Session::Session(Reception& reception, Sessions& sessions, const IpAddress& peer,
                 tcp::socket socket, SSL_CTX* tls, const ListenerFault& fault)
    : reception_(reception),
      sessions_(sessions),
      socket_(std::move(socket)),
      timer_(reception.context),
      stream_(tls == nullptr ? make_plain_stream(socket_.native_handle())
                             : make_tls_stream(*tls, socket_.native_handle())),
      frames_(reception.options.message_bytes_max, reception.options.framing),
      sender_(reception.intake.sender(peer)),
      fault_(fault) {
  ++sender_.counters->connections_active;
  ++sender_.counters->connections_total;
}

void Session::start() {
  error_code ignored;  // a socket that cannot be read says so when it is read
  socket_.native_non_blocking(true, ignored);
  deadline_ = steady_clock::now() + kHandshakeMax;
  shake_hands();
}

void Session::go_on() {
  switch (phase_) {
    case Phase::kHandshake:
      shake_hands();
      break;
    case Phase::kReading:
      read();
      break;
    case Phase::kParting:
      throw_away();
      break;
    case Phase::kStalled:
    case Phase::kOver:
      break;
  }
}

void Session::wait(tcp::socket::wait_type what) {
  socket_.async_wait(what, [self = shared_from_this()](const error_code& error) {
    if (error != boost::asio::error::operation_aborted) self->go_on();
  });
}

void Session::go_on_after(std::chrono::nanoseconds pause) {
  timer_.expires_after(pause);
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->go_on();
  });
}

void Session::shake_hands() {
  switch (stream_->handshake()) {
    case Step::kDone:
      phase_ = Phase::kReading;
      deadline_ = SteadyTime::max();
      if (stream_->knows_peer()) ++reception_.clients_known;
      read();
      break;
    case Step::kWantRead:
      wait(tcp::socket::wait_read);
      break;
    case Step::kWantWrite:
      wait(tcp::socket::wait_write);
      break;
    case Step::kEnd:
    case Step::kAborted:
      ++reception_.handshakes_failed;
      reception_.tls_failure = stream_->problem();
      ended(End::kClean);
      leave();
      break;
  }
}

// All sessions read into one buffer: what is left of a frame is copied by the frame reader.
void Session::read() {
  for (int turn = 0; turn < kReadsPerTurn; ++turn) {
    if (fault_.kind != ListenerFault::Kind::kNone && messages_ >= fault_.after_messages) {
      begin_fault();
      if (phase_ != Phase::kReading) return;
    }
    std::span<char> buffer = reception_.stream_buffer;
    if (slowly_) {
      const SteadyTime now = steady_clock::now();
      if (now >= slow_until_) {
        slowly_.reset();
      } else {
        buffer = buffer.first(std::min(buffer.size(), slowly_->available(now.time_since_epoch())));
        if (buffer.empty()) {
          go_on_after(kSlowPause);
          return;
        }
      }
    }
    std::size_t size = 0;
    switch (stream_->read(buffer, size)) {
      case Step::kDone:
        if (slowly_) slowly_->spend(size);
        if (!take({buffer.data(), size})) return;
        break;
      case Step::kWantRead:
        wait(tcp::socket::wait_read);
        return;
      case Step::kWantWrite:
        wait(tcp::socket::wait_write);
        return;
      case Step::kEnd:
        ended(End::kClean);
        stream_->say_goodbye();  // the sender waits for it
        leave();
        return;
      case Step::kAborted:
        ended(End::kAborted);
        leave();
        return;
    }
  }
  // The others' turn. There may be no more in the socket, but in OpenSSL's buffer.
  boost::asio::post(reception_.context, [self = shared_from_this()] { self->go_on(); });
}

bool Session::take(std::string_view bytes) {
  const SimTime now = reception_.clock.now();
  const std::uint64_t messages_before = reception_.intake.messages();
  const std::uint64_t long_before = frames_.too_long();
  const std::uint64_t last =
      fault_.kind == ListenerFault::Kind::kNone ? UINT64_MAX : fault_.after_messages;
  const std::size_t taken = frames_.feed(bytes, [&](std::string_view message) {
    reception_.intake.message(message, sender_, now);
    return ++messages_ != last;
  });
  reception_.intake.too_long(frames_.too_long() - long_before, sender_);
  if (reception_.intake.messages() != messages_before) {
    reception_.last_message = reception_.clock.real();
  }
  reception_.stop_if_enough();
  if (frames_.broken()) {
    ++reception_.framing_errors;
    part();
    return false;
  }
  if (taken == bytes.size()) return true;
  untaken_ = bytes.substr(taken);
  begin_fault();
  return phase_ == Phase::kReading;
}

void Session::begin_fault() {
  ++reception_.faults;
  const ListenerFault fault = std::exchange(fault_, {});
  const SteadyTime until = fault.lasting ? steady_clock::now() + *fault.lasting : SteadyTime::max();
  switch (fault.kind) {
    case ListenerFault::Kind::kNone:
    case ListenerFault::Kind::kRefuse:
      break;
    case ListenerFault::Kind::kClose:
      part();
      return;
    case ListenerFault::Kind::kReset: {
      ended(End::kClean);
      error_code ignored;  // then it is a FIN, and the sender's test says so
      socket_.set_option(tcp::socket::linger(true, 0), ignored);
      leave();
      return;
    }
    case ListenerFault::Kind::kStall:
      phase_ = Phase::kStalled;
      if (!fault.lasting) return;
      timer_.expires_at(until);
      timer_.async_wait([self = shared_from_this()](const error_code& error) {
        if (error || self->phase_ != Phase::kStalled) return;
        self->phase_ = Phase::kReading;
        if (self->take(std::exchange(self->untaken_, {}))) self->read();
      });
      return;
    case ListenerFault::Kind::kSlow:
      slowly_.emplace(fault.bytes_per_second, steady_clock::now().time_since_epoch());
      slow_until_ = until;
      slowly_->spend(untaken_.size());  // these have been read already
      break;
  }
  if (!untaken_.empty()) take(std::exchange(untaken_, {}));
}

// Our goodbye comes first: with unread bytes a close would be a RST, which the sender may see
// before the FIN.
void Session::part() {
  ended(End::kClean);
  stream_->say_goodbye();
  phase_ = Phase::kParting;
  deadline_ = steady_clock::now() + kPartingMax;
  throw_away();
}

void Session::throw_away() {
  std::span<char> buffer = reception_.stream_buffer;
  for (int turn = 0; turn < kReadsPerTurn; ++turn) {
    const ssize_t size =
        ::recv(socket_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size > 0 || (size < 0 && errno == EINTR)) continue;
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      wait(tcp::socket::wait_read);
    } else {
      leave();
    }
    return;
  }
  boost::asio::post(reception_.context, [self = shared_from_this()] { self->go_on(); });
}

void Session::say_goodbye() {
  if (phase_ == Phase::kReading || phase_ == Phase::kStalled) stream_->say_goodbye();
  ended(End::kClean);
}

void Session::check_deadline(SteadyTime now) {
  if (now < deadline_ || phase_ == Phase::kOver) return;
  if (phase_ == Phase::kHandshake) {
    ++reception_.handshakes_failed;
    reception_.tls_failure = fmt::format("no handshake within {} s", kHandshakeMax.count());
    ended(End::kClean);
  }
  leave();
}

void Session::ended(End how) {
  if (std::exchange(counted_, true)) return;
  frames_.finish();
  reception_.unterminated += frames_.unterminated();
  if (how == End::kAborted) ++reception_.aborted;
  --sender_.counters->connections_active;
}

void Session::close() {
  phase_ = Phase::kOver;
  timer_.cancel();
  error_code ignored;  // nothing can be done about it
  socket_.close(ignored);
}

void Session::leave() {
  close();
  sessions_.erase(shared_from_this());
}

}  // namespace esm
