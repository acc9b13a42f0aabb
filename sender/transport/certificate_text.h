// Certificates as people compare them.
#pragma once

#include <string>

#include <openssl/x509.h>

namespace esm {

// "sha-256:AA:BB:…" as --tls-fingerprint takes it.
std::string fingerprint_text(const X509& certificate);

// Two lines without an end, control characters escaped:
//   O=lab, CN=server, for DNS:localhost, IP:127.0.0.1
//     signed by O=lab, CN=lab-ca, valid 2026-11-24T08:00:00Z to 2029-02-26T08:00:00Z
std::string certificate_text(const X509& certificate);

// "DNS:localhost, IP:127.0.0.1", or "no host".
std::string names_text(const X509& certificate);

// The reason of the last OpenSSL error of this thread, which is taken off the queue with all
// others: "certificate verify failed".
std::string openssl_error_text();

}  // namespace esm
