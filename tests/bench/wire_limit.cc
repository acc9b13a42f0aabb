// The limits of the machine that scripts/bench compares us with: the same bytes over and over by
// the fewest system calls there are, and a receiver that only counts. Loopback only, bounded in
// time.
//
//   wire_limit send udp|udp-gso|tcp|tls PORT SIZE MILLISECONDS [THREADS]
//       each thread with a socket of its own; prints {"messages":…,"seconds":…}
//   wire_limit receive udp|udp-default|tcp|tls READY_FILE [CERT KEY]
//       counts until SIGTERM, prints {"messages":…,"bytes":…,"seconds":…} (first byte to last);
//       udp-default has the receive buffer that a program gets which asks for none
//   wire_limit ignore udp READY_FILE
//       a socket that nobody reads
//   wire_limit standstill MILLISECONDS
//       a thread on each processor that only looks at the clock; prints how long one of them was
//       not run at the longest, by whatever else the machine or its host had to do:
//       {"seconds":…}
//
// Sizes are of a message without its LF. The receiver's "messages" are datagrams, on streams 0.
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kDatagramsPerCall = 64;
constexpr std::size_t kTcpWriteBytes = 64 * 1024;
constexpr std::size_t kTlsWriteBytes = 16 * 1024;  // one full record
constexpr int kReceiveBufferBytes = 4 << 20;

volatile std::sig_atomic_t stop_requested = 0;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "wire_limit: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

int check(int result, const char* what) {
  if (result < 0) fail(what);
  return result;
}

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

int connected(int type, std::uint16_t port) {
  const int fd = check(socket(AF_INET, type | SOCK_CLOEXEC, 0), "socket");
  const sockaddr_in address = loopback(port);
  check(connect(fd, generic(address), sizeof address), "connect");
  return fd;
}

struct Sent {
  std::uint64_t messages = 0;
  double seconds = 0;
};

Sent send_udp(int fd, std::size_t size, std::chrono::milliseconds duration) {
  std::string message(size, 'x');
  iovec part{message.data(), message.size()};
  std::array<mmsghdr, kDatagramsPerCall> headers{};
  for (mmsghdr& header : headers) {
    header.msg_hdr.msg_iov = &part;
    header.msg_hdr.msg_iovlen = 1;
  }
  Sent sent;
  const auto start = SteadyClock::now();
  while (SteadyClock::now() - start < duration) {
    const int count = sendmmsg(fd, headers.data(), headers.size(), MSG_NOSIGNAL);
    if (count < 0 && (errno == ENOBUFS || errno == EINTR)) continue;
    sent.messages += static_cast<std::uint64_t>(check(count, "sendmmsg"));
  }
  sent.seconds = seconds_since(start);
  return sent;
}

// Four groups of 64 datagrams a call, each group one piece of memory that the kernel cuts.
Sent send_udp_gso(int fd, std::size_t size, std::chrono::milliseconds duration) {
  const std::size_t pieces = std::min<std::size_t>(64, 65'000 / size);
  std::string group(size * pieces, 'x');
  const int length = static_cast<int>(size);
  check(setsockopt(fd, SOL_UDP, UDP_SEGMENT, &length, sizeof length), "UDP_SEGMENT");
  iovec part{group.data(), group.size()};
  std::array<mmsghdr, 4> headers{};
  for (mmsghdr& header : headers) {
    header.msg_hdr.msg_iov = &part;
    header.msg_hdr.msg_iovlen = 1;
  }
  Sent sent;
  const auto start = SteadyClock::now();
  while (SteadyClock::now() - start < duration) {
    const int count = sendmmsg(fd, headers.data(), headers.size(), MSG_NOSIGNAL);
    if (count < 0 && (errno == ENOBUFS || errno == EINTR)) continue;
    sent.messages += static_cast<std::uint64_t>(check(count, "sendmmsg")) * pieces;
  }
  sent.seconds = seconds_since(start);
  return sent;
}

// Messages of `size` bytes and an LF, as many as begin within `bytes`; at least one.
std::string stream_block(std::size_t size, std::size_t bytes, std::size_t& messages) {
  std::string block;
  messages = std::max<std::size_t>(1, bytes / (size + 1));
  for (std::size_t i = 0; i < messages; ++i) block += std::string(size, 'x') + "\n";
  return block;
}

Sent send_tcp(int fd, std::size_t size, std::chrono::milliseconds duration) {
  std::size_t per_block = 0;
  const std::string block = stream_block(size, kTcpWriteBytes, per_block);
  Sent sent;
  const auto start = SteadyClock::now();
  while (SteadyClock::now() - start < duration) {
    for (std::string_view rest = block; !rest.empty();) {
      const ssize_t written = send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (written < 0) fail("send");
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
    sent.messages += per_block;
  }
  sent.seconds = seconds_since(start);
  return sent;
}

Sent send_tls(int fd, std::size_t size, std::chrono::milliseconds duration) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, fd);
  if (SSL_connect(ssl) != 1) fail("TLS handshake");
  std::size_t per_block = 0;
  const std::string block = stream_block(size, kTlsWriteBytes, per_block);
  Sent sent;
  const auto start = SteadyClock::now();
  while (SteadyClock::now() - start < duration) {
    if (SSL_write(ssl, block.data(), static_cast<int>(block.size())) <= 0) fail("SSL_write");
    sent.messages += per_block;
  }
  sent.seconds = seconds_since(start);
  SSL_shutdown(ssl);
  SSL_free(ssl);
  SSL_CTX_free(context);
  return sent;
}

int bound(int type, bool large_buffer) {
  const int fd = check(socket(AF_INET, type | SOCK_CLOEXEC, 0), "socket");
  // As large as is allowed: more than net.core.rmem_max only for root.
  if (large_buffer &&
      setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBufferBytes, sizeof(int)) != 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBufferBytes, sizeof(int));
  }
  const sockaddr_in address = loopback(0);
  check(bind(fd, generic(address), sizeof address), "bind");
  return fd;
}

// The port goes into `path` whole, so that whoever waits for the file never reads half of it.
void announce(int fd, const char* path) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  check(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length), "getsockname");
  const std::string part = std::string(path) + ".part";
  std::FILE* file = std::fopen(part.c_str(), "w");
  if (file == nullptr) fail(path);
  std::fprintf(file, "%d\n", ntohs(address.sin_port));
  if (std::fclose(file) != 0 || std::rename(part.c_str(), path) != 0) fail(path);
}

struct Received {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  SteadyClock::time_point first{}, last{};

  void note(std::uint64_t more_messages, std::uint64_t more_bytes) {
    last = SteadyClock::now();
    if (bytes == 0) first = last;
    messages += more_messages;
    bytes += more_bytes;
  }
  void add(const Received& other) {
    if (other.bytes == 0) return;
    first = bytes == 0 ? other.first : std::min(first, other.first);
    last = std::max(last, other.last);
    messages += other.messages;
    bytes += other.bytes;
  }
  void print() const {
    std::printf("{\"messages\":%llu,\"bytes\":%llu,\"seconds\":%.9f}\n",
                static_cast<unsigned long long>(messages), static_cast<unsigned long long>(bytes),
                std::chrono::duration<double>(last - first).count());
  }
};

bool readable(int fd) {
  pollfd waiting{fd, POLLIN, 0};
  return poll(&waiting, 1, 100) > 0;
}

void receive_udp(int fd, Received& received) {
  constexpr std::size_t kBytes = 2048;
  std::vector<char> memory(kDatagramsPerCall * kBytes);
  std::array<iovec, kDatagramsPerCall> parts{};
  std::array<mmsghdr, kDatagramsPerCall> headers{};
  for (std::size_t i = 0; i < kDatagramsPerCall; ++i) {
    parts[i] = {memory.data() + i * kBytes, kBytes};
    headers[i].msg_hdr.msg_iov = &parts[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  while (stop_requested == 0) {
    const int count = recvmmsg(fd, headers.data(), headers.size(), MSG_DONTWAIT, nullptr);
    if (count < 0) {
      if (errno == EAGAIN || errno == EINTR) {
        readable(fd);
        continue;
      }
      fail("recvmmsg");
    }
    std::uint64_t bytes = 0;
    for (int i = 0; i < count; ++i) bytes += headers[static_cast<std::size_t>(i)].msg_len;
    received.note(static_cast<std::uint64_t>(count), bytes);
  }
}

// One connection to its end.
void receive_connection(int fd, SSL_CTX* context, Received& received) {
  std::vector<char> buffer(128 * 1024);
  SSL* ssl = nullptr;
  bool open = true;
  if (context != nullptr) {
    ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    open = SSL_accept(ssl) == 1;
  }
  while (open && stop_requested == 0) {
    const bool waiting = ssl != nullptr && SSL_pending(ssl) > 0;
    if (!waiting && !readable(fd)) continue;
    const ssize_t size = ssl != nullptr
                             ? SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()))
                             : recv(fd, buffer.data(), buffer.size(), 0);
    if (size <= 0) {
      open = false;
    } else {
      received.note(0, static_cast<std::uint64_t>(size));
    }
  }
  if (ssl != nullptr) {
    SSL_shutdown(ssl);
    SSL_free(ssl);
  }
  close(fd);
}

// Each connection in a thread of its own.
Received receive_stream(int listening, SSL_CTX* context) {
  std::vector<std::thread> threads;
  std::vector<std::unique_ptr<Received>> parts;
  while (stop_requested == 0) {
    if (!readable(listening)) continue;
    const int fd = accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    parts.push_back(std::make_unique<Received>());
    threads.emplace_back(receive_connection, fd, context, std::ref(*parts.back()));
  }
  Received all;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    threads[i].join();
    all.add(*parts[i]);
  }
  return all;
}

Sent send_one(std::string_view way, std::uint16_t port, std::size_t size,
              std::chrono::milliseconds duration) {
  const bool udp = way.starts_with("udp");
  const int fd = connected(udp ? SOCK_DGRAM : SOCK_STREAM, port);
  const Sent sent = way == "udp"       ? send_udp(fd, size, duration)
                    : way == "udp-gso" ? send_udp_gso(fd, size, duration)
                    : way == "tcp"     ? send_tcp(fd, size, duration)
                                       : send_tls(fd, size, duration);
  close(fd);
  return sent;
}

int send_verb(std::string_view way, int count, char** words) {
  const auto port = static_cast<std::uint16_t>(std::atoi(words[0]));
  const auto size = static_cast<std::size_t>(std::atoi(words[1]));
  const std::chrono::milliseconds duration{std::atoi(words[2])};
  std::vector<Sent> sent(
      static_cast<std::size_t>(count > 3 ? std::max(1, std::atoi(words[3])) : 1));
  std::vector<std::thread> threads;
  for (Sent& one : sent) {
    threads.emplace_back(
        [&one, way, port, size, duration] { one = send_one(way, port, size, duration); });
  }
  Sent all;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    threads[i].join();
    all.messages += sent[i].messages;
    all.seconds = std::max(all.seconds, sent[i].seconds);
  }
  std::printf("{\"messages\":%llu,\"seconds\":%.9f}\n",
              static_cast<unsigned long long>(all.messages), all.seconds);
  return 0;
}

int receive_verb(std::string_view way, int count, char** words) {
  Received received;
  const bool udp = way.starts_with("udp");
  const int fd = bound(udp ? SOCK_DGRAM : SOCK_STREAM, way != "udp-default");
  SSL_CTX* context = nullptr;
  if (way == "tls") {
    if (count < 3) return 2;
    context = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(context, words[1]) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, words[2], SSL_FILETYPE_PEM) != 1) {
      errno = EINVAL;
      fail("certificate or key");
    }
  }
  if (!udp) check(listen(fd, 4096), "listen");
  announce(fd, words[0]);
  if (udp) {
    receive_udp(fd, received);
  } else {
    received = receive_stream(fd, context);
  }
  SSL_CTX_free(context);
  received.print();
  return 0;
}

int ignore_verb(char** words) {
  const int fd = bound(SOCK_DGRAM, false);
  const int small = 1;  // full at once
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  announce(fd, words[0]);
  while (stop_requested == 0) poll(nullptr, 0, 100);
  return 0;
}

// Longest stretch between two looks at the clock.
double longest_gap(unsigned processor, std::chrono::milliseconds duration) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(processor, &only);
  // One that is not ours is looked at from another.
  pthread_setaffinity_np(pthread_self(), sizeof only, &only);
  SteadyClock::duration longest{};
  const auto end = SteadyClock::now() + duration;
  for (auto last = SteadyClock::now(); last < end && stop_requested == 0;) {
    const auto now = SteadyClock::now();
    longest = std::max(longest, now - last);
    last = now;
  }
  return std::chrono::duration<double>(longest).count();
}

int standstill_verb(std::chrono::milliseconds duration) {
  std::vector<double> longest(std::max(1U, std::thread::hardware_concurrency()));
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < longest.size(); ++i) {
    threads.emplace_back([&longest, i, duration] { longest[i] = longest_gap(i, duration); });
  }
  for (std::thread& thread : threads) thread.join();
  std::printf("{\"seconds\":%.9f}\n", *std::max_element(longest.begin(), longest.end()));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  struct sigaction stop {};
  stop.sa_handler = [](int) { stop_requested = 1; };
  sigaction(SIGTERM, &stop, nullptr);
  const std::string_view verb = argc > 1 ? argv[1] : "";
  const std::string_view way = argc > 2 ? argv[2] : "";
  const bool common = way == "udp" || way == "tcp" || way == "tls";
  if (common || way == "udp-gso" || way == "udp-default") {
    if (verb == "send" && argc >= 6 && way != "udp-default") {
      return send_verb(way, argc - 3, argv + 3);
    }
    if (verb == "receive" && argc >= 4 && way != "udp-gso")
      return receive_verb(way, argc - 3, argv + 3);
    if (verb == "ignore" && way == "udp" && argc == 4) return ignore_verb(argv + 3);
  }
  if (verb == "standstill" && argc == 3) {
    return standstill_verb(std::chrono::milliseconds{std::atoi(argv[2])});
  }
  std::fputs("wire_limit: see the head of tests/bench/wire_limit.cc\n", stderr);
  return 2;
}
