// The listener from outside: real sockets on loopback, raw clients.
#include "sender/listener/listener.h"

#include <array>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/test_pki.h"

namespace esm {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr seconds kDeadline{30};

Profile kb_profile() {
  Profile profile;
  profile.identifier =
      RegexIdentifier{"Service is alive", "duser=([a-zA-Z0-9\\_]+)", "dst=([A-F0-9a-f:.]+)"};
  return profile;
}

std::string heartbeat(const std::string& user, const std::string& address) {
  return "<134>Sep 28 2016 17:38:48 172.16.183.173 LEEF:1.0|Palo Alto Networks|Traps "
         "Agent|4.1.3.33176|Heartbeat|cat=Agent\tduser=" +
         user + "\tdst=" + address + "\tmsg=Service is alive";
}

// A listener in a thread of its own. Whatever a test does, it ends at the deadline.
class Running {
 public:
  explicit Running(ListenerOptions options, std::function<void(const Mapping&)> on_mapping = {},
                   Profile profile = kb_profile())
      : options_(std::move(options)),
        on_mapping_(std::move(on_mapping)),
        profile_(std::move(profile)) {
    if (!options_.stop_after_duration) options_.stop_after_duration = kDeadline;
    std::promise<ListenerPorts> ready;
    std::future<ListenerPorts> ports = ready.get_future();
    options_.on_ready = [&ready](const ListenerPorts& real) { ready.set_value(real); };
    thread_ =
        std::thread([this] { result_ = listen({profile_}, options_, on_mapping_, diagnostics_); });
    if (ports.wait_for(kDeadline) == std::future_status::ready) {
      ports_ = ports.get();
    } else {
      ADD_FAILURE() << "the listener is not ready";
    }
  }
  ~Running() {
    if (thread_.joinable()) thread_.join();
  }

  const ListenerPorts& ports() const { return ports_; }
  // Until a stop condition.
  ListenerResult wait() {
    thread_.join();
    EXPECT_TRUE(result_.has_value());
    return result_.value_or(ListenerResult{});
  }
  std::string messages() const { return diagnostics_.render(); }

 private:
  ListenerOptions options_;
  std::function<void(const Mapping&)> on_mapping_;
  Profile profile_;
  Diagnostics diagnostics_;
  ListenerPorts ports_;
  std::optional<ListenerResult> result_;
  std::thread thread_;
};

// A raw client socket.
class Client {
 public:
  Client(int type, std::uint16_t port, const std::string& host = "127.0.0.1",
         const std::string& source = {}) {
    const bool v6 = host.find(':') != std::string::npos;
    fd_ = ::socket(v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0);
    EXPECT_GE(fd_, 0);
    if (!source.empty()) {
      const auto [address, size] = sockaddr_of(source, 0);
      EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    }
    const timeval timeout{kDeadline.count(), 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    if (type == SOCK_STREAM) {
      // Otherwise Nagle may keep bytes on this side of the connection although send() returned.
      const int yes = 1;
      ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    }
    const auto [address, size] = sockaddr_of(host, port);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), size), 0)
        << std::strerror(errno);
  }
  ~Client() { close(); }
  Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

  int fd() const { return fd_; }
  void send(const std::string& bytes) const {
    for (std::size_t sent = 0; sent < bytes.size() || bytes.empty();) {
      const ssize_t now = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      ASSERT_GE(now, 0) << std::strerror(errno);
      if (bytes.empty()) break;
      sent += static_cast<std::size_t>(now);
    }
  }
  // Says FIN, then waits for the listener's. The bytes it sent before: none are expected.
  bool finish() const {
    ::shutdown(fd_, SHUT_WR);
    char byte = 0;
    return ::recv(fd_, &byte, 1, 0) == 0;
  }
  // Waits for the listener's end without saying anything.
  ssize_t wait_for_end() const {
    char byte = 0;
    return ::recv(fd_, &byte, 1, 0);
  }
  void reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  static std::pair<sockaddr_storage, socklen_t> sockaddr_of(const std::string& host,
                                                            std::uint16_t port) {
    sockaddr_storage out{};
    if (host.find(':') == std::string::npos) {
      sockaddr_in v4{};
      v4.sin_family = AF_INET;
      v4.sin_port = htons(port);
      EXPECT_EQ(::inet_pton(AF_INET, host.c_str(), &v4.sin_addr), 1);
      std::memcpy(&out, &v4, sizeof v4);
      return {out, sizeof v4};
    }
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    EXPECT_EQ(::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr), 1);
    std::memcpy(&out, &v6, sizeof v6);
    return {out, sizeof v6};
  }

  int fd_ = -1;
};

Client udp_to(std::uint16_t port) { return Client(SOCK_DGRAM, port); }
Client tcp_to(std::uint16_t port) { return Client(SOCK_STREAM, port); }

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

// A TLS client over a raw socket; verifies the listener's certificate.
class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port, const std::string& certificate = {},
                     int max_version = TLS1_3_VERSION)
      : client_(SOCK_STREAM, port), context_(SSL_CTX_new(TLS_client_method())) {
    const std::string pki = test_pki();
    SSL_CTX_set_max_proto_version(context_.get(), max_version);
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    EXPECT_EQ(SSL_CTX_load_verify_locations(context_.get(), (pki + "/ca.pem").c_str(), nullptr), 1);
    if (!certificate.empty()) {
      const std::string cert = pki + "/" + certificate + ".pem";
      const std::string key = pki + "/" + certificate + ".key";
      EXPECT_EQ(SSL_CTX_use_certificate_chain_file(context_.get(), cert.c_str()), 1);
      EXPECT_EQ(SSL_CTX_use_PrivateKey_file(context_.get(), key.c_str(), SSL_FILETYPE_PEM), 1);
    }
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), client_.fd());
    connected_ = SSL_connect(ssl_.get()) == 1;
  }

  bool connected() const { return connected_; }
  Client& raw() { return client_; }
  std::string version() const { return SSL_get_version(ssl_.get()); }
  void send(const std::string& bytes) {
    ASSERT_EQ(SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())),
              static_cast<int>(bytes.size()));
  }
  // Sends close_notify and FIN; true if the listener answered with its own close_notify and FIN.
  bool finish() {
    if (SSL_shutdown(ssl_.get()) == 1) return false;  // theirs came first
    ::shutdown(client_.fd(), SHUT_WR);
    return SSL_shutdown(ssl_.get()) == 1 && client_.wait_for_end() == 0;
  }
  // What reading gives: an SSL error code.
  int read_error() {
    char byte = 0;
    const int size = SSL_read(ssl_.get(), &byte, 1);
    return SSL_get_error(ssl_.get(), size);
  }

 private:
  Client client_;
  std::unique_ptr<SSL_CTX, SslFree> context_;
  std::unique_ptr<SSL, SslFree> ssl_;
  bool connected_ = false;
};

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class ListenerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "listener_XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  static ListenerOptions on_udp() {
    ListenerOptions options;
    options.udp = {{}};
    return options;
  }
  // UDP beside it, so that a last datagram can stop it by count.
  static ListenerOptions on_tcp() {
    ListenerOptions options;
    options.udp = {{}};
    options.tcp = {{}};
    return options;
  }
  static ListenerOptions on_tls() {
    ListenerOptions options;
    options.udp = {{}};
    options.tls = {{}};
    options.tls_cert_file = test_pki() + "/server.pem";
    options.tls_key_file = test_pki() + "/server.key";
    return options;
  }

  std::string errors_of(const ListenerOptions& options) {
    Diagnostics diagnostics;
    EXPECT_FALSE(listen({kb_profile()}, options, {}, diagnostics).has_value());
    std::string text = diagnostics.render();
    for (std::size_t at; (at = text.find(folder_)) != std::string::npos;) {
      text.replace(at, folder_.size(), "DIR");
    }
    return text;
  }

  std::string folder_;
};

std::vector<std::string> shown(const std::vector<Mapping>& mappings) {
  std::vector<std::string> out;
  for (const Mapping& m : mappings) out.push_back(m.address.to_string() + " " + m.user);
  return out;
}

TEST_F(ListenerTest, ADatagramHasALineOrSeveralAndTheLastMayBeWithoutItsEnd) {
  ListenerOptions options = on_udp();
  options.stop_after_count = 5;
  options.received_file = path("received");
  Running listener(options);
  const Client client = udp_to(listener.ports().udp.at(0));
  const std::string first = heartbeat("anna", "10.1.0.1");
  const std::string second = heartbeat("bob", "2001:db8::2");
  client.send(first);
  client.send(second + "\n");
  client.send(second + "\r\n");
  client.send("");
  client.send(std::string("another kind\n\nof\rmessage\0", 25));
  const ListenerResult result = listener.wait();
  EXPECT_EQ(result.messages, 5U);
  EXPECT_EQ(result.mapped, 3U);
  EXPECT_EQ(result.no_match, 2U);
  EXPECT_EQ(result.too_long, 0U);
  EXPECT_EQ(result.kernel_drops, 0U);
  EXPECT_GT(result.udp_buffer_bytes, 0U);
  EXPECT_EQ(shown(result.mappings), (std::vector<std::string>{"10.1.0.1 anna", "2001:db8::2 bob"}));
  EXPECT_EQ(content(path("received")),
            first + "\n" + second + "\n" + second + "\nanother kind\nof#015message\n");
  EXPECT_EQ(listener.messages(), "");
}

TEST_F(ListenerTest, EveryFramingGivesTheSameMessages) {
  const std::string a = heartbeat("anna", "10.1.0.1");
  const std::string b = heartbeat("bob", "10.1.0.2");
  const auto octets = [](const std::string& m) { return fmt::format("{} {}", m.size(), m); };
  const std::vector<std::pair<std::string, std::string>> streams = {
      {"lf", a + "\n" + b + "\n"},
      {"crlf", a + "\r\n" + b + "\r\n"},
      {"nul", a + '\0' + b + '\0'},
      {"octet", octets(a) + octets(b)},
      {"octet-lf", octets(a + "\n") + octets(b + "\n")},
      {"mixed", octets(a) + b + "\n"},
  };
  for (const auto& [name, stream] : streams) {
    ListenerOptions options = on_tcp();
    options.stop_after_count = 2;
    options.received_file = path("received-" + name);
    Running listener(options);
    const Client client = tcp_to(listener.ports().tcp.at(0));
    client.send(stream);
    const ListenerResult result = listener.wait();
    EXPECT_EQ(result.mapped, 2U) << name;
    EXPECT_EQ(content(path("received-" + name)), a + "\n" + b + "\n") << name;
    EXPECT_EQ(result.unterminated, 0U) << name;
    EXPECT_EQ(result.bytes, a.size() + b.size()) << name;
  }
}

TEST_F(ListenerTest, AStreamSentByteByByteIsTheSame) {
  ListenerOptions options = on_tcp();
  options.stop_after_count = 3;
  options.received_file = path("received");
  Running listener(options);
  const Client client = tcp_to(listener.ports().tcp.at(0));
  const std::string a = heartbeat("anna", "10.1.0.1");
  const std::string stream = a + "\r\n" + fmt::format("{} {}", a.size(), a) + a + "\n";
  for (const char byte : stream) client.send(std::string(1, byte));
  EXPECT_EQ(listener.wait().mapped, 3U);
  EXPECT_EQ(content(path("received")), a + "\n" + a + "\n" + a + "\n");
}

TEST_F(ListenerTest, TlsOfBothVersionsIsReadAndAnswered) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    ListenerOptions options = on_tls();
    options.stop_after_count = 1001;
    Running listener(options);
    TlsClient client(listener.ports().tls.at(0), "", version);
    ASSERT_TRUE(client.connected());
    EXPECT_EQ(client.version(), version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
    std::string stream;
    for (int i = 0; i < 1000; ++i) {
      stream +=
          heartbeat(fmt::format("u{}", i), fmt::format("10.1.{}.{}", i / 200, i % 200)) + "\n";
    }
    client.send(stream);  // several records, messages across their borders
    EXPECT_TRUE(client.finish());
    udp_to(listener.ports().udp.at(0)).send("last");
    const ListenerResult result = listener.wait();
    EXPECT_EQ(result.messages, 1001U);
    EXPECT_EQ(result.mapped, 1000U);
    EXPECT_EQ(result.mappings.size(), 1000U);
    EXPECT_EQ(result.connections_aborted, 0U);
    EXPECT_EQ(result.tls_handshakes_failed, 0U);
  }
}

TEST_F(ListenerTest, ATlsSenderThatNeverReadsLosesNothing) {
  ListenerOptions options = on_tls();
  constexpr std::uint64_t kLines = 20'000;
  options.stop_after_count = kLines;
  Running listener(options);
  {
    TlsClient client(listener.ports().tls.at(0));
    ASSERT_TRUE(client.connected());
    std::string stream;
    for (std::uint64_t i = 0; i < kLines; ++i) stream += fmt::format("<1>line {}\n", i);
    client.send(stream);
  }  // closed with whatever the listener sent still unread
  const ListenerResult result = listener.wait();
  EXPECT_EQ(result.messages, kLines);
}

TEST_F(ListenerTest, OldTlsIsRefused) {
  ListenerOptions options = on_tls();
  options.stop_after_count = 1;
  Running listener(options);
  TlsClient client(listener.ports().tls.at(0), "", TLS1_1_VERSION);
  EXPECT_FALSE(client.connected());
  EXPECT_LE(client.raw().wait_for_end(), 0);
  udp_to(listener.ports().udp.at(0)).send("last");
  EXPECT_EQ(listener.wait().tls_handshakes_failed, 1U);
}

TEST_F(ListenerTest, PlainTextOnATlsPortIsAFailedHandshake) {
  ListenerOptions options = on_tls();
  options.stop_after_count = 1;
  Running listener(options);
  const Client client = tcp_to(listener.ports().tls.at(0));
  client.send(heartbeat("anna", "10.1.0.1") + "\n");
  while (client.wait_for_end() > 0) {  // an alert, then the end
  }
  udp_to(listener.ports().udp.at(0)).send("last");
  const ListenerResult result = listener.wait();
  EXPECT_EQ(result.messages, 1U);
  EXPECT_EQ(result.tls_handshakes_failed, 1U);
  EXPECT_NE(result.tls_failure, "");
}

TEST_F(ListenerTest, AClientCaDemandsCertificates) {
  ListenerOptions options = on_tls();
  options.tls_client_ca_file = test_pki() + "/ca.pem";
  options.stop_after_count = 2;
  Running listener(options);
  {
    // With TLS 1.3 the client learns of it after its own handshake.
    TlsClient nobody(listener.ports().tls.at(0));
    EXPECT_NE(nobody.read_error(), SSL_ERROR_NONE);
  }
  TlsClient known(listener.ports().tls.at(0), "client");
  ASSERT_TRUE(known.connected());
  known.send(heartbeat("anna", "10.1.0.1") + "\n");
  EXPECT_TRUE(known.finish());
  udp_to(listener.ports().udp.at(0)).send("last");
  const ListenerResult result = listener.wait();
  EXPECT_EQ(result.mapped, 1U);
  EXPECT_EQ(result.tls_handshakes_failed, 1U);
  EXPECT_EQ(result.tls_failure, "peer did not return a certificate (SSL routines)");
}

TEST_F(ListenerTest, AnEndIsAnsweredAtOnceAndTheListenerGoesOn) {
  ListenerOptions options = on_tcp();
  options.stop_after_count = 3;
  Running listener(options);
  const Client first = tcp_to(listener.ports().tcp.at(0));
  first.send(heartbeat("anna", "10.1.0.1") + "\n");
  EXPECT_TRUE(first.finish());
  const Client second = tcp_to(listener.ports().tcp.at(0));
  second.send(heartbeat("bob", "10.1.0.2") + "\n");
  EXPECT_TRUE(second.finish());
  udp_to(listener.ports().udp.at(0)).send("last");
  const ListenerResult result = listener.wait();
  EXPECT_EQ(result.mapped, 2U);
  ASSERT_EQ(result.senders.size(), 1U);
  EXPECT_EQ(result.senders[0].address, "127.0.0.1");
  EXPECT_EQ(result.senders[0].messages, 3U);
  EXPECT_EQ(result.senders[0].mapped, 2U);
  EXPECT_EQ(result.senders[0].connections_total, 2U);
  EXPECT_EQ(result.senders[0].connections_active, 0U);
  EXPECT_EQ(result.connections_aborted, 0U);
}

TEST_F(ListenerTest, ACutMessageIsNoMessage) {
  ListenerOptions options = on_tcp();
  options.stop_after_count = 2;
  Running listener(options);
  const Client client = tcp_to(listener.ports().tcp.at(0));
  client.send(heartbeat("anna", "10.1.0.1") + "\n" + heartbeat("bob", "10.1.0.2"));
  EXPECT_TRUE(client.finish());
  udp_to(listener.ports().udp.at(0)).send("last");
  const ListenerResult result = listener.wait();
  EXPECT_EQ(result.mapped, 1U);
  EXPECT_EQ(result.unterminated, 1U);
  EXPECT_EQ(shown(result.mappings), std::vector<std::string>{"10.1.0.1 anna"});
}

TEST_F(ListenerTest, AResetIsCountedAsAborted) {
  ListenerOptions options = on_tcp();
  options.follow = true;
  std::promise<void> read;
  Running listener(options, [&](const Mapping&) { read.set_value(); });
  Client client = tcp_to(listener.ports().tcp.at(0));
  client.send(heartbeat("anna", "10.1.0.1") + "\n");
  ASSERT_EQ(read.get_future().wait_for(kDeadline), std::future_status::ready);
  client.reset();
  ASSERT_EQ(std::raise(SIGTERM), 0);
  const ListenerResult result = listener.wait();
  EXPECT_EQ(result.mapped, 1U);
  EXPECT_EQ(result.connections_aborted, 1U);
}

TEST_F(ListenerTest, TlsWithoutGoodbyeIsCountedAsAborted) {
  ListenerOptions options = on_tls();
  options.stop_after_count = 2;
  Running listener(options);
  TlsClient client(listener.ports().tls.at(0));
  ASSERT_TRUE(client.connected());
  client.send(heartbeat("anna", "10.1.0.1") + "\n");
  ::shutdown(client.raw().fd(), SHUT_WR);
  while (client.raw().wait_for_end() > 0) {  // session tickets, then the end
  }
  udp_to(listener.ports().udp.at(0)).send("last");
  const ListenerResult result = listener.wait();
  EXPECT_EQ(result.mapped, 1U);
  EXPECT_EQ(result.connections_aborted, 1U);
}

TEST_F(ListenerTest, TooLongMessagesAreCountedAndForgotten) {
  ListenerOptions options = on_tcp();
  options.message_bytes_max = 200;
  options.stop_after_count = 9;
  options.received_file = path("received");
  Running listener(options);
  const std::string longest(200, 'x');
  const std::string longer(201, 'y');
  const Client udp = udp_to(listener.ports().udp.at(0));
  udp.send(longest);
  udp.send(longest + "\r\n");
  udp.send(longer);
  udp.send(std::string(60'000, 'z'));
  const Client tcp = tcp_to(listener.ports().tcp.at(0));
  tcp.send(longest + "\r\n" + longer + "\r\n" + std::string(500'000, 'z') + "\n201 " + longer +
           "200 " + longest);
  const ListenerResult result = listener.wait();
  EXPECT_EQ(result.messages, 9U);
  EXPECT_EQ(result.too_long, 5U);
  EXPECT_EQ(result.no_match, 4U);
  EXPECT_EQ(result.bytes, 800U);
  const std::string line = longest + "\n";
  EXPECT_EQ(content(path("received")), line + line + line + line);
}

TEST_F(ListenerTest, GarbageIsCountedAndSurvived) {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    std::minstd_rand random(seed);
    ListenerOptions options = on_tls();
    options.tcp = {{}};
    options.message_bytes_max = 300;
    Running listener(options);
    const Client udp = udp_to(listener.ports().udp.at(0));
    const auto garbage = [&](std::size_t size) {
      std::string bytes(size, '\0');
      for (char& byte : bytes) byte = static_cast<char>(random());
      return bytes;
    };
    for (int i = 0; i < 50; ++i) udp.send(garbage(random() % 1000));
    const Client tcp = tcp_to(listener.ports().tcp.at(0));
    tcp.send(garbage(200'000));
    EXPECT_TRUE(tcp.finish());
    {
      const Client tls = tcp_to(listener.ports().tls.at(0));
      tls.send(garbage(100));
      while (tls.wait_for_end() > 0) {
      }
    }
    ASSERT_EQ(std::raise(SIGTERM), 0);
    const ListenerResult result = listener.wait();
    EXPECT_GE(result.messages, 50U) << "seed " << seed;
    EXPECT_EQ(result.messages, result.mapped + result.no_match + result.too_long)
        << "seed " << seed;
    EXPECT_EQ(result.tls_handshakes_failed, 1U) << "seed " << seed;
  }
}

TEST_F(ListenerTest, ManyConnectionsAtOnceAreAllRead) {
  ListenerOptions options = on_tcp();
  constexpr std::size_t kConnections = 200;
  constexpr std::size_t kEach = 20;
  options.stop_after_count = kConnections * kEach + 1;
  Running listener(options);
  std::vector<Client> clients;
  for (std::size_t i = 0; i < kConnections; ++i) {
    clients.push_back(tcp_to(listener.ports().tcp.at(0)));
  }
  for (std::size_t n = 0; n < kEach; ++n) {
    for (std::size_t i = 0; i < kConnections; ++i) {
      clients[i].send(heartbeat(fmt::format("u{}_{}", i, n), fmt::format("10.1.{}.{}", n, i)) +
                      "\n");
    }
  }
  for (const Client& client : clients) EXPECT_TRUE(client.finish());
  udp_to(listener.ports().udp.at(0)).send("last");
  const ListenerResult result = listener.wait();
  EXPECT_EQ(result.mapped, kConnections * kEach);
  EXPECT_EQ(result.mappings.size(), kConnections * kEach);
  EXPECT_EQ(result.senders.at(0).connections_total, kConnections);
  EXPECT_EQ(result.senders.at(0).connections_active, 0U);
}

TEST_F(ListenerTest, ConnectionsBeyondTheBoundAreClosedAtOnce) {
  ListenerOptions options = on_tcp();
  options.sessions_max = 2;
  options.stop_after_count = 3;
  Running listener(options);
  const Client a = tcp_to(listener.ports().tcp.at(0));
  const Client b = tcp_to(listener.ports().tcp.at(0));
  const Client c = tcp_to(listener.ports().tcp.at(0));
  EXPECT_EQ(c.wait_for_end(), 0);
  a.send("<1>a\n");
  EXPECT_TRUE(a.finish());
  const Client d = tcp_to(listener.ports().tcp.at(0));
  b.send("<1>b\n");
  d.send("<1>d\n");
  const ListenerResult result = listener.wait();
  EXPECT_EQ(result.messages, 3U);
  EXPECT_EQ(result.connections_refused, 1U);
  EXPECT_EQ(result.senders.at(0).connections_active, 0U);
}

TEST_F(ListenerTest, SendersAreKnownByTheirAddress) {
  ListenerOptions options = on_tcp();
  options.udp.push_back({"::1", 0});
  options.stop_after_count = 4;
  Running listener(options);
  Client(SOCK_DGRAM, listener.ports().udp.at(0), "127.0.0.1", "127.0.0.3").send("x");
  Client(SOCK_DGRAM, listener.ports().udp.at(1), "::1").send(heartbeat("anna", "10.1.0.1"));
  const Client tcp(SOCK_STREAM, listener.ports().tcp.at(0), "127.0.0.1", "127.0.0.2");
  tcp.send("<1>x\n<1>y\n");
  const ListenerResult result = listener.wait();
  std::vector<std::string> senders;
  for (const SenderCounters& s : result.senders) {
    senders.push_back(
        fmt::format("{} {} {} {}", s.address, s.messages, s.mapped, s.connections_total));
  }
  EXPECT_EQ(senders, (std::vector<std::string>{"127.0.0.2 2 0 1", "127.0.0.3 1 0 0", "::1 1 1 0"}));
}

TEST_F(ListenerTest, FollowsMappingsAsTheyCome) {
  ListenerOptions options = on_udp();
  options.follow = true;
  options.stop_after_count = 4;
  std::vector<std::string> seen;
  Running listener(options,
                   [&](const Mapping& m) { seen.push_back(m.address.to_string() + " " + m.user); });
  const Client client = udp_to(listener.ports().udp.at(0));
  for (const char* const user : {"anna", "anna", "bob", "bob"}) {
    client.send(heartbeat(user, "10.1.0.1"));
  }
  listener.wait();
  EXPECT_EQ(seen, (std::vector<std::string>{"10.1.0.1 anna", "10.1.0.1 bob"}));
}

TEST_F(ListenerTest, MappingsEndOnTheListenersClock) {
  ListenerOptions options = on_udp();
  options.clock_speed = {100'000, 1};
  options.mapping_timeout = minutes{45};  // 27 ms of real time
  options.stop_after_idle = milliseconds{200};
  options.mappings_file = path("mappings");
  Running listener(options);
  udp_to(listener.ports().udp.at(0)).send(heartbeat("anna", "10.1.0.1"));
  const ListenerResult result = listener.wait();
  EXPECT_EQ(result.mapped, 1U);
  EXPECT_EQ(result.mappings.size(), 0U);
  EXPECT_GE(result.ended, std::chrono::hours{5});
  EXPECT_TRUE(content(path("mappings")).ends_with("-\nTotal: 0 users\n"));
}

TEST_F(ListenerTest, TheMappingsFileIsTheFirewallsTable) {
  ListenerOptions options = on_udp();
  options.stop_after_count = 1;
  options.mappings_file = path("mappings");
  Running listener(options);
  udp_to(listener.ports().udp.at(0)).send(heartbeat("anna", "10.1.0.1"));
  const ListenerResult result = listener.wait();
  ASSERT_EQ(result.mappings.size(), 1U);
  EXPECT_EQ(result.mappings[0].expires - result.mappings[0].confirmed, minutes{45});
  const std::string text = content(path("mappings"));
  EXPECT_NE(text.find("\n10.1.0.1                                      vsys1  SYSLOG  anna    "),
            std::string::npos)
      << text;
}

TEST_F(ListenerTest, StopsAfterADuration) {
  ListenerOptions options = on_udp();
  options.stop_after_duration = milliseconds{100};
  Running listener(options);
  const ListenerResult result = listener.wait();
  EXPECT_EQ(result.messages, 0U);
  EXPECT_EQ(result.signal, 0);
  EXPECT_GE(result.ended, milliseconds{100});
  EXPECT_LT(result.ended, kDeadline);
}

TEST_F(ListenerTest, IdleTimeCountsFromTheFirstMessage) {
  ListenerOptions options = on_udp();
  options.stop_after_idle = milliseconds{1};
  options.stop_after_duration = milliseconds{400};
  Running listener(options);
  // Nothing was sent: the idle time never began, and the duration ended it.
  EXPECT_GE(listener.wait().ended, milliseconds{400});
}

TEST_F(ListenerTest, SignalsStopIt) {
  for (const int signal : {SIGTERM, SIGINT}) {
    Running listener(on_udp());
    ASSERT_EQ(std::raise(signal), 0);
    const ListenerResult result = listener.wait();
    EXPECT_EQ(result.signal, signal);
    EXPECT_LT(result.ended, kDeadline);
  }
}

TEST_F(ListenerTest, WhatTheSocketsHoldAtTheStopIsStillRead) {
  ListenerOptions options = on_tls();
  options.tcp = {{}};
  options.follow = true;
  std::promise<void> sent;
  std::promise<void> reached;
  std::shared_future<void> all_sent = sent.get_future().share();
  bool first = true;
  Running listener(options, [&](const Mapping&) {
    if (!std::exchange(first, false)) return;
    reached.set_value();
    // The listener stands still here while everything arrives, the signal too.
    EXPECT_EQ(all_sent.wait_for(kDeadline), std::future_status::ready);
  });
  const Client open_before = tcp_to(listener.ports().tcp.at(0));
  TlsClient tls(listener.ports().tls.at(0));
  ASSERT_TRUE(tls.connected());
  const Client udp = udp_to(listener.ports().udp.at(0));
  udp.send(heartbeat("first", "10.1.0.1"));
  ASSERT_EQ(reached.get_future().wait_for(kDeadline), std::future_status::ready);
  ASSERT_EQ(std::raise(SIGTERM), 0);
  for (int i = 0; i < 100; ++i) udp.send("datagram");
  std::string stream;
  for (int i = 0; i < 2000; ++i) stream += "<1>line\n";
  open_before.send(stream);
  tls.send(stream);
  // In the queue, not even accepted.
  const Client waiting = tcp_to(listener.ports().tcp.at(0));
  waiting.send(stream);
  sent.set_value();
  const ListenerResult result = listener.wait();
  EXPECT_EQ(result.signal, SIGTERM);
  EXPECT_EQ(result.messages, 1U + 100U + 3U * 2000U);
  // The stop is said to the peers: FIN, and close_notify over TLS.
  EXPECT_EQ(open_before.wait_for_end(), 0);
  EXPECT_EQ(tls.read_error(), SSL_ERROR_ZERO_RETURN);
}

TEST_F(ListenerTest, DatagramsTheKernelDropsAreCounted) {
  ListenerOptions options = on_tcp();
  options.udp_buffer_bytes = 20'000;
  options.follow = true;
  std::promise<void> sent;
  std::promise<void> reached;
  std::shared_future<void> all_sent = sent.get_future().share();
  Running listener(options, [&](const Mapping&) {
    reached.set_value();
    EXPECT_EQ(all_sent.wait_for(kDeadline), std::future_status::ready);
  });
  const Client udp = udp_to(listener.ports().udp.at(0));
  udp.send(heartbeat("first", "10.1.0.1"));
  ASSERT_EQ(reached.get_future().wait_for(kDeadline), std::future_status::ready);
  constexpr std::uint64_t kSent = 1000;
  for (std::uint64_t i = 0; i < kSent; ++i) udp.send(std::string(300, 'x'));
  sent.set_value();
  ASSERT_EQ(std::raise(SIGTERM), 0);
  const ListenerResult result = listener.wait();
  EXPECT_GT(result.kernel_drops, 0U);
  EXPECT_EQ(result.messages + result.kernel_drops, 1 + kSent);
  EXPECT_LE(result.udp_buffer_bytes, 40'000U);
}

TEST_F(ListenerTest, TheReadyFileTellsTheRealPorts) {
  ListenerOptions options = on_tls();
  options.udp = {{}, {"::1", 0}};
  options.ready_file = path("ready.json");
  options.stop_after_count = 1;
  Running listener(options);
  const ListenerPorts& ports = listener.ports();
  EXPECT_EQ(content(path("ready.json")),
            fmt::format("{{\"udp\":[{},{}],\"tcp\":[],\"tls\":[{}]}}\n", ports.udp.at(0),
                        ports.udp.at(1), ports.tls.at(0)));
  udp_to(ports.udp[0]).send("last");
  listener.wait();
  std::vector<std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(folder_)) {
    files.push_back(file.path().filename());
  }
  EXPECT_EQ(files, std::vector<std::string>{"ready.json"});
}

TEST_F(ListenerTest, AFileThatCannotBeWrittenInFullIsAnErrorBesideTheResult) {
  ListenerOptions options = on_udp();
  options.received_file = "/dev/full";
  options.stop_after_count = 1;
  Running listener(options);
  udp_to(listener.ports().udp.at(0)).send("12345");
  EXPECT_EQ(listener.wait().messages, 1U);
  EXPECT_EQ(listener.messages(),
            "/dev/full: error: the received messages are incomplete: No space left on device (6 "
            "bytes were not written)\n"
            "hint: nothing can be proved with this file\n");
}

TEST_F(ListenerTest, AFileThatIsReplacedIsMentioned) {
  std::ofstream(path("received")) << "old";
  ListenerOptions options = on_udp();
  options.received_file = path("received");
  options.stop_after_count = 1;
  Running listener(options);
  udp_to(listener.ports().udp.at(0)).send("new");
  listener.wait();
  EXPECT_EQ(content(path("received")), "new\n");
  EXPECT_EQ(
      listener.messages(),
      path("received") + ": warning: the received messages: the file existed and is replaced\n");
}

TEST_F(ListenerTest, EverythingThatCannotBeOpenedIsReportedAtOnce) {
  // A port in use, on purpose.
  Running other(on_tcp());
  ListenerOptions options;
  options.udp = {{"127.0.0.1", other.ports().udp.at(0)}, {"firewall", 514}};
  options.tcp = {{"127.0.0.1", other.ports().tcp.at(0)}, {"203.0.113.7", 1514}};
  options.tls = {{}};
  options.ready_file = path("no/such/folder/ready.json");
  EXPECT_EQ(errors_of(options),
            fmt::format("error: a TLS port needs a certificate and its key\n"
                        "hint: give both files: --tls-cert server.pem --tls-key server.key\n"
                        "error: cannot listen on udp 127.0.0.1:{}: Address already in use\n"
                        "hint: another program listens there: choose another port, or 0 for a free "
                        "one\n"
                        "error: cannot listen on udp firewall:514: 'firewall' is not an address\n"
                        "hint: write 127.0.0.1, 0.0.0.0 for all of IPv4, [::1], or [::] for all of "
                        "IPv6\n"
                        "error: cannot listen on tcp 127.0.0.1:{}: Address already in use\n"
                        "hint: another program listens there: choose another port, or 0 for a free "
                        "one\n"
                        "error: cannot listen on tcp 203.0.113.7:1514: Cannot assign requested "
                        "address\n"
                        "hint: this machine does not have that address\n",
                        other.ports().udp[0], other.ports().tcp[0]));
  ASSERT_EQ(std::raise(SIGTERM), 0);
  other.wait();
}

TEST_F(ListenerTest, NothingToListenOnIsAnError) {
  EXPECT_EQ(errors_of({}),
            "error: there is nothing to listen on\n"
            "hint: give at least one of --udp, --tcp and --tls, for instance --udp :5514\n");
}

TEST_F(ListenerTest, ATimeoutOfNothingIsAnError) {
  ListenerOptions options = on_udp();
  options.mapping_timeout = nanoseconds{0};
  EXPECT_EQ(errors_of(options),
            "error: the mapping timeout is 0: no mapping would ever be seen\n"
            "hint: leave it out for 45m, or give at least 1s\n");
}

TEST_F(ListenerTest, FilesThatCannotBeOpenedAreErrors) {
  ListenerOptions options = on_udp();
  options.received_file = path("no/received");
  EXPECT_EQ(errors_of(options),
            "DIR/no/received: error: the received messages cannot be written: No such file or "
            "directory\n");
  options = on_udp();
  options.mappings_file = folder_;
  EXPECT_EQ(errors_of(options), "DIR: error: the mappings cannot be written: Is a directory\n");
  options = on_udp();
  options.ready_file = path("no/ready");
  EXPECT_EQ(errors_of(options),
            "DIR/no/ready: error: the ready file cannot be written: No such file or directory\n");
}

TEST_F(ListenerTest, TlsFilesThatDoNotFitAreErrors) {
  ListenerOptions options = on_tls();
  options.tls_cert_file = path("missing.pem");
  EXPECT_EQ(errors_of(options),
            "DIR/missing.pem: error: cannot be used as the TLS certificate: No such file or "
            "directory\n"
            "hint: a PEM file: the server's certificate, then those that signed it\n");
  options = on_tls();
  options.tls_key_file = test_pki() + "/client.key";
  EXPECT_EQ(errors_of(options),
            test_pki() +
                "/client.key: error: cannot be used as the TLS key: key values mismatch "
                "(x509 certificate routines)\n"
                "hint: a PEM file, not encrypted, that belongs to the certificate\n");
}

}  // namespace
}  // namespace esm
