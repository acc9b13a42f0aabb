#include "sender/transport/tls_session.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <climits>
#include <new>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include "sender/base/diagnostics.h"
#include "sender/base/ip_address.h"
#include "sender/base/units.h"
#include "sender/transport/certificate_text.h"
#include "sender/transport/network_problem.h"

namespace esm {
namespace {

constexpr std::size_t kRecordBytesMax = 16'384;
// Records whose acknowledgement is awaited, told apart; of full ones a send buffer holds far fewer.
constexpr std::size_t kMarksMax = 4'096;
constexpr std::size_t kFirstBytesKept = 32;
constexpr int kReadsInARow = 16;

// OpenSSL's own socket BIO would raise SIGPIPE, and hides errno and how much was sent.
TlsSession::Wire& wire_of(BIO* bio) { return *static_cast<TlsSession::Wire*>(BIO_get_data(bio)); }

// What the kernel takes now, -1: nothing, errno says why.
ssize_t send_now(TlsSession::Wire& wire, const char* bytes, std::size_t size) {
  ssize_t result = 0;
  do {
    result = ::send(wire.fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (result < 0 && errno == EINTR);
  if (result > 0) wire.bytes_out += static_cast<std::size_t>(result);
  return result;
}

int wire_write(BIO* bio, const char* bytes, std::size_t size, std::size_t* written) {
  TlsSession::Wire& wire = wire_of(bio);
  BIO_clear_retry_flags(bio);
  *written = 0;
  // Behind what is held nothing may overtake it.
  if (wire.holds || wire.is_holding()) {
    wire.held.insert(wire.held.end(), bytes, bytes + size);
    *written = size;
    return 1;
  }
  const ssize_t result = send_now(wire, bytes, size);
  if (result >= 0) {
    *written = static_cast<std::size_t>(result);
    return 1;
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK) {
    BIO_set_retry_write(bio);
  } else {
    wire.error = errno;
  }
  return -1;
}

int wire_read(BIO* bio, char* bytes, std::size_t size, std::size_t* taken) {
  TlsSession::Wire& wire = wire_of(bio);
  BIO_clear_retry_flags(bio);
  *taken = 0;
  ssize_t result = 0;
  do {
    result = ::recv(wire.fd, bytes, size, MSG_DONTWAIT);
  } while (result < 0 && errno == EINTR);
  if (result > 0) {
    *taken = static_cast<std::size_t>(result);
    if (wire.first_in.size() < kFirstBytesKept) {
      wire.first_in.append(bytes, std::min(*taken, kFirstBytesKept - wire.first_in.size()));
    }
    return 1;
  }
  if (result == 0) {
    wire.end_of_file = true;
    return 0;
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK) {
    BIO_set_retry_read(bio);
  } else {
    wire.error = errno;
  }
  return -1;
}

long wire_control(BIO* bio, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_EOF:
      return wire_of(bio).end_of_file ? 1 : 0;
    case BIO_CTRL_FLUSH:
      return 1;
    default:
      return 0;
  }
}

const BIO_METHOD* wire_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
    BIO_meth_set_write_ex(made, wire_write);
    BIO_meth_set_read_ex(made, wire_read);
    BIO_meth_set_ctrl(made, wire_control);
    return made;
  }();
  return method;
}

// Called only when the peer asks for our certificate.
int note_certificate_asked(SSL*, void* asked) {
  *static_cast<bool*>(asked) = true;
  return 1;
}

std::string alert_text(int alert) {
  // OpenSSL knows this one, but not its name.
  if (alert == SSL_AD_CERTIFICATE_REQUIRED) return "certificate required";
  const std::string text = SSL_alert_desc_string_long(alert);
  return text == "unknown" ? fmt::format("alert {}", alert) : text;
}

bool is_certificate_alert(int alert) {
  switch (alert) {
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_DECRYPT_ERROR:
    case SSL_AD_CERTIFICATE_REQUIRED:
      return true;
    default:
      return false;
  }
}

}  // namespace

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context, int fd, const std::string& host,
                       std::string endpoint, Resumable resume)
    : context_(std::move(context)), endpoint_(std::move(endpoint)), records_(kMarksMax) {
  wire_.fd = fd;
  check_.fingerprints = &context_->fingerprints();
  check_.session = this;
  ssl_ = SSL_new(context_->get());
  BIO* const bio = BIO_new(wire_method());
  if (ssl_ == nullptr || bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, &wire_);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_app_data(ssl_, &check_);
  SSL_set_cert_cb(ssl_, note_certificate_asked, &certificate_asked_);
  SSL_set_verify(ssl_, context_->options().insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);

  std::string name = context_->options().name.empty() ? host : context_->options().name;
  if (name.ends_with('.')) name.pop_back();
  X509_VERIFY_PARAM* const parameters = SSL_get0_param(ssl_);
  X509_VERIFY_PARAM_set_hostflags(
      parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  bool set = true;
  if (IpAddress::parse(name)) {
    set = X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str()) == 1;
  } else {
    set = X509_VERIFY_PARAM_set1_host(parameters, name.c_str(), name.size()) == 1 &&
          SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
  }
  check_.name = name;
  if (!set) throw std::bad_alloc();  // parse_target and make_transport have checked the name
  SSL_set_connect_state(ssl_);
  // It was made with the same options for the same host: what was verified then holds.
  if (resume && SSL_SESSION_is_resumable(resume.get()) == 1) SSL_set_session(ssl_, resume.get());
}

TlsSession::~TlsSession() {
  // A connection that was cut may be resumed (RFC 5246, 7.2.1): OpenSSL would forbid it. After a
  // fatal alert it has done so already.
  SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl_);
}

TlsSession::Step TlsSession::settle(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return Step::kWantRead;
    case SSL_ERROR_WANT_WRITE:
      return Step::kWantWrite;
    case SSL_ERROR_ZERO_RETURN:
      end_ = End::kCloseNotify;
      return Step::kOver;
    case SSL_ERROR_SYSCALL:
      end_ = wire_.error != 0 ? End::kSystem : End::kEndOfFile;
      break;
    default:
      error_ = ERR_peek_last_error();
      end_ = ERR_GET_LIB(error_) == ERR_LIB_SSL &&
                     ERR_GET_REASON(error_) == SSL_R_UNEXPECTED_EOF_WHILE_READING
                 ? End::kEndOfFile
                 : End::kProtocol;
  }
  ERR_clear_error();
  return Step::kOver;
}

TlsSession::Step TlsSession::handshake() {
  if (end_ != End::kNone) return Step::kOver;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  if (result != 1) {
    const Step step = settle(result);
    if (end_ == End::kProtocol && spoke_plainly()) hear_more();
    return step;
  }
  shaken_ = true;
  return Step::kDone;
}

// Records begin with a type from 20 to 23.
bool TlsSession::spoke_plainly() const {
  return !wire_.first_in.empty() && (wire_.first_in[0] < 20 || wire_.first_in[0] > 23);
}

// OpenSSL has read no further than the head of a record; people recognise a protocol by more.
void TlsSession::hear_more() {
  std::array<char, kFirstBytesKept> more{};
  const std::size_t room = kFirstBytesKept - std::min(kFirstBytesKept, wire_.first_in.size());
  const ssize_t size = ::recv(wire_.fd, more.data(), room, MSG_DONTWAIT);
  if (size > 0) wire_.first_in.append(more.data(), static_cast<std::size_t>(size));
}

TlsSession::Step TlsSession::write(std::span<const char> bytes, std::size_t& taken) {
  taken = 0;
  if (end_ != End::kNone) return Step::kOver;
  Step step = Step::kDone;
  wire_.holds = true;
  while (sealed_ < bytes.size()) {
    const std::uint64_t begin = wire_.end();
    std::size_t now = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(ssl_, bytes.data() + sealed_, bytes.size() - sealed_, &now);
    if (result != 1) {
      step = settle(result);
      break;
    }
    sealed_ += now;
    under_way_.push_back({begin, wire_.end(), now});
  }
  wire_.holds = false;
  if (step == Step::kOver) return step;
  const Step sent = send_held(taken);
  sealed_ -= taken;
  return sent == Step::kDone ? step : sent;
}

// All records of a batch in one call: a receiver that keeps up would be woken for each.
TlsSession::Step TlsSession::send_held(std::size_t& taken) {
  while (wire_.is_holding()) {
    const ssize_t size =
        send_now(wire_, wire_.held.data() + wire_.sent, wire_.held.size() - wire_.sent);
    if (size < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return Step::kWantWrite;
      wire_.error = errno;
      end_ = End::kSystem;
      return Step::kOver;
    }
    wire_.sent += static_cast<std::size_t>(size);
    while (first_under_way_ < under_way_.size() &&
           under_way_[first_under_way_].end <= wire_.bytes_out) {
      const Record& record = under_way_[first_under_way_++];
      taken += record.plain;
      plain_out_ += record.plain;
      records_.push(record.end, plain_out_);
    }
  }
  wire_.held.clear();
  wire_.sent = 0;
  under_way_.clear();
  first_under_way_ = 0;
  return Step::kDone;
}

std::size_t TlsSession::begun() const {
  if (first_under_way_ == under_way_.size()) return 0;
  const Record& record = under_way_[first_under_way_];
  return wire_.bytes_out > record.begin ? record.plain : 0;
}

TlsSession::Step TlsSession::read() {
  if (end_ != End::kNone) return Step::kOver;
  std::array<char, kRecordBytesMax> discarded;
  for (int i = 0; i < kReadsInARow; ++i) {
    std::size_t size = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_, discarded.data(), discarded.size(), &size);
    if (result != 1) return settle(result);
  }
  return Step::kWantRead;
}

TlsSession::Step TlsSession::say_goodbye() {
  if (end_ != End::kNone) return Step::kOver;
  assert(!wire_.is_holding());
  ERR_clear_error();
  const int result = SSL_shutdown(ssl_);
  if (result >= 0) return Step::kDone;  // 0: sent, the peer's is not here yet
  return settle(result);
}

bool TlsSession::verdict_is_pending() const {
  return shaken_ && certificate_asked_ && SSL_version(ssl_) >= TLS1_3_VERSION;
}

std::string TlsSession::description() const {
  return fmt::format("{} {}{}", SSL_get_version(ssl_), SSL_get_cipher_name(ssl_),
                     SSL_session_reused(ssl_) == 1 ? ", resumed" : "");
}

// Called for every ticket that the receiver sends: the latest is the best. 1: it is ours now.
int TlsSession::keep_session(SSL* ssl, SSL_SESSION* session) {
  static_cast<PeerCheck*>(SSL_get_app_data(ssl))->session->resumable_.reset(session);
  return 1;
}

TlsSession::Resumable TlsSession::take_resumable() {
  // TLS 1.2 gives no new ticket for one that was used: it serves again.
  if (!resumable_ && shaken_ && SSL_version(ssl_) < TLS1_3_VERSION) {
    return Resumable(SSL_get1_session(ssl_));
  }
  return std::move(resumable_);
}

std::string TlsSession::certificate() const {
  const X509* const shown = SSL_get0_peer_certificate(ssl_);
  if (shown == nullptr) return {};
  std::string text = certificate_text(*shown);
  constexpr std::string_view kLineEnd = "\n  ";
  if (const std::size_t end = text.find(kLineEnd); end != std::string::npos) {
    text.replace(end, kLineEnd.size(), ", ");
  }
  return fmt::format("{}, {}", text, fingerprint_text(*shown));
}

Problem TlsSession::versions_problem(std::string_view said) const {
  return {true,
          fmt::format("{} and this program have no TLS version in common ({})", endpoint_, said),
          context_->options().min_version == "1.3"
              ? "the receiver must speak TLS 1.3, or allow 1.2 with --tls-min 1.2"
              : "the receiver must speak TLS 1.2 or 1.3: what is older can be broken",
          true};
}

Problem TlsSession::ciphers_problem(std::string_view said) const {
  return {true,
          fmt::format("{} and this program have no TLS cipher in common ({})", endpoint_, said),
          "allow the receiver a cipher with AES-GCM and ECDHE, or name one of its own with "
          "--tls-ciphers",
          true};
}

Problem TlsSession::alert_problem(int alert) const {
  const std::string said = alert_text(alert);
  if (alert == SSL_AD_PROTOCOL_VERSION) return versions_problem(said);
  if (alert == SSL_AD_INSUFFICIENT_SECURITY) return ciphers_problem(said);
  if (is_certificate_alert(alert) || (alert == SSL_AD_HANDSHAKE_FAILURE && certificate_asked_)) {
    if (!context_->has_certificate()) {
      return {true, fmt::format("{} wants a client certificate ({})", endpoint_, said),
              "give one that it trusts: --tls-cert FILE --tls-key FILE", true};
    }
    return {true,
            fmt::format("{} does not accept the client certificate {} ({})", endpoint_,
                        context_->options().cert_file, said),
            "does the receiver trust the CA that signed it, is it in date, is it made for clients "
            "(extended key usage clientAuth)?",
            true};
  }
  if (alert == SSL_AD_HANDSHAKE_FAILURE && !shaken_) return ciphers_problem(said);
  if (alert == SSL_AD_UNRECOGNIZED_NAME) {
    return {true, fmt::format("{} has no certificate for this name ({})", endpoint_, said),
            "give the name that it knows: --tls-name NAME", true};
  }
  return {true,
          fmt::format("{} ended the {} with the alert '{}'", endpoint_,
                      shaken_ ? "connection" : "TLS handshake", said),
          "the receiver's log may say more", false};
}

Problem TlsSession::handshake_problem() const {
  if (check_.failed && !context_->options().insecure) return certificate_problem(endpoint_, check_);
  if (spoke_plainly()) {
    return {true,
            fmt::format("{} does not speak TLS: it says '{}'", endpoint_,
                        escape_for_display(wire_.first_in)),
            "the port answers with plain text: is it TCP? Then write tcp://", true};
  }
  const std::string ask = "does this port speak TLS, does the receiver limit its connections?";
  if (end_ == End::kEndOfFile || end_ == End::kCloseNotify) {
    return {true, fmt::format("{} closed the connection in the TLS handshake", endpoint_), ask,
            false};
  }
  if (end_ == End::kSystem) {
    Problem problem = lost_problem(endpoint_, wire_.error);
    problem.what += " in the TLS handshake";
    problem.hint = ask;
    return problem;
  }
  if (ERR_GET_LIB(error_) == ERR_LIB_SSL) {
    const int reason = ERR_GET_REASON(error_);
    const char* const text = ERR_reason_error_string(error_);
    const std::string_view said = text != nullptr ? text : "no reason given";
    if (reason > SSL_AD_REASON_OFFSET) return alert_problem(reason - SSL_AD_REASON_OFFSET);
    if (reason == SSL_R_UNSUPPORTED_PROTOCOL || reason == SSL_R_VERSION_TOO_LOW ||
        reason == SSL_R_WRONG_SSL_VERSION) {
      return versions_problem(said);
    }
  }
  ERR_clear_error();
  const char* const text = ERR_reason_error_string(error_);
  return {true,
          fmt::format("the TLS handshake with {} failed: {}", endpoint_,
                      text != nullptr ? text : "no reason given"),
          ask, false};
}

Problem TlsSession::timeout_problem(std::chrono::milliseconds waited) const {
  return {true,
          fmt::format("{} did not answer the TLS handshake within {}", endpoint_,
                      format_duration(waited)),
          "does this port speak TLS? A plain TCP receiver waits for messages and never answers: "
          "then write tcp://",
          false};
}

Problem TlsSession::problem() const {
  assert(end_ != End::kNone);
  if (!shaken_) return handshake_problem();
  switch (end_) {
    case End::kNone:
    case End::kCloseNotify:
      return lost_problem(endpoint_, 0);
    case End::kEndOfFile:
      return {true, fmt::format("{} ended the connection without close_notify", endpoint_),
              "did the receiver stop, or did something in between cut the connection?", false};
    case End::kSystem:
      return lost_problem(endpoint_, wire_.error);
    case End::kProtocol:
      break;
  }
  const int reason = ERR_GET_REASON(error_);
  if (ERR_GET_LIB(error_) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET) {
    return alert_problem(reason - SSL_AD_REASON_OFFSET);
  }
  const char* const text = ERR_reason_error_string(error_);
  return {true,
          fmt::format("the TLS connection to {} broke: {}", endpoint_,
                      text != nullptr ? text : "no reason given"),
          "something in between may have damaged it", false};
}

}  // namespace esm
