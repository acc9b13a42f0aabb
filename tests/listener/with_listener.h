// A listener in a thread, raw clients that speak to it, and what they need.
#pragma once

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sender/listener/listener.h"

#include "tests/support/test_pki.h"

namespace esm {

constexpr std::chrono::seconds kDeadline{30};

inline Profile kb_profile() {
  Profile profile;
  profile.identifier =
      RegexIdentifier{"Service is alive", "duser=([a-zA-Z0-9\\_]+)", "dst=([A-F0-9a-f:.]+)"};
  return profile;
}

inline std::string heartbeat(const std::string& user, const std::string& address) {
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

inline Client udp_to(std::uint16_t port) { return Client(SOCK_DGRAM, port); }
inline Client tcp_to(std::uint16_t port) { return Client(SOCK_STREAM, port); }

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

inline std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class WithListener : public testing::Test {
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

inline std::vector<std::string> shown(const std::vector<Mapping>& mappings) {
  std::vector<std::string> out;
  for (const Mapping& m : mappings) out.push_back(m.address.to_string() + " " + m.user);
  return out;
}

}  // namespace esm
