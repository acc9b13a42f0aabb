// TLS options: everything that is wrong with them is found before anything opens.
#include "sender/transport/tls_context.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/test_pki.h"

namespace esm {
namespace {

namespace fs = std::filesystem;

class TlsContextTest : public testing::Test {
 protected:
  TlsContextTest() {
    std::string pattern = (fs::temp_directory_path() / "tls_context_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~TlsContextTest() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }
  std::string copy(const std::string& from, mode_t mode) const {
    const std::string to = folder_ + "/" + fs::path(from).filename().string();
    fs::copy_file(from, to, fs::copy_options::overwrite_existing);
    ::chmod(to.c_str(), mode);
    return to;
  }
  // What is said about the options, with the folders' names shortened.
  std::string said(const TlsOptions& options) const {
    Diagnostics diagnostics;
    const auto context = TlsContext::make(options, diagnostics);
    EXPECT_EQ(context == nullptr, diagnostics.has_errors());
    std::string text = diagnostics.render();
    for (const auto& [folder, name] : {std::pair{folder_, "DIR"}, std::pair{test_pki(), "PKI"}}) {
      for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder)) {
        text.replace(at, folder.size(), name);
      }
    }
    return text;
  }

  std::string folder_;
};

std::string pki(const std::string& file) { return test_pki() + "/" + file; }

TEST_F(TlsContextTest, TheDefaultsAreGood) { EXPECT_EQ(said({}), ""); }

TEST_F(TlsContextTest, GoodFilesAreGood) {
  TlsOptions options;
  options.ca_file = pki("ca.pem");
  options.cert_file = pki("client.pem");
  options.key_file = pki("client.key");
  options.crl_file = pki("ca.crl");
  EXPECT_EQ(said(options), "");
}

TEST_F(TlsContextTest, EqualOptionsShareOneContextWhileItLives) {
  Diagnostics diagnostics;
  TlsOptions options;
  options.ca_file = pki("ca.pem");
  const auto one = TlsContext::make(options, diagnostics);
  EXPECT_EQ(TlsContext::make(options, diagnostics), one);
  options.min_version = "1.3";
  EXPECT_NE(TlsContext::make(options, diagnostics), one);
}

TEST_F(TlsContextTest, FilesThatCannotBeUsedAreSaidSo) {
  const std::string garbage = write("garbage", "no PEM at all\n");
  const std::string broken =
      write("broken",
            "-----BEGIN CERTIFICATE-----\nTk9UIEEgQ0VSVElGSUNBVEU=\n-----END CERTIFICATE-----\n");
  struct Row {
    TlsOptions options;
    const char* said;
  };
  const auto with = [](auto change) {
    TlsOptions options;
    change(options);
    return options;
  };
  const Row table[] = {
      {with([&](TlsOptions& o) { o.ca_file = folder_ + "/missing"; }),
       "DIR/missing: error: --tls-ca: No such file or directory\nhint: a PEM file is wanted\n"},
      {with([&](TlsOptions& o) { o.ca_file = folder_; }),
       "DIR: error: --tls-ca: it is not a regular file\nhint: a PEM file is wanted\n"},
      {with([&](TlsOptions& o) { o.ca_file = garbage; }),
       "DIR/garbage: error: --tls-ca: there is no certificate in it\n"
       "hint: a PEM file is wanted: it has lines of -----BEGIN CERTIFICATE-----\n"},
      {with([&](TlsOptions& o) { o.crl_file = garbage; }),
       "DIR/garbage: error: --tls-crl: there is no list of revoked certificates in it\n"
       "hint: a PEM file is wanted: it has lines of -----BEGIN X509 CRL-----\n"},
      {with([&](TlsOptions& o) {
         o.cert_file = pki("client.pem");
         o.key_file = garbage;
       }),
       "DIR/garbage: error: --tls-key: there is no private key in it\n"
       "hint: a PEM file is wanted: it has a line of -----BEGIN PRIVATE KEY-----\n"},
      {with([&](TlsOptions& o) {
         o.cert_file = garbage;
         o.key_file = pki("client.key");
       }),
       "DIR/garbage: error: --tls-cert: there is no certificate in it\n"
       "hint: a PEM file: the client's certificate, then those that signed it\n"},
      {with([&](TlsOptions& o) {
         o.cert_file = pki("client.pem");
         o.key_file = pki("server.key");
       }),
       "PKI/server.key: error: --tls-key: it does not belong to the certificate in PKI/client.pem\n"
       "hint: they are made together: which key was the certificate asked for with?\n"},
      {with([&](TlsOptions& o) { o.cert_file = pki("client.pem"); }),
       "error: --tls-cert and --tls-key belong together\nhint: give both or neither\n"},
      {with([&](TlsOptions& o) { o.key_pass_file = garbage; }),
       "error: --tls-key-pass-file: there is no key\nhint: give --tls-cert and --tls-key too\n"},
  };
  for (const Row& row : table) EXPECT_EQ(said(row.options), row.said);
  TlsOptions options;
  options.ca_file = broken;
  EXPECT_TRUE(
      said(options).starts_with("DIR/broken: error: --tls-ca: a certificate cannot be read: "))
      << said(options);
}

TEST_F(TlsContextTest, AKeyIsForOnePersonsEyes) {
  TlsOptions options;
  options.cert_file = pki("client.pem");
  options.key_file = copy(pki("client.key"), 0644);
  EXPECT_EQ(
      said(options),
      "DIR/client.key: error: --tls-key: everybody on this machine can read or write it (mode "
      "0644)\nhint: chmod 600 DIR/client.key\n");
  options.key_file = copy(pki("client.key"), 0640);
  EXPECT_EQ(said(options),
            "DIR/client.key: warning: --tls-key: its group can read or write it (mode 0640)\n"
            "hint: chmod 600 DIR/client.key, if the group is not meant to\n");
}

TEST_F(TlsContextTest, AnEncryptedKeyNeedsItsPassphrase) {
  const std::string key = folder_ + "/encrypted.key";
  const std::string command = fmt::format(
      "openssl pkcs8 -topk8 -in '{}' -out '{}' -passout pass:'open sesame' && chmod 600 '{}'",
      pki("client.key"), key, key);
  ASSERT_EQ(std::system(command.c_str()), 0);
  TlsOptions options;
  options.cert_file = pki("client.pem");
  options.key_file = key;
  EXPECT_EQ(said(options),
            "DIR/encrypted.key: error: --tls-key: it is encrypted\n"
            "hint: put its passphrase into a file of mode 600 and name that: --tls-key-pass-file "
            "FILE\n");
  options.key_pass_file = write("wrong", "open barley\n");
  EXPECT_EQ(said(options),
            "DIR/encrypted.key: error: --tls-key: the passphrase in DIR/wrong does not open it\n"
            "hint: the passphrase is the first line of the file\n");
  options.key_pass_file = write("right", "open sesame\nsecond line\n");
  EXPECT_EQ(said(options), "");
  options.key_pass_file = write("open", "open sesame\n", 0604);
  EXPECT_EQ(said(options),
            "DIR/open: error: --tls-key-pass-file: everybody on this machine can read or write it "
            "(mode 0604)\nhint: chmod 600 DIR/open\n");
}

TEST_F(TlsContextTest, WrongValuesAreSaidAllAtOnce) {
  TlsOptions options;
  options.min_version = "1.1";
  options.ciphers = "NO-SUCH-CIPHER";
  options.fingerprints = {"sha-256:AA", "AA:BB"};
  EXPECT_EQ(said(options),
            "error: --tls-min: '1.1' is not supported\n"
            "hint: write 1.2 or 1.3: what is older can be broken\n"
            "error: --tls-ciphers: 'NO-SUCH-CIPHER': no cipher match\n"
            "hint: OpenSSL's names, parted by ':'; `openssl ciphers -v` lists them\n"
            "error: --tls-fingerprint: 'sha-256:AA': it has 1 bytes, not 32\n"
            "hint: write sha-256: and 32 bytes in hexadecimal, as `openssl x509 -noout "
            "-fingerprint -sha256 -in FILE` prints them\n"
            "error: --tls-fingerprint: 'AA:BB': it does not begin with sha-256: or sha-1:\n"
            "hint: write sha-256: and 32 bytes in hexadecimal, as `openssl x509 -noout "
            "-fingerprint -sha256 -in FILE` prints them\n");
}

TEST_F(TlsContextTest, OptionsThatContradictEachOtherAreSaidSo) {
  const std::string pin = "sha-1:00112233445566778899AABBCCDDEEFF00112233";
  TlsOptions options;
  options.insecure = true;
  options.ca_file = pki("ca.pem");
  EXPECT_EQ(said(options),
            "error: --tls-insecure: it contradicts --tls-ca, --tls-crl and --tls-fingerprint\n"
            "hint: leave one of them out\n");
  options = {};
  options.fingerprints = {pin};
  options.ca_file = pki("ca.pem");
  EXPECT_EQ(said(options),
            "error: --tls-fingerprint: it stands instead of --tls-ca, not beside it\n"
            "hint: leave one of them out\n");
  options = {};
  options.min_version = "1.3";
  options.ciphers = "ECDHE-RSA-AES256-GCM-SHA384";
  EXPECT_EQ(said(options),
            "error: --tls-ciphers: 'ECDHE-RSA-AES256-GCM-SHA384' has no suite of TLS 1.3, but "
            "--tls-min is 1.3\n"
            "hint: suites of TLS 1.3 are "
            "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256\n");
}

TEST(Fingerprint, IsReadInEveryFormThatToolsPrint) {
  Diagnostics diagnostics;
  for (const char* const text :
       {"sha-1:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33",
        "SHA1:00112233445566778899aabbccddeeff00112233",
        "sha1:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33"}) {
    const auto print = parse_fingerprint(text, diagnostics);
    ASSERT_TRUE(print) << text;
    EXPECT_EQ(print->bytes.size(), 20U);
    EXPECT_EQ(print->bytes[10], 0xAA);
  }
  EXPECT_EQ(diagnostics.render(), "");
  for (const char* const text :
       {"", "sha-1", "sha-1:", "md5:00", "sha-1:0", "sha-1:00:", "sha-1::00", "sha-1:0g",
        "sha-1:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44"}) {
    Diagnostics wrong;
    EXPECT_FALSE(parse_fingerprint(text, wrong)) << text;
    EXPECT_EQ(wrong.errors(), 1) << text;
  }
}

}  // namespace
}  // namespace esm
