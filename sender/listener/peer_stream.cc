#include "sender/listener/peer_stream.h"

#include <cassert>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <openssl/err.h>
#include <sys/socket.h>

namespace esm {
namespace {

class PlainStream final : public PeerStream {
 public:
  explicit PlainStream(int fd) : fd_(fd) {}

  Step handshake() override { return Step::kDone; }
  Step read(std::span<char> into, std::size_t& size) override {
    while (true) {
      const ssize_t now = ::recv(fd_, into.data(), into.size(), MSG_DONTWAIT);
      if (now > 0) {
        size = static_cast<std::size_t>(now);
        return Step::kDone;
      }
      if (now == 0) return Step::kEnd;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return Step::kWantRead;
      if (errno != EINTR) return Step::kAborted;
    }
  }
  void say_goodbye() override { ::shutdown(fd_, SHUT_WR); }
  bool knows_peer() const override { return false; }
  std::string problem() const override { return {}; }

 private:
  int fd_;
};

class TlsStream final : public PeerStream {
 public:
  TlsStream(SSL_CTX& context, int fd) : fd_(fd), ssl_(SSL_new(&context)) {
    assert(ssl_ != nullptr);
    SSL_set_fd(ssl_.get(), fd);
    SSL_set_accept_state(ssl_.get());
  }

  Step handshake() override {
    return step([&] { return SSL_do_handshake(ssl_.get()); });
  }

  // OpenSSL gives a record at a time; whatever reads the buffer is called once for many.
  Step read(std::span<char> into, std::size_t& size) override {
    size = 0;
    while (size < into.size()) {
      std::size_t now = 0;
      const auto read_record = [&] {
        return SSL_read_ex(ssl_.get(), into.data() + size, into.size() - size, &now);
      };
      const Step result = last_ != Step::kDone ? last_ : step(read_record);
      if (result != Step::kDone) {
        // What was read comes first, then what follows it: a wait must not be asked for twice.
        last_ = size > 0 ? result : Step::kDone;
        return size > 0 ? Step::kDone : result;
      }
      size += now;
    }
    return Step::kDone;
  }

  void say_goodbye() override {
    // An SSL that failed may not be shut down.
    if (usable_ && SSL_is_init_finished(ssl_.get())) {
      step([&] { return SSL_shutdown(ssl_.get()); });
    }
    ::shutdown(fd_, SHUT_WR);
  }

  bool knows_peer() const override { return SSL_get0_peer_certificate(ssl_.get()) != nullptr; }
  std::string problem() const override { return problem_; }

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  template <typename Call>
  Step step(const Call& call) {
    ERR_clear_error();  // the queue is the thread's: what another connection left would be ours
    errno = 0;
    const int result = call();
    if (result == 1) return Step::kDone;
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return Step::kWantRead;
      case SSL_ERROR_WANT_WRITE:
        return Step::kWantWrite;
      case SSL_ERROR_ZERO_RETURN:
        return Step::kEnd;
      case SSL_ERROR_SSL: {
        const unsigned long error = ERR_peek_last_error();
        const char* const reason = ERR_reason_error_string(error);
        const char* const library = ERR_lib_error_string(error);
        problem_ = fmt::format("{} ({})", reason == nullptr ? "unknown" : reason,
                               library == nullptr ? "unknown" : library);
        break;
      }
      default:
        problem_ = errno == 0 ? "the connection ended" : std::strerror(errno);
        break;
    }
    usable_ = false;
    return Step::kAborted;
  }

  int fd_;
  std::unique_ptr<SSL, Free> ssl_;
  Step last_ = Step::kDone;
  bool usable_ = true;
  std::string problem_;
};

}  // namespace

std::unique_ptr<PeerStream> make_plain_stream(int fd) { return std::make_unique<PlainStream>(fd); }

std::unique_ptr<PeerStream> make_tls_stream(SSL_CTX& context, int fd) {
  return std::make_unique<TlsStream>(context, fd);
}

}  // namespace esm
