// A receiver whose every move a test decides: real sockets on loopback, plain blocking calls, each
// connection in a thread of its own. Nothing waits for longer than kDeadline.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <openssl/ssl.h>

namespace esm::test {

inline constexpr std::chrono::seconds kDeadline{20};

// The receiver's end of a connection.
class Peer {
 public:
  explicit Peer(int fd);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  int fd() const { return fd_; }
  // At least one byte, at most `size`; "" at the end or an error.
  std::string read_some(std::size_t size = 65'536);
  // Exactly so many, fewer at the end.
  std::string read(std::size_t size);
  std::string read_to_end();
  void send(const std::string& bytes);
  // Our FIN; reading goes on.
  void shut_down();
  // RST.
  void reset();
  void close();

 private:
  int fd_;
};

// TLS over it, as a server.
class TlsServer {
 public:
  struct Options {
    std::string certificate = "server";  // of the test PKI
    bool ask_for_certificate = false;    // demands one signed by ca.pem
    int min_version = TLS1_VERSION;
    int max_version = TLS1_3_VERSION;
    std::string ciphers{};    // TLS 1.2; "" all
    std::size_t tickets = 0;  // TLS 1.3: after the handshake, to resume with
  };
  explicit TlsServer(const Options& options);
  SSL_CTX* context() const { return context_.get(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> context_;
};

class TlsPeer {
 public:
  TlsPeer(const TlsServer& server, Peer& peer);
  bool handshake();
  // "" at the end, however it comes.
  std::string read_some();
  std::string read(std::size_t size);
  std::string read_to_end();
  // The client's close_notify has come.
  bool got_close_notify() const;
  void send_close_notify();
  // The name that the client asked for (SNI); "" none.
  std::string server_name() const;
  std::string client_subject() const;
  SSL* get() const { return ssl_.get(); }

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  std::unique_ptr<SSL, Free> ssl_;
};

// Accepts on 127.0.0.1 (or ::1) and lets `talk` have each connection.
class TcpReceiver {
 public:
  using Talk = std::function<void(Peer&)>;
  explicit TcpReceiver(Talk talk, const std::string& host = "127.0.0.1");
  ~TcpReceiver();  // after all conversations
  std::uint16_t port() const { return port_; }
  int accepted() const { return accepted_; }

 private:
  void accept_all();

  Talk talk_;
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> accepted_ = 0;
  std::thread acceptor_;
  std::vector<std::thread> conversations_;
};

// A bound UDP socket.
class UdpReceiver {
 public:
  explicit UdpReceiver(const std::string& host = "127.0.0.1");
  ~UdpReceiver();
  std::uint16_t port() const { return port_; }
  // The next `count` datagrams; fewer when they do not come.
  std::vector<std::string> receive(std::size_t count);
  // Where the last one came from: "127.0.0.2".
  const std::string& sender() const { return sender_; }
  // From here on the next two are known of the last one; -1: unknown.
  void ask_for_ip_options();
  int hops() const { return hops_; }
  int traffic_class() const { return traffic_class_; }

 private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::string sender_;
  int hops_ = -1;
  int traffic_class_ = -1;
};

// A port of 127.0.0.1 where nobody listens, kept from others while this lives. UDP answers with
// ICMP, TCP with RST.
class ClosedPort {
 public:
  explicit ClosedPort(int type);
  ~ClosedPort();
  std::uint16_t port() const { return port_; }

 private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
};

// A TCP port that answers nothing: its queue is full, so that the kernel drops every SYN.
class BlackHole {
 public:
  BlackHole();
  ~BlackHole();
  std::uint16_t port() const { return port_; }

 private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::vector<int> fillers_;
};

}  // namespace esm::test
