#include "sender/transport/certificate_text.h"

#include <array>
#include <ctime>
#include <memory>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "sender/base/diagnostics.h"
#include "sender/base/ip_address.h"
#include "sender/base/time.h"

namespace esm {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

std::string name_text(const X509_NAME* name) {
  const std::unique_ptr<BIO, FreeBio> bio(BIO_new(BIO_s_mem()));
  // In the order of the certificate, "O=lab, CN=server"; control characters as \XX.
  constexpr unsigned long kForm = XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB & ~XN_FLAG_SPC_EQ;
  if (!bio || X509_NAME_print_ex(bio.get(), name, 0, kForm) < 0) return "?";
  char* begin = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &begin);
  if (size <= 0) return "(empty)";
  return escape_for_display({begin, static_cast<std::size_t>(size)});
}

std::string time_text(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return "?";
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string string_text(const ASN1_STRING* string) {
  return escape_for_display({reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
                             static_cast<std::size_t>(ASN1_STRING_length(string))});
}

std::string address_text(const ASN1_OCTET_STRING* octets) {
  const unsigned char* const bytes = ASN1_STRING_get0_data(octets);
  const int size = ASN1_STRING_length(octets);
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  if (size == 4) {
    for (int i = 0; i < 4; ++i) low = low << 8 | bytes[i];
    return IpAddress::v4(static_cast<std::uint32_t>(low)).to_string();
  }
  if (size != 16) return "?";
  for (int i = 0; i < 8; ++i) high = high << 8 | bytes[i];
  for (int i = 8; i < 16; ++i) low = low << 8 | bytes[i];
  return IpAddress::v6(high, low).to_string();
}

}  // namespace

std::string fingerprint_text(const X509& certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_digest(&certificate, EVP_sha256(), digest.data(), &size) != 1) return "sha-256:?";
  std::string text = "sha-256";
  for (unsigned i = 0; i < size; ++i) text += fmt::format(":{:02X}", digest[i]);
  return text;
}

std::string names_text(const X509& certificate) {
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string text;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    std::string one;
    if (name->type == GEN_DNS) one = "DNS:" + string_text(name->d.dNSName);
    if (name->type == GEN_IPADD) one = "IP:" + address_text(name->d.iPAddress);
    if (one.empty()) continue;  // mail addresses and the like name no host
    text += (text.empty() ? "" : ", ") + one;
  }
  return text.empty() ? "no host" : text;
}

std::string certificate_text(const X509& certificate) {
  return fmt::format(
      "{}, for {}\n  signed by {}, valid {} to {}", name_text(X509_get_subject_name(&certificate)),
      names_text(certificate), name_text(X509_get_issuer_name(&certificate)),
      time_text(X509_get0_notBefore(&certificate)), time_text(X509_get0_notAfter(&certificate)));
}

std::string openssl_error_text() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  if (error == 0) return "unknown error";
  if (ERR_SYSTEM_ERROR(error)) {
    return fmt::format("system error {}", ERR_GET_REASON(error));
  }
  const char* const reason = ERR_reason_error_string(error);
  return reason != nullptr ? std::string(reason) : fmt::format("OpenSSL error {:#x}", error);
}

}  // namespace esm
