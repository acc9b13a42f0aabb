#include "sender/transport/tls_context.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

namespace esm {
namespace {

int verification_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

std::string text_of(X509_NAME* name) {
  BIO* bio = BIO_new(BIO_s_mem());
  X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string out(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return out;
}

std::string text_of(const ASN1_TIME* time) {
  BIO* bio = BIO_new(BIO_s_mem());
  ASN1_TIME_print(bio, time);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string out(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return out;
}

std::string fingerprint(X509* certificate, const EVP_MD* hash, std::string_view name) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (X509_digest(certificate, hash, digest, &length) != 1) return {};
  std::string out(name);
  for (unsigned i = 0; i < length; ++i)
    out += fmt::format("{}{:02X}", i == 0 ? "" : ":", digest[i]);
  return out;
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

// Called by OpenSSL in the place of its own verification, which it then does itself: so that the
// chain can be shown to a person whatever comes out.
int verify(X509_STORE_CTX* context, void*) {
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* verification = static_cast<TlsVerification*>(SSL_get_ex_data(ssl, verification_index()));
  X509* leaf = X509_STORE_CTX_get0_cert(context);
  verification->sha256 = fingerprint(leaf, EVP_sha256(), "sha-256:");
  const STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(context);
  for (int i = 0; i < sk_X509_num(sent); ++i) {
    X509* one = sk_X509_value(sent, i);
    verification->chain +=
        fmt::format("  {} {}\n    issued by {}\n    valid {} to {}\n", i,
                    text_of(X509_get_subject_name(one)), text_of(X509_get_issuer_name(one)),
                    text_of(X509_get0_notBefore(one)), text_of(X509_get0_notAfter(one)));
  }
  const TlsOptions& options = *verification->options;
  if (options.insecure) return 1;
  if (!options.fingerprints.empty()) {
    const std::string sha1 = fingerprint(leaf, EVP_sha1(), "sha-1:");
    for (const std::string& pin : options.fingerprints) {
      if (same_ignoring_case(pin, verification->sha256) || same_ignoring_case(pin, sha1)) return 1;
    }
    verification->error = X509_V_ERR_APPLICATION_VERIFICATION;
    X509_STORE_CTX_set_error(context, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
  }
  const int good = X509_verify_cert(context);
  if (good != 1) verification->error = X509_STORE_CTX_get_error(context);
  return good == 1 ? 1 : 0;
}

int passphrase(char* buffer, int size, int, void* data) {
  const auto* text = static_cast<const std::string*>(data);
  if (text == nullptr || static_cast<int>(text->size()) > size) return -1;
  std::memcpy(buffer, text->data(), text->size());
  return static_cast<int>(text->size());
}

bool load_key(SSL_CTX* context, const TlsOptions& options, Diagnostics& diagnostics) {
  struct stat status {};
  if (stat(options.key_file.c_str(), &status) != 0) {
    diagnostics.error({options.key_file, 0, 0, 1},
                      fmt::format("cannot open the private key: {}", std::strerror(errno)));
    return false;
  }
  if ((status.st_mode & S_IRWXO) != 0) {
    diagnostics.error({options.key_file, 0, 0, 1}, "everybody may read this private key",
                      fmt::format("chmod 600 {}", options.key_file));
    return false;
  }
  if ((status.st_mode & S_IRWXG) != 0) {
    diagnostics.warning({options.key_file, 0, 0, 1}, "its group may read this private key");
  }
  std::string pass;
  if (!options.key_pass_file.empty()) {
    std::ifstream file(options.key_pass_file);
    if (!std::getline(file, pass)) {
      diagnostics.error({options.key_pass_file, 0, 0, 1}, "cannot read the passphrase");
      return false;
    }
  }
  SSL_CTX_set_default_passwd_cb(context, passphrase);
  SSL_CTX_set_default_passwd_cb_userdata(context, &pass);
  const bool loaded =
      SSL_CTX_use_certificate_chain_file(context, options.cert_file.c_str()) == 1 &&
      SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) == 1 &&
      SSL_CTX_check_private_key(context) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  if (!loaded) {
    diagnostics.error(
        {options.cert_file, 0, 0, 1},
        fmt::format("cannot use this certificate with {}: {}", options.key_file, openssl_error()),
        "both are PEM files and belong together; an encrypted key needs "
        "--tls-key-pass-file");
  }
  return loaded;
}

}  // namespace

std::string openssl_error() {
  const unsigned long code = ERR_get_error();
  std::string out = "unknown error";
  if (code != 0) {
    char text[256];
    ERR_error_string_n(code, text, sizeof text);
    const char* reason = ERR_reason_error_string(code);
    out = reason != nullptr ? reason : text;
  }
  ERR_clear_error();
  return out;
}

SslContext make_tls_context(const TlsOptions& options, Diagnostics& diagnostics) {
  ERR_clear_error();
  SslContext context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* c = context.get();
  // Debian's openssl.cnf sets no floor; ours is 1.2.
  SSL_CTX_set_min_proto_version(c, options.min_version == "1.3" ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(c, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                          SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_security_level(c, 2);
  SSL_CTX_set_verify(c, options.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(c, verify, nullptr);
  if (options.ciphers.empty()) {
    SSL_CTX_set_ciphersuites(
        c, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256");
    SSL_CTX_set_cipher_list(c, "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL");
  } else {
    std::string suites, list;
    for (std::string_view rest = options.ciphers; !rest.empty();) {
      const std::size_t colon = rest.find(':');
      const std::string_view one = rest.substr(0, colon);
      std::string& out = one.starts_with("TLS_") ? suites : list;
      out += (out.empty() ? "" : ":") + std::string(one);
      rest = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
    }
    if ((!suites.empty() && SSL_CTX_set_ciphersuites(c, suites.c_str()) != 1) ||
        (!list.empty() && SSL_CTX_set_cipher_list(c, list.c_str()) != 1)) {
      diagnostics.error({}, fmt::format("--tls-ciphers: no cipher in '{}'", options.ciphers),
                        "'openssl ciphers -v' lists the names");
    }
  }
  for (const std::string& pin : options.fingerprints) {
    const bool sha256 = pin.starts_with("sha-256:") && pin.size() == 8 + 32 * 3 - 1;
    const bool sha1 = pin.starts_with("sha-1:") && pin.size() == 6 + 20 * 3 - 1;
    if (!sha256 && !sha1) {
      diagnostics.error(
          {}, fmt::format("--tls-fingerprint: '{}' is not a fingerprint", pin),
          "sha-256:AA:BB:… with 32 bytes; `openssl x509 -noout -fingerprint -sha256`");
    }
  }
  if (!options.ca_file.empty()) {
    if (SSL_CTX_load_verify_file(c, options.ca_file.c_str()) != 1) {
      diagnostics.error({options.ca_file, 0, 0, 1},
                        fmt::format("cannot read certificates to trust: {}", openssl_error()),
                        "a PEM file with the CA's certificate");
    }
  } else {
    SSL_CTX_set_default_verify_paths(c);
  }
  if (!options.crl_file.empty()) {
    X509_STORE* store = SSL_CTX_get_cert_store(c);
    X509_LOOKUP* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    if (X509_load_crl_file(lookup, options.crl_file.c_str(), X509_FILETYPE_PEM) < 1) {
      diagnostics.error({options.crl_file, 0, 0, 1},
                        fmt::format("cannot read revoked certificates: {}", openssl_error()));
    }
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
  }
  if (!options.cert_file.empty()) load_key(c, options, diagnostics);
  return diagnostics.has_errors() ? nullptr : std::move(context);
}

Ssl make_tls_connection(SSL_CTX* context, const std::string& name, int socket,
                        TlsVerification& verification) {
  Ssl ssl(SSL_new(context));
  SSL_set_ex_data(ssl.get(), verification_index(), &verification);
  X509_VERIFY_PARAM* param = SSL_get0_param(ssl.get());
  if (IpAddress::parse(name)) {
    X509_VERIFY_PARAM_set1_ip_asc(param, name.c_str());
  } else {
    X509_VERIFY_PARAM_set_hostflags(
        param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    X509_VERIFY_PARAM_set1_host(param, name.c_str(), 0);
    // What SSL_set_tlsext_host_name expands to, without its cast.
    SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(name.c_str()));
  }
  SSL_set_fd(ssl.get(), socket);
  SSL_set_connect_state(ssl.get());
  return ssl;
}

}  // namespace esm
