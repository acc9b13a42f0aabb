// A sender's bytes on a non-blocking socket, plain or out of TLS. Never waits: the caller waits for
// the socket and calls again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <openssl/ssl.h>

namespace esm {

class PeerStream {
 public:
  enum class Step : std::uint8_t {
    kDone,
    kWantRead,   // call again when the socket is readable
    kWantWrite,  // … writable
    kEnd,        // the sender said goodbye: FIN, over TLS close_notify before it
    kAborted,    // it ended otherwise
  };

  virtual ~PeerStream() = default;

  // To be called until kDone (or kAborted) before anything else.
  virtual Step handshake() = 0;
  // Reads into `into`, as much as is there; kDone: `size` > 0.
  virtual Step read(std::span<char> into, std::size_t& size) = 0;
  // Sends close_notify and FIN, as far as that goes at once.
  virtual void say_goodbye() = 0;
  // Whether the sender showed a certificate (and it was found good).
  virtual bool knows_peer() const = 0;
  // Why the handshake was kAborted.
  virtual std::string problem() const = 0;
};

// `fd` stays the caller's and must outlive the stream.
std::unique_ptr<PeerStream> make_plain_stream(int fd);
std::unique_ptr<PeerStream> make_tls_stream(SSL_CTX& context, int fd);

}  // namespace esm
