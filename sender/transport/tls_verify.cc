#include "sender/transport/tls_verify.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "sender/transport/certificate_text.h"
#include "sender/transport/tls_context.h"

namespace esm {
namespace {

bool is_pinned(const X509& certificate, const std::vector<Fingerprint>& fingerprints) {
  return std::any_of(fingerprints.begin(), fingerprints.end(), [&](const Fingerprint& wanted) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    return X509_digest(&certificate, wanted.method, digest.data(), &size) == 1 &&
           std::equal(wanted.bytes.begin(), wanted.bytes.end(), digest.begin(),
                      digest.begin() + size);
  });
}

std::string chain_text(X509_STORE_CTX* store) {
  const STACK_OF(X509)* const shown = X509_STORE_CTX_get0_untrusted(store);
  std::string text;
  constexpr int kShownMax = 5;
  for (int i = 0; i < sk_X509_num(shown) && i < kShownMax; ++i) {
    std::string lines = certificate_text(*sk_X509_value(shown, i));
    lines.replace(lines.find('\n'), 1, "\n    ");
    text += fmt::format("\n  {} {}", i, lines);
  }
  return text;
}

std::string hint_for(const PeerCheck& check) {
  const std::string or_pin =
      fmt::format("or accept exactly this one: --tls-fingerprint {}", check.fingerprint);
  switch (check.code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "renew the certificate, check this machine's clock, " + or_pin;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "check this machine's clock and the certificate's dates, " + or_pin;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      if (check.names == "no host") {
        return "it names no host (its CN does not count): it needs a subjectAltName, " + or_pin;
      }
      return fmt::format("it is made for {}: connect by that name, give it with --tls-name, {}",
                         check.names, or_pin);
    case X509_V_ERR_INVALID_PURPOSE:
      return "it is not made for servers (extended key usage serverAuth): make one that is, " +
             or_pin;
    case X509_V_ERR_CERT_REVOKED:
      return "its CA has taken it back (--tls-crl): the receiver needs another one";
    case X509_V_ERR_UNABLE_TO_GET_CRL:
      return "--tls-crl has no list of the CA that signed it";
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
      return "get a new list for --tls-crl from the CA";
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return "it is too weak to prove anything: RSA needs 2048 bits and SHA-256. Make a new one, " +
             or_pin;
    case X509_V_ERR_CERT_REJECTED:
      return fmt::format("if this is the right receiver: --tls-fingerprint {}", check.fingerprint);
    default:
      return "trust the CA that signed it: --tls-ca FILE, " + or_pin;
  }
}

}  // namespace

int check_peer(X509_STORE_CTX* store, void*) {
  const auto* const ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& check = *static_cast<PeerCheck*>(SSL_get_app_data(ssl));
  const X509* const own = X509_STORE_CTX_get0_cert(store);
  bool good = false;
  if (own != nullptr && check.fingerprints != nullptr && !check.fingerprints->empty()) {
    good = is_pinned(*own, *check.fingerprints);
    X509_STORE_CTX_set_error(store, good ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
  } else {
    good = X509_verify_cert(store) == 1;
  }
  if (good) return 1;
  check.failed = true;
  check.code = X509_STORE_CTX_get_error(store);
  check.depth = X509_STORE_CTX_get_error_depth(store);
  check.chain = chain_text(store);
  if (own != nullptr) {
    check.fingerprint = fingerprint_text(*own);
    check.names = names_text(*own);
  }
  return 0;
}

Problem certificate_problem(const std::string& endpoint, const PeerCheck& check) {
  std::string why;
  if (check.code == X509_V_ERR_CERT_REJECTED) {
    why = "it is none of those that --tls-fingerprint names";
  } else {
    why = fmt::format("{} (X509 code {})", X509_verify_cert_error_string(check.code), check.code);
    if (check.depth > 0) why += fmt::format(", of certificate {} of its chain", check.depth);
  }
  if (check.code == X509_V_ERR_HOSTNAME_MISMATCH || check.code == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    why += fmt::format(", it is not made for '{}'", check.name);
  }
  return {true, fmt::format("the certificate of {} is not accepted: {}", endpoint, why),
          fmt::format("{}\nthe receiver shows{}", hint_for(check), check.chain), true};
}

}  // namespace esm
