#include "tests/support/test_receiver.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sender/base/ip_address.h"
#include "sender/base/socket_address.h"

#include "tests/support/test_pki.h"

namespace esm::test {
namespace {

void set_deadline(int fd) {
  const timeval limit{kDeadline.count(), 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

std::uint16_t port_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

// A socket bound to a free port of `host`.
int bound_socket(int type, const std::string& host) {
  const IpAddress address = IpAddress::parse(host).value();
  const int fd = ::socket(address.is_v6() ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0);
  EXPECT_GE(fd, 0);
  const SocketAddress where = socket_address(address, 0);
  EXPECT_EQ(::bind(fd, where.get(), where.size), 0) << std::strerror(errno);
  set_deadline(fd);
  return fd;
}

}  // namespace

Peer::Peer(int fd) : fd_(fd) { set_deadline(fd); }
Peer::~Peer() { close(); }

std::string Peer::read_some(std::size_t size) {
  std::string bytes(size, '\0');
  ssize_t got = 0;
  do {
    got = ::recv(fd_, bytes.data(), size, 0);
  } while (got < 0 && errno == EINTR);
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

std::string Peer::read(std::size_t size) {
  std::string bytes;
  while (bytes.size() < size) {
    const std::string more = read_some(size - bytes.size());
    if (more.empty()) break;
    bytes += more;
  }
  return bytes;
}

std::string Peer::read_to_end() {
  std::string bytes;
  while (true) {
    const std::string more = read_some();
    if (more.empty()) return bytes;
    bytes += more;
  }
}

void Peer::send(const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t now = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (now < 0) return;  // the client has gone
    sent += static_cast<std::size_t>(now);
  }
}

void Peer::shut_down() { ::shutdown(fd_, SHUT_WR); }

void Peer::reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

void Peer::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

TlsServer::TlsServer(const Options& options) : context_(SSL_CTX_new(TLS_server_method())) {
  const std::string pki = test_pki();
  SSL_CTX* const context = context_.get();
  // What the client refuses is the test's question, not what this server would like.
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_min_proto_version(context, options.min_version);
  SSL_CTX_set_max_proto_version(context, options.max_version);
  SSL_CTX_set_num_tickets(context, options.tickets);
  const std::string ciphers = options.ciphers.empty() ? "ALL:@SECLEVEL=0" : options.ciphers;
  EXPECT_EQ(SSL_CTX_set_cipher_list(context, ciphers.c_str()), 1);
  const std::string base = pki + "/" + options.certificate;
  EXPECT_EQ(SSL_CTX_use_certificate_chain_file(context, (base + ".pem").c_str()), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey_file(context, (base + ".key").c_str(), SSL_FILETYPE_PEM), 1);
  if (options.ask_for_certificate) {
    EXPECT_EQ(SSL_CTX_load_verify_file(context, (pki + "/ca.pem").c_str()), 1);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
}

TlsPeer::TlsPeer(const TlsServer& server, Peer& peer) : ssl_(SSL_new(server.context())) {
  SSL_set_fd(ssl_.get(), peer.fd());
}

bool TlsPeer::handshake() {
  ERR_clear_error();
  return SSL_accept(ssl_.get()) == 1;
}

std::string TlsPeer::read_some() {
  std::string bytes(16'384, '\0');
  std::size_t size = 0;
  ERR_clear_error();
  if (SSL_read_ex(ssl_.get(), bytes.data(), bytes.size(), &size) != 1) size = 0;
  bytes.resize(size);
  return bytes;
}

std::string TlsPeer::read(std::size_t size) {
  std::string bytes;
  while (bytes.size() < size) {
    const std::string more = read_some();
    if (more.empty()) break;
    bytes += more;
  }
  return bytes;
}

std::string TlsPeer::read_to_end() {
  std::string bytes;
  while (true) {
    const std::string more = read_some();
    if (more.empty()) return bytes;
    bytes += more;
  }
}

bool TlsPeer::got_close_notify() const {
  return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

void TlsPeer::send_close_notify() {
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
}

std::string TlsPeer::server_name() const {
  const char* const name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
  return name != nullptr ? name : "";
}

std::string TlsPeer::client_subject() const {
  const X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr) return "";
  char* const text = X509_NAME_oneline(X509_get_subject_name(certificate), nullptr, 0);
  std::string subject = text;
  OPENSSL_free(text);
  return subject;
}

TcpReceiver::TcpReceiver(Talk talk, const std::string& host)
    : talk_(std::move(talk)), fd_(bound_socket(SOCK_STREAM, host)), port_(port_of(fd_)) {
  EXPECT_EQ(::listen(fd_, 64), 0);
  acceptor_ = std::thread([this] { accept_all(); });
}

TcpReceiver::~TcpReceiver() {
  stopping_ = true;
  ::shutdown(fd_, SHUT_RDWR);  // ends accept()
  acceptor_.join();
  for (std::thread& one : conversations_) one.join();
  ::close(fd_);
}

void TcpReceiver::accept_all() {
  while (!stopping_) {
    const int connection = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) {
      if (errno == EINTR || errno == EAGAIN) continue;
      return;
    }
    ++accepted_;
    conversations_.emplace_back([this, connection] {
      Peer peer(connection);
      talk_(peer);
    });
  }
}

UdpReceiver::UdpReceiver(const std::string& host)
    : fd_(bound_socket(SOCK_DGRAM, host)), port_(port_of(fd_)) {
  const int wanted = 8 << 20;
  if (::setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted) != 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
  }
}

UdpReceiver::~UdpReceiver() { ::close(fd_); }

void UdpReceiver::ask_for_ip_options() {
  const int yes = 1;
  for (const int name : {IP_RECVTTL, IP_RECVTOS}) {
    ::setsockopt(fd_, IPPROTO_IP, name, &yes, sizeof yes);
  }
  for (const int name : {IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS}) {
    ::setsockopt(fd_, IPPROTO_IPV6, name, &yes, sizeof yes);  // fails on an IPv4 socket
  }
}

std::vector<std::string> UdpReceiver::receive(std::size_t count) {
  std::vector<std::string> datagrams;
  while (datagrams.size() < count) {
    std::string bytes(65'536, '\0');
    sockaddr_storage from{};
    alignas(cmsghdr) std::array<char, 256> control{};
    iovec vector{bytes.data(), bytes.size()};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(fd_, &message, 0);
    if (got < 0) {
      ADD_FAILURE() << "datagram " << datagrams.size()
                    << " does not come: " << std::strerror(errno);
      break;
    }
    bytes.resize(static_cast<std::size_t>(got));
    datagrams.push_back(std::move(bytes));
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
      const bool v6 = part->cmsg_level == IPPROTO_IPV6;
      // A byte where it is IPv4's class of service, an int elsewhere (little-endian).
      int value = 0;
      std::memcpy(&value, CMSG_DATA(part), std::min(sizeof value, part->cmsg_len - CMSG_LEN(0)));
      if (part->cmsg_type == (v6 ? IPV6_HOPLIMIT : IP_TTL)) hops_ = value;
      if (part->cmsg_type == (v6 ? IPV6_TCLASS : IP_TOS)) traffic_class_ = value;
    }
    sender_ = ip_address_of(*reinterpret_cast<const sockaddr*>(&from)).to_string();
  }
  return datagrams;
}

// Bound and not listening: TCP refuses. A UDP socket takes what comes unless it is connected
// elsewhere; then it is as good as closed for all others.
ClosedPort::ClosedPort(int type) : fd_(bound_socket(type, "127.0.0.1")), port_(port_of(fd_)) {
  if (type == SOCK_DGRAM) {
    const SocketAddress nobody = socket_address(IpAddress::parse("127.0.0.1").value(), 1);
    EXPECT_EQ(::connect(fd_, nobody.get(), nobody.size), 0);
  }
}
ClosedPort::~ClosedPort() { ::close(fd_); }

BlackHole::BlackHole() : fd_(bound_socket(SOCK_STREAM, "127.0.0.1")), port_(port_of(fd_)) {
  EXPECT_EQ(::listen(fd_, 0), 0);
  const SocketAddress where = socket_address(IpAddress::parse("127.0.0.1").value(), port_);
  // Connections are made until one is not answered at once.
  for (int i = 0; i < 8; ++i) {
    const int filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    fillers_.push_back(filler);
    ::connect(filler, where.get(), where.size);
    pollfd poll{filler, POLLOUT, 0};
    if (::poll(&poll, 1, 200) == 0) return;
  }
  ADD_FAILURE() << "the queue does not fill";
}

BlackHole::~BlackHole() {
  for (const int filler : fillers_) ::close(filler);
  ::close(fd_);
}

}  // namespace esm::test
