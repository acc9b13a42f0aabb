// TLS against real sockets on loopback and OpenSSL as the server.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "sender/transport/certificate_text.h"

#include "tests/support/test_pki.h"
#include "tests/support/test_receiver.h"
#include "tests/transport/driver.h"

namespace esm::test {
namespace {

using namespace std::chrono_literals;

std::string tls(std::uint16_t port) { return fmt::format("tls://127.0.0.1:{}", port); }
std::string pki(const std::string& file) { return test_pki() + "/" + file; }

TransportOptions with_ca() {
  TransportOptions options = quick_options();
  options.tls.ca_file = pki("ca.pem");
  return options;
}

std::string fingerprint_of(const std::string& certificate, const EVP_MD* method,
                           const std::string& prefix) {
  std::FILE* const file = std::fopen(pki(certificate + ".pem").c_str(), "r");
  X509* const read = PEM_read_X509(file, nullptr, nullptr, nullptr);
  std::fclose(file);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EXPECT_EQ(X509_digest(read, method, digest, &size), 1);
  X509_free(read);
  std::string text = prefix;
  for (unsigned i = 0; i < size; ++i) text += fmt::format(":{:02X}", digest[i]);
  return text;
}

// A TLS server that takes everything until the end.
class Taker {
 public:
  explicit Taker(const TlsServer::Options& options = {})
      : server_(options), receiver_([this](Peer& peer) {
          TlsPeer session(server_, peer);
          Taken taken;
          taken.shaken = session.handshake();
          if (taken.shaken) {
            taken.bytes = session.read_to_end();
            taken.close_notify = session.got_close_notify();
            taken.name = session.server_name();
            taken.client = session.client_subject();
            session.send_close_notify();
          }
          taken_.set_value(std::move(taken));
        }) {}

  struct Taken {
    bool shaken = false;
    bool close_notify = false;
    std::string bytes, name, client;
  };
  std::uint16_t port() const { return receiver_.port(); }
  Taken taken() { return taken_.get_future().get(); }

 private:
  TlsServer server_;
  std::promise<Taken> taken_;
  TcpReceiver receiver_;
};

TEST(TlsTransport, BytesArriveAsTheyAreWithEveryFramingAndVersion) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const Framing framing :
         {Framing::kLf, Framing::kCrLf, Framing::kNul, Framing::kOctet, Framing::kOctetLf}) {
      TlsServer::Options server;
      server.max_version = version;
      Taker taker(server);
      Driver driver(tls(taker.port()), with_ca());
      ASSERT_EQ(driver.open().what, "");
      EXPECT_EQ(driver.peer(),
                fmt::format("127.0.0.1:{}, {}", taker.port(),
                            version == TLS1_3_VERSION ? "TLSv1.3 TLS_AES_128_GCM_SHA256"
                                                      : "TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256"));
      std::string sent;
      for (std::size_t i = 0; i < 10; ++i) {
        const Batch batch = numbered_batch(200, 300, i * 200, framing);
        sent += bytes_of(batch);
        EXPECT_EQ(text_of(driver.write(batch).runs), "200 written");
      }
      const CloseOutcome closed = driver.close();
      EXPECT_TRUE(closed.drained) << closed.problem.what;
      const Taker::Taken taken = taker.taken();
      EXPECT_TRUE(taken.bytes == sent);
      EXPECT_TRUE(taken.close_notify);
    }
  }
}

TEST(TlsTransport, TheNameIsAskedForAndVerified) {
  {
    Taker taker;
    Driver driver(fmt::format("tls://localhost:{}", taker.port()), with_ca());
    ASSERT_EQ(driver.open().what, "");
    driver.close();
    EXPECT_EQ(taker.taken().name, "localhost");
  }
  {
    Taker taker;
    TransportOptions options = with_ca();
    options.tls.name = "localhost";
    Driver driver(tls(taker.port()), options);
    ASSERT_EQ(driver.open().what, "");
    driver.close();
    EXPECT_EQ(taker.taken().name, "localhost");
  }
  {
    Taker taker;  // an address is verified and not asked for
    Driver driver(tls(taker.port()), with_ca());
    ASSERT_EQ(driver.open().what, "");
    driver.close();
    EXPECT_EQ(taker.taken().name, "");
  }
}

TEST(TlsTransport, TheClientsCertificateIsShown) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsServer::Options server;
    server.ask_for_certificate = true;
    server.max_version = version;
    Taker taker(server);
    TransportOptions options = with_ca();
    options.tls.cert_file = pki("client.pem");
    options.tls.key_file = pki("client.key");
    Driver driver(tls(taker.port()), options);
    ASSERT_EQ(driver.open().what, "");
    driver.write(batch_of({"<1>mutual"}));
    EXPECT_TRUE(driver.close().drained);
    const Taker::Taken taken = taker.taken();
    EXPECT_EQ(taken.client, "/O=lab/CN=client");
    EXPECT_EQ(taken.bytes, "<1>mutual\n");
  }
}

TEST(TlsTransport, ACertificateThatDoesNotFitEndsItBeforeAnyMessage) {
  struct Row {
    const char* certificate;
    const char* why;
    const char* hint;  // its beginning
  };
  const Row table[] = {
      {"unknownca", "unable to get local issuer certificate (X509 code 20)",
       "trust the CA that signed it: --tls-ca FILE, or accept exactly this one: "},
      {"selfsigned", "self-signed certificate (X509 code 18)",
       "trust the CA that signed it: --tls-ca FILE, or accept exactly this one: "},
      {"expired", "certificate has expired (X509 code 10)",
       "renew the certificate, check this machine's clock, or accept exactly this one: "},
      {"notyet", "certificate is not yet valid (X509 code 9)",
       "check this machine's clock and the certificate's dates, or accept exactly this one: "},
      {"wrongname", "IP address mismatch (X509 code 64), it is not made for '127.0.0.1'",
       "it is made for DNS:elsewhere.example: connect by that name, give it with --tls-name, or "
       "accept exactly this one: "},
      {"cnonly", "IP address mismatch (X509 code 64), it is not made for '127.0.0.1'",
       "it names no host (its CN does not count): it needs a subjectAltName, or accept exactly "
       "this one: "},
      {"clienteku", "unsuitable certificate purpose (X509 code 26)",
       "it is not made for servers (extended key usage serverAuth): make one that is, or accept "
       "exactly this one: "},
      {"weak", "EE certificate key too weak (X509 code 66)",
       "it is too weak to prove anything: RSA needs 2048 bits and SHA-256. Make a new one, or "
       "accept exactly this one: "},
      {"revoked", "certificate revoked (X509 code 23)",
       "its CA has taken it back (--tls-crl): the receiver needs another one"},
  };
  for (const Row& row : table) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      TlsServer::Options server;
      server.certificate = row.certificate;
      server.max_version = version;
      Taker taker(server);
      TransportOptions options = with_ca();
      options.tls.crl_file = pki("ca.crl");
      Driver driver(tls(taker.port()), options);
      ASSERT_TRUE(driver.made()) << driver.diagnostics();
      const Problem problem = driver.open();
      EXPECT_EQ(problem.what, fmt::format("the certificate of 127.0.0.1:{} is not accepted: {}",
                                          taker.port(), row.why));
      const bool offers_pin = std::string(row.certificate) != "revoked";
      const std::string hint =
          offers_pin ? row.hint + ("--tls-fingerprint " +
                                   fingerprint_of(row.certificate, EVP_sha256(), "sha-256"))
                     : row.hint;
      EXPECT_EQ(problem.hint.substr(0, problem.hint.find('\n')), hint);
      EXPECT_TRUE(problem.permanent);
      const Taker::Taken taken = taker.taken();
      EXPECT_EQ(taken.bytes, "") << row.certificate;
      // The server hears of it too.
      EXPECT_FALSE(taken.shaken) << row.certificate;
    }
  }
}

TEST(TlsTransport, ANameThatDoesNotFitIsCode62) {
  TlsServer::Options server;
  server.certificate = "wrongname";
  Taker taker(server);
  Driver driver(fmt::format("tls://localhost:{}", taker.port()), with_ca());
  EXPECT_EQ(
      driver.open().what,
      fmt::format("the certificate of localhost:{0} (127.0.0.1:{0}) is not accepted: hostname "
                  "mismatch (X509 code 62), it is not made for 'localhost'",
                  taker.port()));
}

TEST(TlsTransport, WhatTheReceiverShowsIsPrinted) {
  TlsServer::Options server;
  server.certificate = "unknownca";
  Taker taker(server);
  Driver driver(tls(taker.port()), with_ca());
  std::string hint = driver.open().hint;
  for (char& c : hint) {
    if (c >= '0' && c <= '9') c = '9';  // dates
  }
  EXPECT_EQ(hint.substr(hint.find('\n')),
            "\nthe receiver shows\n"
            "  9 O=lab, CN=unknownca, for DNS:localhost, IP:999.9.9.9, IP:::9\n"
            "      signed by O=lab, CN=other-ca, valid 9999-99-99T99:99:99Z to "
            "9999-99-99T99:99:99Z");
}

TEST(TlsTransport, TheSystemsCertificatesDoNotKnowTheLab) {
  Taker taker;
  Driver driver(tls(taker.port()));
  const Problem problem = driver.open();
  // The chain of "server" ends without its CA.
  EXPECT_TRUE(problem.what.find("X509 code 20)") != std::string::npos) << problem.what;
}

TEST(TlsTransport, AFingerprintStandsInsteadOfTheCa) {
  for (const char* const certificate :
       {"server", "selfsigned", "expired", "wrongname", "unknownca"}) {
    for (const bool sha1 : {false, true}) {
      TlsServer::Options server;
      server.certificate = certificate;
      Taker taker(server);
      TransportOptions options = quick_options();
      options.tls.fingerprints = {"sha-256:" + std::string(64, '0'),
                                  fingerprint_of(certificate, sha1 ? EVP_sha1() : EVP_sha256(),
                                                 sha1 ? "sha-1" : "sha-256")};
      Driver driver(tls(taker.port()), options);
      ASSERT_EQ(driver.open().what, "") << certificate;
      driver.write(batch_of({"<1>pinned"}));
      EXPECT_TRUE(driver.close().drained);
      EXPECT_EQ(taker.taken().bytes, "<1>pinned\n");
    }
  }
}

TEST(TlsTransport, AnotherFingerprintIsRefusedAndTheRightOneTold) {
  Taker taker;
  TransportOptions options = quick_options();
  options.tls.fingerprints = {fingerprint_of("selfsigned", EVP_sha256(), "sha-256")};
  Driver driver(tls(taker.port()), options);
  const Problem problem = driver.open();
  EXPECT_EQ(problem.what, fmt::format("the certificate of 127.0.0.1:{} is not accepted: it is none "
                                      "of those that --tls-fingerprint names",
                                      taker.port()));
  EXPECT_EQ(problem.hint.substr(0, problem.hint.find('\n')),
            "if this is the right receiver: --tls-fingerprint " +
                fingerprint_of("server", EVP_sha256(), "sha-256"));
  EXPECT_TRUE(problem.permanent);
  EXPECT_FALSE(taker.taken().shaken);
}

TEST(TlsTransport, InsecureTakesAnyCertificateAndStillEncrypts) {
  for (const char* const certificate : {"selfsigned", "expired", "weak"}) {
    TlsServer::Options server;
    server.certificate = certificate;
    Taker taker(server);
    TransportOptions options = quick_options();
    options.tls.insecure = true;
    Driver driver(tls(taker.port()), options);
    ASSERT_EQ(driver.open().what, "") << certificate;
    EXPECT_NE(driver.peer().find("TLSv1.3 TLS_AES_128_GCM_SHA256"), std::string::npos);
    driver.write(batch_of({"<1>blind"}));
    EXPECT_TRUE(driver.close().drained);
    EXPECT_EQ(taker.taken().bytes, "<1>blind\n");
  }
}

TEST(TlsTransport, OldVersionsHaveNothingInCommon) {
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    TlsServer::Options server;
    server.max_version = version;
    Taker taker(server);
    Driver driver(tls(taker.port()), with_ca());
    const Problem problem = driver.open();
    EXPECT_TRUE(problem.what.starts_with(
        fmt::format("127.0.0.1:{} and this program have no TLS version in common (", taker.port())))
        << problem.what;
    EXPECT_EQ(problem.hint, "the receiver must speak TLS 1.2 or 1.3: what is older can be broken");
    EXPECT_TRUE(problem.permanent);
  }
  TlsServer::Options server;
  server.max_version = TLS1_2_VERSION;
  Taker taker(server);
  TransportOptions options = with_ca();
  options.tls.min_version = "1.3";
  Driver driver(tls(taker.port()), options);
  EXPECT_EQ(driver.open().hint, "the receiver must speak TLS 1.3, or allow 1.2 with --tls-min 1.2");
}

TEST(TlsTransport, CiphersMustMeet) {
  TlsServer::Options server;
  server.max_version = TLS1_2_VERSION;
  server.ciphers = "AES256-SHA:@SECLEVEL=0";
  {
    Taker taker(server);
    Driver driver(tls(taker.port()), with_ca());
    const Problem problem = driver.open();
    EXPECT_EQ(problem.what,
              fmt::format("127.0.0.1:{} and this program have no TLS cipher in common "
                          "(handshake failure)",
                          taker.port()));
    EXPECT_TRUE(problem.permanent);
  }
  // And what is named is used, for both versions.
  const std::pair<const char*, const char*> table[] = {
      {"AES256-SHA", "TLSv1.2 AES256-SHA"},
      {"TLS_AES_256_GCM_SHA384", "TLSv1.3 TLS_AES_256_GCM_SHA384"},
      {"TLS_CHACHA20_POLY1305_SHA256:ECDHE-RSA-AES256-GCM-SHA384",
       "TLSv1.3 TLS_CHACHA20_POLY1305_SHA256"},
      {"ECDHE-RSA-AES256-GCM-SHA384", "TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384"},
  };
  for (const auto& [ciphers, wanted] : table) {
    Taker taker(std::string(ciphers) == "AES256-SHA" ? server : TlsServer::Options{});
    TransportOptions options = with_ca();
    options.tls.ciphers = ciphers;
    Driver driver(tls(taker.port()), options);
    ASSERT_EQ(driver.open().what, "") << ciphers;
    EXPECT_EQ(driver.peer(), fmt::format("127.0.0.1:{}, {}", taker.port(), wanted));
  }
}

TEST(TlsTransport, AMissingClientCertificateIsSaidBeforeAnyMessage) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsServer::Options server;
    server.ask_for_certificate = true;
    server.max_version = version;
    Taker taker(server);
    Driver driver(tls(taker.port()), with_ca());
    const Problem problem = driver.open();
    EXPECT_EQ(
        problem.what,
        fmt::format("127.0.0.1:{} wants a client certificate ({})", taker.port(),
                    version == TLS1_3_VERSION ? "certificate required" : "handshake failure"));
    EXPECT_EQ(problem.hint, "give one that it trusts: --tls-cert FILE --tls-key FILE");
    EXPECT_TRUE(problem.permanent);
  }
}

TEST(TlsTransport, AClientCertificateThatIsNotTrustedIsSaidBeforeAnyMessage) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsServer::Options server;
    server.ask_for_certificate = true;
    server.max_version = version;
    Taker taker(server);
    TransportOptions options = with_ca();
    options.tls.cert_file = pki("unknownca.pem");
    options.tls.key_file = pki("unknownca.key");
    Driver driver(tls(taker.port()), options);
    const Problem problem = driver.open();
    EXPECT_EQ(problem.what,
              fmt::format("127.0.0.1:{} does not accept the client certificate {} (unknown CA)",
                          taker.port(), pki("unknownca.pem")));
    EXPECT_TRUE(problem.permanent);
  }
}

// The receiver takes its time to judge: then messages are on the way already, and the alert comes
// as the answer to them.
TEST(TlsTransport, ALateVerdictOnTheClientsCertificateIsReported) {
  static std::shared_future<void> written;
  std::promise<void> go;
  written = go.get_future().share();
  TlsServer::Options options;
  options.ask_for_certificate = true;
  options.min_version = TLS1_3_VERSION;
  const TlsServer server(options);
  SSL_CTX_set_info_callback(server.context(), [](const SSL* ssl, int where, int) {
    // The next thing that the server would look at is the client's certificate.
    if ((where & SSL_CB_LOOP) != 0 && SSL_get_state(ssl) == TLS_ST_EARLY_DATA) {
      EXPECT_EQ(written.wait_for(kDeadline), std::future_status::ready);
    }
  });
  TcpReceiver receiver([&](Peer& peer) {
    TlsPeer session(server, peer);
    EXPECT_FALSE(session.handshake());
  });
  Driver driver(tls(receiver.port()), with_ca());
  ASSERT_EQ(driver.open().what, "");
  EXPECT_EQ(text_of(driver.write(batch_of({"<1>early"})).runs), "1 written");
  go.set_value();
  const Problem problem = driver.wait_for_loss();
  EXPECT_EQ(problem.what, fmt::format("127.0.0.1:{} wants a client certificate (certificate "
                                      "required)",
                                      receiver.port()));
  EXPECT_TRUE(problem.permanent);
}

TEST(TlsTransport, PlainTextOnATlsPortIsRecognised) {
  TcpReceiver receiver([&](Peer& peer) {
    peer.send("220 mail.example ESMTP\r\n");
    peer.read_to_end();
  });
  Driver driver(tls(receiver.port()), with_ca());
  const Problem problem = driver.open();
  EXPECT_EQ(
      problem.what,
      fmt::format("127.0.0.1:{} does not speak TLS: it says '220 mail.example ESMTP\\x0d\\x0a'",
                  receiver.port()));
  EXPECT_EQ(problem.hint, "the port answers with plain text: is it TCP? Then write tcp://");
  EXPECT_TRUE(problem.permanent);
}

TEST(TlsTransport, AReceiverThatNeverAnswersTheHandshakeIsFoundOut) {
  TcpReceiver receiver([&](Peer& peer) { peer.read_to_end(); });
  TransportOptions options = with_ca();
  options.handshake_timeout = 200ms;
  Driver driver(tls(receiver.port()), options);
  const Problem problem = driver.open();
  EXPECT_EQ(problem.what, fmt::format("127.0.0.1:{} did not answer the TLS handshake within 200ms",
                                      receiver.port()));
  EXPECT_FALSE(problem.permanent);
}

TEST(TlsTransport, AReceiverThatHangsUpInTheHandshakeIsSaidSo) {
  for (const bool reset : {false, true}) {
    TcpReceiver receiver([&](Peer& peer) {
      peer.read_some();
      if (reset) peer.reset();
    });
    Driver driver(tls(receiver.port()), with_ca());
    const Problem problem = driver.open();
    EXPECT_EQ(problem.what, fmt::format("127.0.0.1:{} {} the connection in the TLS handshake",
                                        receiver.port(), reset ? "reset" : "closed"));
    EXPECT_FALSE(problem.permanent);
  }
}

TEST(TlsTransport, TheEndIsSeenWhileIdleWithAndWithoutCloseNotify) {
  const TlsServer server({});
  for (const bool polite : {true, false}) {
    TcpReceiver receiver([&](Peer& peer) {
      TlsPeer session(server, peer);
      ASSERT_TRUE(session.handshake());
      if (polite) session.send_close_notify();
    });
    Driver driver(tls(receiver.port()), with_ca());
    ASSERT_EQ(driver.open().what, "");
    const Problem problem = driver.wait_for_loss();
    EXPECT_EQ(problem.what, fmt::format("127.0.0.1:{} {}", receiver.port(),
                                        polite ? "closed the connection"
                                               : "ended the connection without close_notify"));
    const WriteOutcome outcome = driver.write(batch_of({"<1>late"}));
    EXPECT_TRUE(outcome.lost);
    EXPECT_EQ(text_of(outcome.runs), "");
  }
}

TEST(TlsTransport, AnEndWithoutCloseNotifyHasNotDrained) {
  const TlsServer server({});
  TcpReceiver receiver([&](Peer& peer) {
    TlsPeer session(server, peer);
    ASSERT_TRUE(session.handshake());
    session.read_to_end();
  });
  Driver driver(tls(receiver.port()), with_ca());
  ASSERT_EQ(driver.open().what, "");
  driver.write(batch_of({"<1>x"}));
  const CloseOutcome closed = driver.close();
  EXPECT_FALSE(closed.drained);
  EXPECT_EQ(closed.problem.what,
            fmt::format("127.0.0.1:{} ended the connection without close_notify", receiver.port()));
}

TEST(TlsTransport, AReceiverThatNeverAnswersTheGoodbyeIsNotWaitedForLonger) {
  std::promise<void> over;
  std::shared_future<void> end = over.get_future().share();
  const TlsServer server({});
  TcpReceiver receiver([&](Peer& peer) {
    TlsPeer session(server, peer);
    ASSERT_TRUE(session.handshake());
    session.read_to_end();
    end.wait();
  });
  TransportOptions options = with_ca();
  options.close_timeout = 200ms;
  Driver driver(tls(receiver.port()), options);
  ASSERT_EQ(driver.open().what, "");
  driver.write(batch_of({"<1>x"}));
  const CloseOutcome closed = driver.close();
  over.set_value();
  EXPECT_FALSE(closed.drained);
  EXPECT_EQ(closed.problem.what,
            fmt::format("127.0.0.1:{} did not end the connection within 200ms", receiver.port()));
}

// What the receiver decrypted before it went away is a prefix of what is said to be written.
TEST(TlsTransport, AResetInMidStreamLeavesAPrefix) {
  const TlsServer server({});
  for (const std::size_t bytes : {1U, 16'384U, 16'385U, 100'000U, 400'000U}) {
    std::promise<std::string> received;
    TcpReceiver receiver([&](Peer& peer) {
      const int small = 128 * 1024;
      ::setsockopt(peer.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
      TlsPeer session(server, peer);
      ASSERT_TRUE(session.handshake());
      received.set_value(session.read(bytes));
      peer.reset();
    });
    Driver driver(tls(receiver.port()), with_ca());
    ASSERT_EQ(driver.open().what, "");
    std::string sent;
    std::size_t written = 0;
    WriteOutcome outcome;
    for (std::size_t i = 0; !outcome.lost; ++i) {
      ASSERT_LT(i, 1000U);
      const Batch batch = numbered_batch(200, 300, i * 200);
      sent += bytes_of(batch);
      outcome = driver.write(batch);
      std::size_t messages = 0;
      for (const FateRun& run : outcome.runs) {
        ASSERT_TRUE(run.fate == Fate::kWritten || run.fate == Fate::kCut);
        ASSERT_TRUE(run.fate == Fate::kWritten || &run == &outcome.runs.back());
        // A record has at most 16 KiB, and a message may begin before it.
        if (run.fate == Fate::kCut) {
          ASSERT_LE(run.count, 16'384U / 301U + 2U);
        }
        messages += run.count;
      }
      if (!outcome.lost) {
        ASSERT_EQ(text_of(outcome.runs), "200 written");
      }
      if (messages > 0) written += batch.messages()[messages - 1].end;
    }
    const std::string got = received.get_future().get();
    EXPECT_GE(got.size(), bytes);
    EXPECT_LE(got.size(), written);
    EXPECT_TRUE(sent.starts_with(got));
  }
}

TEST(TlsTransport, AConnectionThatIsMadeAgainResumes) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const TlsServer server({.min_version = version, .max_version = version, .tickets = 2});
    TcpReceiver receiver([&](Peer& peer) {
      TlsPeer session(server, peer);
      if (!session.handshake()) return;
      session.read(bytes_of(batch_of({"<1>x"})).size());
      session.send_close_notify();
      session.read_to_end();
    });
    Driver driver(tls(receiver.port()), with_ca());
    for (const bool resumed : {false, true, true}) {
      ASSERT_EQ(driver.open().what, "");
      EXPECT_EQ(driver.peer().ends_with(", resumed"), resumed) << driver.peer();
      EXPECT_NE(driver.certificate().find("sha-256:"), std::string::npos);
      ASSERT_EQ(text_of(driver.write(batch_of({"<1>x"})).runs), "1 written");
      driver.wait_for_loss();
    }
  }
}

TEST(TlsTransport, TheReceiversCertificateIsTold) {
  Taker taker;
  Driver driver(tls(taker.port()), with_ca());
  EXPECT_EQ(driver.certificate(), "");
  ASSERT_EQ(driver.open().what, "");
  const std::string told = driver.certificate();
  EXPECT_TRUE(told.ends_with(", " + fingerprint_of("server", EVP_sha256(), "sha-256"))) << told;
  EXPECT_NE(told.find("CN=server, for DNS:localhost"), std::string::npos) << told;
  EXPECT_EQ(told.find('\n'), std::string::npos);
  driver.close();
}

TEST(TlsTransport, KeysAreLoggedOnlyWhereAskedAndForTheOwnerAlone) {
  std::string folder = testing::TempDir() + "keylog_XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  TransportOptions options = with_ca();
  options.tls.keylog_file = folder + "/keys";
  {
    Taker taker;
    Driver driver(tls(taker.port()), options);
    ASSERT_EQ(driver.open().what, "");
    EXPECT_TRUE(driver.close().drained);
  }
  struct stat status {};
  ASSERT_EQ(::stat(options.tls.keylog_file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  std::ifstream keys(options.tls.keylog_file);
  std::string line;
  int secrets = 0;
  while (std::getline(keys, line)) {
    EXPECT_TRUE(line.find(" ") != std::string::npos && line.size() > 100) << line;
    secrets += line.starts_with("CLIENT_TRAFFIC_SECRET_0 ") ? 1 : 0;
  }
  EXPECT_EQ(secrets, 1);
  ::chmod(options.tls.keylog_file.c_str(), 0644);
  const Driver refused("tls://127.0.0.1:9", options);
  EXPECT_FALSE(refused.made());
  EXPECT_EQ(refused.diagnostics(),
            options.tls.keylog_file +
                ": error: --tls-keylog: others can read it, and with it every message\n"
                "hint: chmod 600, or let it be made anew\n");
  std::filesystem::remove_all(folder);
}

TEST(TlsTransport, WhatIsAcknowledgedIsKnownInPlaintextToTheRecord) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const TlsServer server({.min_version = version, .max_version = version});
    std::promise<void> go;
    TcpReceiver receiver([&](Peer& peer) {
      TlsPeer session(server, peer);
      ASSERT_TRUE(session.handshake());
      session.read(bytes_of(numbered_batch(200, 300)).size() + 301);
      go.get_future().wait();
      peer.reset();
    });
    Driver driver(tls(receiver.port()), with_ca());
    ASSERT_EQ(driver.open().what, "");
    EXPECT_EQ(driver.acknowledged(), 0U) << "the handshake is none of our bytes";
    const Batch batch = numbered_batch(200, 300);
    ASSERT_EQ(text_of(driver.write(batch).runs), "200 written");
    ASSERT_EQ(text_of(driver.write(numbered_batch(1, 300)).runs), "1 written");
    const std::uint64_t all = batch.bytes().size() + 301;
    const auto start = std::chrono::steady_clock::now();
    while (driver.acknowledged() < all && std::chrono::steady_clock::now() - start < kDeadline) {
      std::this_thread::sleep_for(1ms);
    }
    EXPECT_EQ(driver.acknowledged(), all);
    go.set_value();
    driver.wait_for_loss();
    EXPECT_EQ(driver.acknowledged(), all);
  }
}

TEST(TlsTransport, AReaderThatStopsHasWholeRecords) {
  std::promise<void> over;
  std::promise<std::size_t> received;
  const TlsServer server({});
  TcpReceiver receiver([&](Peer& peer) {
    const int small = 128 * 1024;
    ::setsockopt(peer.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    TlsPeer session(server, peer);
    ASSERT_TRUE(session.handshake());
    over.get_future().wait();
    received.set_value(session.read_to_end().size());
  });
  TransportOptions options = with_ca();
  options.write_stall_timeout = 300ms;
  Driver driver(tls(receiver.port()), options);
  ASSERT_EQ(driver.open().what, "");
  WriteOutcome outcome;
  for (int i = 0; !outcome.lost && i < 100; ++i) {
    outcome = driver.write(numbered_batch(1'000, 1'024 * 16 / 8 - 1));  // 8 of them a record
  }
  ASSERT_TRUE(outcome.lost);
  const std::uint64_t acknowledged = driver.acknowledged();
  over.set_value();
  EXPECT_GT(acknowledged, 0U);
  EXPECT_EQ(acknowledged % 16'384, 0U);
  EXPECT_GE(received.get_future().get(), acknowledged);
}

TEST(TlsTransport, AReaderThatStopsIsFoundOut) {
  std::promise<void> over;
  std::shared_future<void> end = over.get_future().share();
  const TlsServer server({});
  TcpReceiver receiver([&](Peer& peer) {
    const int small = 128 * 1024;
    ::setsockopt(peer.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    TlsPeer session(server, peer);
    ASSERT_TRUE(session.handshake());
    end.wait();
    peer.reset();
  });
  TransportOptions options = with_ca();
  options.write_stall_timeout = 300ms;
  Driver driver(tls(receiver.port()), options);
  ASSERT_EQ(driver.open().what, "");
  WriteOutcome outcome;
  for (int i = 0; !outcome.lost && i < 100; ++i)
    outcome = driver.write(numbered_batch(1'000, 1'000));
  over.set_value();
  ASSERT_TRUE(outcome.lost);
  ASSERT_FALSE(outcome.runs.empty());
  EXPECT_EQ(outcome.runs.back().fate, Fate::kCut) << "a record is on the wire in part";
}

// An abort leaves the kernel what it has taken: every record that it has whole arrives, and no
// other.
TEST(TlsTransport, WhatIsToldWrittenArrivesAndWhatIsToldCutDoesNotWhole) {
  const TlsServer server({});
  for (const std::size_t bytes : {100U, 1'000U, 7'777U}) {
    std::promise<void> over;
    std::promise<std::string> received;
    TcpReceiver receiver([&](Peer& peer) {
      const int small = 128 * 1024;
      ::setsockopt(peer.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
      TlsPeer session(server, peer);
      const bool shaken = session.handshake();
      over.get_future().wait();
      received.set_value(shaken ? session.read_to_end() : "");
    });
    Driver driver(tls(receiver.port()), with_ca());
    ASSERT_EQ(driver.open().what, "");
    // More than the kernel takes.
    const Batch batch = numbered_batch(16'000'000 / bytes, bytes);
    const WriteOutcome outcome = driver.write_and_abort(batch);
    over.set_value();
    ASSERT_TRUE(outcome.lost);
    ASSERT_FALSE(outcome.runs.empty());
    std::size_t written = 0;
    std::size_t cut = 0;
    for (const FateRun& run : outcome.runs) {
      (run.fate == Fate::kWritten ? written : cut) += run.count;
    }
    ASSERT_LT(written + cut, batch.size());
    const std::string arrived = received.get_future().get();
    EXPECT_TRUE(bytes_of(batch).starts_with(arrived));
    EXPECT_GE(arrived.size(), written == 0 ? 0 : batch.messages()[written - 1].end);
    EXPECT_LT(arrived.size(), batch.messages()[written].end);
    if (arrived.size() > batch.messages()[written].begin) {
      EXPECT_GE(cut, 1U);
    }
  }
}

TEST(TlsTransport, DamageOnTheWayIsSaidSo) {
  const TlsServer server({});
  TcpReceiver receiver([&](Peer& peer) {
    TlsPeer session(server, peer);
    ASSERT_TRUE(session.handshake());
    peer.send(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'));
    peer.read_to_end();
  });
  Driver driver(tls(receiver.port()), with_ca());
  ASSERT_EQ(driver.open().what, "");
  const Problem problem = driver.wait_for_loss();
  EXPECT_EQ(problem.what,
            fmt::format("the TLS connection to 127.0.0.1:{} broke: decryption failed or bad record "
                        "mac",
                        receiver.port()));
}

TEST(TlsTransport, AbortEndsEveryPhaseAtOnce) {
  const auto start = std::chrono::steady_clock::now();
  {
    Driver* under_way = nullptr;
    TcpReceiver silent([&](Peer& peer) {
      peer.read_some();  // the handshake's first message
      under_way->abort_from_outside();
      peer.read_to_end();
    });
    Driver driver(tls(silent.port()), with_ca());
    under_way = &driver;
    EXPECT_EQ(driver.open().what, "aborted");
  }
  std::promise<void> over;
  std::shared_future<void> end = over.get_future().share();
  const TlsServer server({});
  TcpReceiver receiver([&](Peer& peer) {
    TlsPeer session(server, peer);
    if (session.handshake()) end.wait();
  });
  {
    Driver driver(tls(receiver.port()), with_ca());
    ASSERT_EQ(driver.open().what, "");
    const WriteOutcome outcome = driver.write_and_abort(numbered_batch(20'000, 1'000));
    EXPECT_TRUE(outcome.lost);
    EXPECT_EQ(outcome.problem.what, "aborted");
  }
  {
    Driver driver(tls(receiver.port()), with_ca());
    ASSERT_EQ(driver.open().what, "");
    EXPECT_EQ(driver.close_and_abort().problem.what, "aborted");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
  over.set_value();
}

TEST(TlsTransport, AWrongNameOptionIsAUsageError) {
  TransportOptions options = with_ca();
  options.tls.name = "https://firewall";
  Driver driver("tls://127.0.0.1", options);
  EXPECT_FALSE(driver.made());
  EXPECT_EQ(driver.diagnostics(),
            "error: --tls-name: 'https://firewall' is neither a host name nor an address\n"
            "hint: write the name as it stands in the receiver's certificate\n");
}

}  // namespace
}  // namespace esm::test
