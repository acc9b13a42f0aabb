// What all TLS connections with the same options share: versions, ciphers, trusted certificates,
// the client's certificate and key. Asio is not needed for any of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "sender/base/diagnostics.h"
#include "sender/transport/target.h"

namespace esm {

// A receiver known by its certificate's hash.
struct Fingerprint {
  const EVP_MD* method = nullptr;
  std::vector<std::uint8_t> bytes;
};
// "sha-256:AA:BB:…", "sha-1:…" (RFC 5425, section 4.2.2; upper or lower case). Problems are about
// --tls-fingerprint.
std::optional<Fingerprint> parse_fingerprint(std::string_view text, Diagnostics& diagnostics);

class TlsContext {
 public:
  // Reads the files and settles the rest. Everything that is wrong is reported at once, and then
  // there is no context. Connections with equal options get the same context while one of them
  // lives: a thousand of them read the files once.
  static std::shared_ptr<const TlsContext> make(const TlsOptions& options,
                                                Diagnostics& diagnostics);

  explicit TlsContext(const TlsOptions& options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  SSL_CTX* get() const { return context_; }
  const TlsOptions& options() const { return options_; }
  const std::vector<Fingerprint>& fingerprints() const { return fingerprints_; }
  bool has_certificate() const { return !options_.cert_file.empty(); }

 private:
  void load(Diagnostics& diagnostics);
  void load_versions_and_ciphers(Diagnostics& diagnostics);
  void load_trust(Diagnostics& diagnostics);
  void load_crl(Diagnostics& diagnostics);
  void load_identity(Diagnostics& diagnostics);
  void open_keylog(Diagnostics& diagnostics);
  static void log_key(const SSL* ssl, const char* line);

  TlsOptions options_;
  SSL_CTX* context_ = nullptr;
  int keylog_ = -1;
  std::vector<Fingerprint> fingerprints_;
};

}  // namespace esm
