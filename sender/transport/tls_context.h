// OpenSSL's client context from our options, and what a peer's certificates look like to a person.
#pragma once

#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "sender/base/diagnostics.h"
#include "sender/transport/target.h"

namespace esm {

struct SslContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslContext = std::unique_ptr<SSL_CTX, SslContextDeleter>;
using Ssl = std::unique_ptr<SSL, SslDeleter>;

// Filled while the peer's chain is verified; lives as long as the connection.
struct TlsVerification {
  const TlsOptions* options = nullptr;
  long error = 0;      // X509_V_ERR_…, 0 = verified
  std::string chain;   // subject, issuer, validity of each certificate, for people
  std::string sha256;  // of the leaf, "sha-256:AA:BB…"
};

// Null, with the reason in `diagnostics`, when a file cannot be used.
SslContext make_tls_context(const TlsOptions& options, Diagnostics& diagnostics);

// A connection object for `name` (verified and sent as SNI, unless it is an address).
// `verification` must outlive it.
Ssl make_tls_connection(SSL_CTX* context, const std::string& name, int socket,
                        TlsVerification& verification);

// The oldest error of this thread's queue, for people; empties the queue.
std::string openssl_error();

}  // namespace esm
