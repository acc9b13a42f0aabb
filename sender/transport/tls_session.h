// One TLS connection on a non-blocking socket: OpenSSL called directly, so that a batch becomes a
// few full records and it is known which bytes the kernel took. Never waits: the caller waits for
// the socket and calls again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "sender/transport/offset_queue.h"
#include "sender/transport/outcome.h"
#include "sender/transport/tls_context.h"
#include "sender/transport/tls_verify.h"

namespace esm {

class TlsSession {
 public:
  enum class Step : std::uint8_t {
    kDone,
    kWantRead,   // call again when the socket is readable
    kWantWrite,  // … writable
    kOver,       // the connection is of no more use; problem() says why
  };

  struct FreeSession {
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  };
  // What lets the next connection to the same host skip half the handshake.
  using Resumable = std::unique_ptr<SSL_SESSION, FreeSession>;

  // `fd` stays the caller's and must outlive the session. `host` is what the receiver's certificate
  // must be made for unless the options name something else. `resume` may be null; a receiver that
  // does not know it makes a whole handshake of it.
  TlsSession(std::shared_ptr<const TlsContext> context, int fd, const std::string& host,
             std::string endpoint, Resumable resume = nullptr);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  Step handshake();
  // Offers bytes; `taken` is how many of them are now in records that the kernel has whole. After
  // anything but kDone the next call must offer the bytes from `taken` on again (they may have
  // moved).
  Step write(std::span<const char> bytes, std::size_t& taken);
  // How many bytes behind the taken ones are in a record of which the kernel has a part. They may
  // be on the wire, though the peer cannot read them without the rest.
  std::size_t begun() const;
  // Reads what is there and throws it away, at most so much that others get their turn. kWantRead:
  // all is well. kOver also for the peer's close_notify.
  Step read();
  // Sends our close_notify.
  Step say_goodbye();

  bool got_close_notify() const { return end_ == End::kCloseNotify; }
  // Ciphertext that the kernel has accepted.
  std::uint64_t bytes_out() const { return wire_.bytes_out; }
  // How many of the taken bytes are in records that end within the first `wire` bytes of what the
  // kernel has accepted; `wire` is never less than before.
  std::uint64_t plain_behind(std::uint64_t wire) { return records_.advance(wire); }
  std::uint64_t plain_out() const { return plain_out_; }
  // Before the next write plain_behind() should be asked, or it will be less fine.
  bool marks_full() const { return records_.full(); }
  // TLS 1.3 and the peer asked for our certificate: whether it liked it is only known from what it
  // says after the handshake.
  bool verdict_is_pending() const;
  // The peer ended it, with or without a goodbye; it was not damaged.
  bool peer_went_away() const {
    return end_ == End::kCloseNotify || end_ == End::kEndOfFile || end_ == End::kSystem;
  }
  // Null: the receiver gave none, or it was taken already.
  Resumable take_resumable();
  // What the receiver showed, on one line: "O=lab, CN=server, for DNS:localhost, signed by …, valid
  // … to …, sha-256:AA:…".
  std::string certificate() const;
  // "TLSv1.3 TLS_AES_128_GCM_SHA256", ", resumed" behind it where it was.
  std::string description() const;
  // Why kOver was returned.
  Problem problem() const;
  // The handshake was not over in time.
  Problem timeout_problem(std::chrono::milliseconds waited) const;

  // What the socket did, kept by the BIO that OpenSSL reads and writes through.
  struct Wire {
    int fd = -1;
    int error = 0;  // errno of the last call that failed for good
    bool end_of_file = false;
    std::uint64_t bytes_out = 0;
    // While it `holds`, records are put together instead of sent; of what is held then the first
    // `sent` bytes are with the kernel.
    bool holds = false;
    std::vector<char> held;
    std::size_t sent = 0;
    std::string first_in;  // the peer's first bytes, to see what it speaks

    bool is_holding() const { return sent < held.size(); }
    // What bytes_out will be when all that is held is with the kernel.
    std::uint64_t end() const { return bytes_out + (held.size() - sent); }
  };

 private:
  enum class End : std::uint8_t { kNone, kCloseNotify, kEndOfFile, kSystem, kProtocol };

  friend class TlsContext;
  static int keep_session(SSL* ssl, SSL_SESSION* session);

  Step send_held(std::size_t& taken);
  // After a call of OpenSSL's that did not succeed.
  Step settle(int result);
  // What came first is no TLS record.
  bool spoke_plainly() const;
  void hear_more();
  Problem handshake_problem() const;
  Problem alert_problem(int alert) const;
  Problem versions_problem(std::string_view said) const;
  Problem ciphers_problem(std::string_view said) const;

  std::shared_ptr<const TlsContext> context_;
  std::string endpoint_;
  Wire wire_;
  PeerCheck check_;
  SSL* ssl_ = nullptr;
  Resumable resumable_;
  bool shaken_ = false;
  bool certificate_asked_ = false;
  OffsetQueue records_;          // what the kernel has accepted -> bytes taken
  std::uint64_t plain_out_ = 0;  // bytes taken
  // What is held, by records: where on the wire they begin and end, and the bytes within.
  struct Record {
    std::uint64_t begin, end;
    std::size_t plain;
  };
  std::vector<Record> under_way_;
  std::size_t first_under_way_ = 0;  // those before are with the kernel
  std::size_t sealed_ = 0;           // of the bytes on offer, how many are in records that are held
  End end_ = End::kNone;
  unsigned long error_ = 0;  // OpenSSL's
};

}  // namespace esm
