#include "sender/transport/tls_context.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sender/transport/certificate_text.h"
#include "sender/transport/tls_session.h"
#include "sender/transport/tls_verify.h"

namespace esm {
namespace {

// RFC 9325: only authenticated encryption with forward secrecy; AES-128-GCM first, it is the
// fastest.
constexpr const char* kCiphers12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kSuites13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

// RSA of 2,048 bits, elliptic curves of 224: what is weaker is no proof of who the peer is.
constexpr int kSecurityLevel = 2;

constexpr std::size_t kFileBytesMax = 4U << 20;  // the system's bundle has 0.2 MiB

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
using BioPtr = std::unique_ptr<BIO, Free<BIO_free>>;
using X509Ptr = std::unique_ptr<X509, Free<X509_free>>;
using CrlPtr = std::unique_ptr<X509_CRL, Free<X509_CRL_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;

void complain(Diagnostics& diagnostics, const std::string& path, std::string problem,
              std::string hint) {
  diagnostics.error({path, 0, 0, 1}, std::move(problem), std::move(hint));
}

// The content of a small regular file, or nothing and an error.
class InputFile {
 public:
  InputFile(std::string_view option, const std::string& path, Diagnostics& diagnostics)
      : option_(option), path_(path), diagnostics_(diagnostics) {
    fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status {};
    if (fd_ < 0 || ::fstat(fd_, &status) != 0) {
      fail(std::generic_category().message(errno));
      return;
    }
    mode_ = status.st_mode;
    if (!S_ISREG(mode_)) {
      fail("it is not a regular file");
      return;
    }
    read();
  }
  ~InputFile() {
    if (fd_ >= 0) ::close(fd_);
    OPENSSL_cleanse(content_.data(), content_.size());
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  bool good() const { return good_; }
  const std::string& content() const { return content_; }
  BioPtr bio() const {
    return BioPtr(BIO_new_mem_buf(content_.data(), static_cast<int>(content_.size())));
  }
  // Secrets are for one person's eyes. Containers' mounts let the group read: that is only warned
  // of.
  void check_secrecy() {
    if (!good_) return;
    if ((mode_ & (S_IROTH | S_IWOTH)) != 0) {
      complain(diagnostics_, path_,
               fmt::format("{}: everybody on this machine can read or write it (mode {:04o})",
                           option_, mode_ & 07777U),
               fmt::format("chmod 600 {}", path_));
      good_ = false;
    } else if ((mode_ & (S_IRGRP | S_IWGRP)) != 0) {
      diagnostics_.warning(
          {path_, 0, 0, 1},
          fmt::format("{}: its group can read or write it (mode {:04o})", option_, mode_ & 07777U),
          fmt::format("chmod 600 {}, if the group is not meant to", path_));
    }
  }

 private:
  void fail(const std::string& why) {
    complain(diagnostics_, path_, fmt::format("{}: {}", option_, why), "a PEM file is wanted");
  }

  void read() {
    std::array<char, 16 * 1024> piece{};
    while (true) {
      const ssize_t size = ::read(fd_, piece.data(), piece.size());
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) {
        fail(std::generic_category().message(errno));
        return;
      }
      if (size == 0) break;
      content_.append(piece.data(), static_cast<std::size_t>(size));
      if (content_.size() > kFileBytesMax) {
        fail("it is longer than 4 MiB");
        return;
      }
    }
    OPENSSL_cleanse(piece.data(), piece.size());
    good_ = true;
  }

  std::string_view option_;
  const std::string& path_;
  Diagnostics& diagnostics_;
  int fd_ = -1;
  mode_t mode_ = 0;
  bool good_ = false;
  std::string content_;
};

// All objects of one kind in a PEM file; -1 if one of them is broken.
template <typename Read, typename Take>
int for_each_pem(const InputFile& file, Read read, Take take) {
  ERR_clear_error();
  const BioPtr bio = file.bio();
  int count = 0;
  while (take(read(bio.get()))) ++count;
  const unsigned long error = ERR_peek_last_error();
  const bool end =
      ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  if (!end) return -1;
  ERR_clear_error();
  return count;
}

int no_password(char*, int, int, void*) { return -1; }  // never ask at the terminal

int give_password(char* buffer, int size, int, void* password) {
  const auto& text = *static_cast<const std::string*>(password);
  if (text.size() > static_cast<std::size_t>(size)) return -1;
  text.copy(buffer, text.size());
  return static_cast<int>(text.size());
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<Fingerprint> parse_fingerprint(std::string_view text, Diagnostics& diagnostics) {
  const auto fail = [&](std::string_view why) {
    diagnostics.error({}, fmt::format("--tls-fingerprint: '{}': {}", text, why),
                      "write sha-256: and 32 bytes in hexadecimal, as `openssl x509 -noout "
                      "-fingerprint -sha256 -in FILE` prints them");
    return std::nullopt;
  };
  const std::size_t colon = text.find(':');
  std::string method(text.substr(0, colon));
  std::transform(method.begin(), method.end(), method.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  Fingerprint print;
  if (method == "sha-256" || method == "sha256") print.method = EVP_sha256();
  if (method == "sha-1" || method == "sha1") print.method = EVP_sha1();
  if (colon == std::string_view::npos || print.method == nullptr) {
    return fail("it does not begin with sha-256: or sha-1:");
  }
  std::string_view rest = text.substr(colon + 1);
  const auto wanted = static_cast<std::size_t>(EVP_MD_get_size(print.method));
  while (!rest.empty()) {
    if (rest.front() == ':' && !print.bytes.empty()) rest.remove_prefix(1);
    if (rest.size() < 2 || hex_value(rest[0]) < 0 || hex_value(rest[1]) < 0) {
      return fail("bytes are two hexadecimal digits, with ':' between them or without");
    }
    print.bytes.push_back(static_cast<std::uint8_t>(hex_value(rest[0]) * 16 + hex_value(rest[1])));
    rest.remove_prefix(2);
  }
  if (print.bytes.size() != wanted) {
    return fail(fmt::format("it has {} bytes, not {}", print.bytes.size(), wanted));
  }
  return print;
}

std::shared_ptr<const TlsContext> TlsContext::make(const TlsOptions& options,
                                                   Diagnostics& diagnostics) {
  static std::mutex mutex;
  static std::vector<std::weak_ptr<const TlsContext>> known;
  const std::lock_guard lock(mutex);
  std::erase_if(known, [](const auto& one) { return one.expired(); });
  for (const auto& one : known) {
    if (auto context = one.lock(); context && context->options() == options) return context;
  }
  auto context = std::make_shared<TlsContext>(options);
  const int errors = diagnostics.errors();
  context->load(diagnostics);
  if (diagnostics.errors() > errors) return nullptr;
  known.push_back(context);
  return context;
}

TlsContext::TlsContext(const TlsOptions& options)
    : options_(options), context_(SSL_CTX_new(TLS_client_method())) {}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
  if (keylog_ >= 0) ::close(keylog_);
}

void TlsContext::load(Diagnostics& diagnostics) {
  if (context_ == nullptr) {
    diagnostics.error({}, "TLS cannot be used: " + openssl_error_text(),
                      "is OpenSSL's configuration (OPENSSL_CONF) right?");
    return;
  }
  SSL_CTX_set_options(context_, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 (options_.compact ? SSL_MODE_RELEASE_BUFFERS : 0));
  // A connection that is made again resumes; every one keeps its own ticket.
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context_, TlsSession::keep_session);
  SSL_CTX_set_security_level(context_, kSecurityLevel);
  SSL_CTX_set_default_passwd_cb(context_, no_password);
  SSL_CTX_set_cert_verify_callback(context_, check_peer, nullptr);
  load_versions_and_ciphers(diagnostics);
  load_trust(diagnostics);
  load_crl(diagnostics);
  load_identity(diagnostics);
  open_keylog(diagnostics);
  ERR_clear_error();
}

// Lines come whole and go to the end of the file: threads do not mix them.
void TlsContext::log_key(const SSL* ssl, const char* line) {
  const auto* const self =
      static_cast<const TlsContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  const std::string text = std::string(line) + '\n';
  if (::write(self->keylog_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    // A key that is missing cannot be made up for; what it would have decrypted stays encrypted.
    std::fprintf(stderr, "warning: --tls-keylog: a key could not be written to %s\n",
                 self->options_.keylog_file.c_str());
  }
}

void TlsContext::open_keylog(Diagnostics& diagnostics) {
  if (options_.keylog_file.empty()) return;
  keylog_ = ::open(options_.keylog_file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  struct stat status {};
  if (keylog_ < 0 || ::fstat(keylog_, &status) != 0) {
    complain(diagnostics, options_.keylog_file,
             fmt::format("--tls-keylog: cannot be written: {}", std::strerror(errno)),
             "name a file in a folder of yours");
    return;
  }
  if (S_ISREG(status.st_mode) && (status.st_mode & 0077) != 0) {
    complain(diagnostics, options_.keylog_file,
             "--tls-keylog: others can read it, and with it every message",
             "chmod 600, or let it be made anew");
    return;
  }
  SSL_CTX_set_app_data(context_, this);
  SSL_CTX_set_keylog_callback(context_, log_key);
}

void TlsContext::load_versions_and_ciphers(Diagnostics& diagnostics) {
  int min_version = TLS1_2_VERSION;
  int max_version = TLS1_3_VERSION;
  if (options_.min_version == "1.3") {
    min_version = TLS1_3_VERSION;
  } else if (options_.min_version != "1.2") {
    diagnostics.error({}, fmt::format("--tls-min: '{}' is not supported", options_.min_version),
                      "write 1.2 or 1.3: what is older can be broken");
  }

  std::string ciphers = kCiphers12;
  std::string suites = kSuites13;
  if (!options_.ciphers.empty()) {
    ciphers.clear();
    suites.clear();
    std::string_view rest = options_.ciphers;
    while (true) {
      const std::size_t colon = rest.find(':');
      const std::string_view name = rest.substr(0, colon);
      std::string& list = name.starts_with("TLS_") ? suites : ciphers;
      if (!list.empty() && !name.empty()) list += ':';
      list += name;
      if (colon == std::string_view::npos) break;
      rest.remove_prefix(colon + 1);
    }
    if (ciphers.empty()) min_version = TLS1_3_VERSION;
    if (suites.empty()) max_version = TLS1_2_VERSION;
    if (min_version > max_version) {
      diagnostics.error({},
                        fmt::format("--tls-ciphers: '{}' has no suite of TLS 1.3, but --tls-min is "
                                    "1.3",
                                    options_.ciphers),
                        fmt::format("suites of TLS 1.3 are {}", kSuites13));
    }
    // Whatever the list says: without a certificate or without encryption there is no TLS.
    if (!ciphers.empty()) ciphers += ":!aNULL:!eNULL";
  }
  SSL_CTX_set_min_proto_version(context_, min_version);
  SSL_CTX_set_max_proto_version(context_, max_version);
  const bool good = (ciphers.empty() || SSL_CTX_set_cipher_list(context_, ciphers.c_str()) == 1) &&
                    (suites.empty() || SSL_CTX_set_ciphersuites(context_, suites.c_str()) == 1);
  if (!good) {
    diagnostics.error(
        {}, fmt::format("--tls-ciphers: '{}': {}", options_.ciphers, openssl_error_text()),
        "OpenSSL's names, parted by ':'; `openssl ciphers -v` lists them");
  }
}

void TlsContext::load_trust(Diagnostics& diagnostics) {
  for (const std::string& text : options_.fingerprints) {
    if (auto print = parse_fingerprint(text, diagnostics)) {
      fingerprints_.push_back(std::move(*print));
    }
  }
  const auto contradicts = [&](std::string_view option, std::string_view why) {
    diagnostics.error({}, fmt::format("{}: {}", option, why), "leave one of them out");
  };
  if (options_.insecure) {
    if (!options_.fingerprints.empty() || !options_.ca_file.empty() || !options_.crl_file.empty()) {
      contradicts("--tls-insecure", "it contradicts --tls-ca, --tls-crl and --tls-fingerprint");
    }
    return;
  }
  if (!options_.fingerprints.empty()) {
    // The certificate itself is named: who signed it and until when is no question any more.
    if (!options_.ca_file.empty()) {
      contradicts("--tls-fingerprint", "it stands instead of --tls-ca, not beside it");
    }
    if (!options_.crl_file.empty()) {
      contradicts("--tls-fingerprint", "--tls-crl has no effect beside it");
    }
    return;
  }
  if (options_.ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(context_) != 1) {
      diagnostics.error({}, "the system's certificates cannot be read: " + openssl_error_text(),
                        "name the receiver's CA: --tls-ca FILE");
    }
    return;
  }
  const InputFile file("--tls-ca", options_.ca_file, diagnostics);
  if (!file.good()) return;
  X509_STORE* const store = SSL_CTX_get_cert_store(context_);
  const int count = for_each_pem(
      file,
      [](BIO* bio) { return X509Ptr(PEM_read_bio_X509_AUX(bio, nullptr, no_password, nullptr)); },
      [&](const X509Ptr& certificate) {
        return certificate && X509_STORE_add_cert(store, certificate.get()) == 1;
      });
  if (count < 0) {
    complain(diagnostics, options_.ca_file,
             "--tls-ca: a certificate cannot be read: " + openssl_error_text(),
             "a PEM file of certificates is wanted");
  } else if (count == 0) {
    complain(diagnostics, options_.ca_file, "--tls-ca: there is no certificate in it",
             "a PEM file is wanted: it has lines of -----BEGIN CERTIFICATE-----");
  }
}

void TlsContext::load_crl(Diagnostics& diagnostics) {
  if (options_.crl_file.empty()) return;
  const InputFile file("--tls-crl", options_.crl_file, diagnostics);
  if (!file.good()) return;
  X509_STORE* const store = SSL_CTX_get_cert_store(context_);
  const int count = for_each_pem(
      file,
      [](BIO* bio) { return CrlPtr(PEM_read_bio_X509_CRL(bio, nullptr, no_password, nullptr)); },
      [&](const CrlPtr& crl) { return crl && X509_STORE_add_crl(store, crl.get()) == 1; });
  if (count <= 0) {
    complain(diagnostics, options_.crl_file,
             count == 0 ? "--tls-crl: there is no list of revoked certificates in it"
                        : "--tls-crl: a list cannot be read: " + openssl_error_text(),
             "a PEM file is wanted: it has lines of -----BEGIN X509 CRL-----");
    return;
  }
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context_), X509_V_FLAG_CRL_CHECK);
}

void TlsContext::load_identity(Diagnostics& diagnostics) {
  if (options_.cert_file.empty() != options_.key_file.empty()) {
    diagnostics.error({}, "--tls-cert and --tls-key belong together", "give both or neither");
    return;
  }
  if (options_.cert_file.empty()) {
    if (!options_.key_pass_file.empty()) {
      diagnostics.error({}, "--tls-key-pass-file: there is no key",
                        "give --tls-cert and --tls-key too");
    }
    return;
  }
  const InputFile certificates("--tls-cert", options_.cert_file, diagnostics);
  if (certificates.good()) {
    bool first = true;
    const int count = for_each_pem(
        certificates,
        [](BIO* bio) { return X509Ptr(PEM_read_bio_X509_AUX(bio, nullptr, no_password, nullptr)); },
        [&](const X509Ptr& certificate) {
          if (!certificate) return false;
          if (std::exchange(first, false)) {
            return SSL_CTX_use_certificate(context_, certificate.get()) == 1;
          }
          return SSL_CTX_add1_chain_cert(context_, certificate.get()) == 1;
        });
    if (count <= 0) {
      complain(diagnostics, options_.cert_file,
               count == 0 ? "--tls-cert: there is no certificate in it"
                          : "--tls-cert: cannot be used: " + openssl_error_text(),
               "a PEM file: the client's certificate, then those that signed it");
    }
  }

  std::string password;
  if (!options_.key_pass_file.empty()) {
    InputFile file("--tls-key-pass-file", options_.key_pass_file, diagnostics);
    file.check_secrecy();
    if (!file.good()) return;
    password = file.content().substr(0, file.content().find('\n'));
    if (!password.empty() && password.back() == '\r') password.pop_back();
  }
  InputFile file("--tls-key", options_.key_file, diagnostics);
  file.check_secrecy();
  if (!file.good()) return;
  const BioPtr bio = file.bio();
  const bool encrypted = file.content().find("ENCRYPTED") != std::string::npos;
  const KeyPtr key(PEM_read_bio_PrivateKey(
      bio.get(), nullptr, options_.key_pass_file.empty() ? no_password : give_password, &password));
  OPENSSL_cleanse(password.data(), password.size());
  if (!key) {
    if (encrypted && options_.key_pass_file.empty()) {
      complain(diagnostics, options_.key_file, "--tls-key: it is encrypted",
               "put its passphrase into a file of mode 600 and name that: --tls-key-pass-file "
               "FILE");
    } else if (encrypted) {
      complain(
          diagnostics, options_.key_file,
          fmt::format("--tls-key: the passphrase in {} does not open it", options_.key_pass_file),
          "the passphrase is the first line of the file");
    } else {
      complain(diagnostics, options_.key_file, "--tls-key: there is no private key in it",
               "a PEM file is wanted: it has a line "
               "of -----BEGIN PRIVATE KEY-----");
    }
    ERR_clear_error();
    return;
  }
  if (!certificates.good() || SSL_CTX_get0_certificate(context_) == nullptr) return;
  if (SSL_CTX_use_PrivateKey(context_, key.get()) != 1) {
    complain(
        diagnostics, options_.key_file,
        fmt::format("--tls-key: it does not belong to the certificate in {}", options_.cert_file),
        "they are made together: which key was the certificate asked for with?");
  }
}

}  // namespace esm
