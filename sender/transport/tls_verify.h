// The decision whether the peer's certificate is accepted, and the words for it if not.
#pragma once

#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "sender/transport/outcome.h"

namespace esm {

struct Fingerprint;
class TlsSession;

// Filled while the handshake runs; the SSL object's application data points to it.
struct PeerCheck {
  const std::vector<Fingerprint>* fingerprints = nullptr;  // not empty: they decide, not the CA
  std::string name;                                        // that the certificate must be made for

  TlsSession* session = nullptr;  // whose handshake it is

  bool failed = false;
  int code = X509_V_OK;     // X509_V_ERR_…
  int depth = 0;            // of the certificate that failed: 0 is the peer's own
  std::string fingerprint;  // of the peer's own certificate, "sha-256:…"
  std::string names;        // that it is made for
  std::string chain;        // what the peer showed, lines for people
};

// For SSL_CTX_set_cert_verify_callback; the last argument is not used.
int check_peer(X509_STORE_CTX* store, void*);

// After a failed check: why, what the peer showed, and what to do about it. Permanent.
Problem certificate_problem(const std::string& endpoint, const PeerCheck& check);

}  // namespace esm
