// What a listener does wrong on purpose.
#include "sender/listener/fault.h"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <fmt/format.h>

#include "tests/listener/with_listener.h"

namespace esm {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(ByteBudget, GathersAtItsSpeedAndKeepsWhatIsLessThanAByte) {
  ByteBudget budget(1000, nanoseconds{0});
  EXPECT_EQ(budget.available(nanoseconds{0}), 0U);
  EXPECT_EQ(budget.available(milliseconds{10}), 10U);
  budget.spend(10);
  // 1.5 ms each: a byte and a half.
  EXPECT_EQ(budget.available(nanoseconds{11'500'000}), 1U);
  EXPECT_EQ(budget.available(nanoseconds{13'000'000}), 3U);
}

TEST(ByteBudget, HoldsATenthOfASecondAtMostAndPaysItsDebts) {
  ByteBudget budget(1000, nanoseconds{0});
  EXPECT_EQ(budget.available(seconds{60}), 100U);
  budget.spend(150);
  EXPECT_EQ(budget.available(seconds{60} + milliseconds{50}), 0U);
  EXPECT_EQ(budget.available(seconds{60} + milliseconds{60}), 10U);
}

TEST(ByteBudget, AByteASecondIsOne) {
  ByteBudget budget(1, nanoseconds{0});
  EXPECT_EQ(budget.available(milliseconds{999}), 0U);
  EXPECT_EQ(budget.available(milliseconds{1000}), 1U);
}

using FaultTest = WithListener;

ListenerFault fault(ListenerFault::Kind kind, std::uint64_t after_messages = 0) {
  ListenerFault out;
  out.kind = kind;
  out.after_messages = after_messages;
  return out;
}

std::string lines(int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += heartbeat(fmt::format("u{}", i), "10.1.0.1") + "\n";
  return out;
}

TEST_F(FaultTest, ClosesAfterSoManyMessagesAndTakesNoneBeyond) {
  ListenerOptions options = on_tcp();
  options.fault = fault(ListenerFault::Kind::kClose, 3);
  options.stop_after_count = 7;
  Running listener(options);
  const Client first = tcp_to(listener.ports().tcp.at(0));
  first.send(lines(20));
  EXPECT_EQ(first.wait_for_end(), 0);
  // Every connection has it.
  const Client second = tcp_to(listener.ports().tcp.at(0));
  second.send(lines(2));
  second.send(lines(2));
  EXPECT_EQ(second.wait_for_end(), 0);
  udp_to(listener.ports().udp.at(0)).send("last");
  const ListenerResult result = listener.wait();
  EXPECT_EQ(result.messages, 7U);
  EXPECT_EQ(result.faults, 2U);
  EXPECT_EQ(result.connections_aborted, 0U);
  EXPECT_EQ(result.senders.at(0).connections_active, 0U);
}

TEST_F(FaultTest, ClosesTlsWithAGoodbye) {
  ListenerOptions options = on_tls();
  options.fault = fault(ListenerFault::Kind::kClose, 1);
  options.stop_after_count = 2;
  Running listener(options);
  TlsClient client(listener.ports().tls.at(0));
  ASSERT_TRUE(client.connected());
  client.send(lines(3));
  EXPECT_EQ(client.read_error(), SSL_ERROR_ZERO_RETURN);
  udp_to(listener.ports().udp.at(0)).send("last");
  EXPECT_EQ(listener.wait().messages, 2U);
}

TEST_F(FaultTest, ClosesAtOnceAfterNoMessages) {
  ListenerOptions options = on_tcp();
  options.fault = fault(ListenerFault::Kind::kClose);
  options.stop_after_count = 1;
  Running listener(options);
  EXPECT_EQ(tcp_to(listener.ports().tcp.at(0)).wait_for_end(), 0);
  udp_to(listener.ports().udp.at(0)).send("last");
  EXPECT_EQ(listener.wait().faults, 1U);
}

TEST_F(FaultTest, ResetsAfterSoManyMessages) {
  for (const bool tls : {false, true}) {
    ListenerOptions options = on_tls();
    options.tcp = {{}};
    options.fault = fault(ListenerFault::Kind::kReset, 2);
    options.stop_after_count = 3;
    Running listener(options);
    if (tls) {
      TlsClient client(listener.ports().tls.at(0));
      ASSERT_TRUE(client.connected());
      client.send(lines(2));
      EXPECT_EQ(client.raw().wait_for_end(), -1);
    } else {
      const Client client = tcp_to(listener.ports().tcp.at(0));
      client.send(lines(2));
      EXPECT_EQ(client.wait_for_end(), -1);
    }
    EXPECT_EQ(errno, ECONNRESET);
    udp_to(listener.ports().udp.at(0)).send("last");
    const ListenerResult result = listener.wait();
    EXPECT_EQ(result.messages, 3U) << (tls ? "TLS" : "TCP");
    EXPECT_EQ(result.faults, 1U);
  }
}

TEST_F(FaultTest, ConnectionsBeyondTheFirstAreWell) {
  ListenerOptions options = on_tcp();
  options.fault = fault(ListenerFault::Kind::kReset, 1);
  options.fault.connections_max = 1;
  options.stop_after_count = 4;
  Running listener(options);
  const Client first = tcp_to(listener.ports().tcp.at(0));
  first.send(lines(1));
  EXPECT_EQ(first.wait_for_end(), -1);
  tcp_to(listener.ports().tcp.at(0)).send(lines(3));
  const ListenerResult result = listener.wait();
  EXPECT_EQ(result.messages, 4U);
  EXPECT_EQ(result.faults, 1U);
}

TEST_F(FaultTest, AStalledConnectionFillsUpAndNothingMoreIsTaken) {
  ListenerOptions options = on_tls();
  options.tcp = {{}};
  options.fault = fault(ListenerFault::Kind::kStall, 2);
  Running listener(options);
  const Client client = tcp_to(listener.ports().tcp.at(0));
  const int buffer = 16 * 1024;
  ::setsockopt(client.fd(), SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  const std::string more = lines(100);
  // Until nothing is taken for half a second, which the small buffers bring about soon.
  const timeval patience{0, 500'000};
  ::setsockopt(client.fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  std::size_t sent = 0;
  ssize_t now = 0;
  while (sent < 64 * 1024 * 1024 &&
         (now = ::send(client.fd(), more.data(), more.size(), MSG_NOSIGNAL)) > 0) {
    sent += static_cast<std::size_t>(now);
  }
  EXPECT_EQ(now, -1);
  EXPECT_LT(sent, 4U * 1024 * 1024);
  ASSERT_EQ(std::raise(SIGTERM), 0);
  const ListenerResult result = listener.wait();
  EXPECT_EQ(result.messages, 2U);
  EXPECT_EQ(result.faults, 1U);
}

TEST_F(FaultTest, AStallMayEndAndNothingIsLost) {
  for (const bool tls : {false, true}) {
    ListenerOptions options = on_tls();
    options.tcp = {{}};
    options.fault = fault(ListenerFault::Kind::kStall, 2);
    options.fault.lasting = milliseconds{20};
    options.stop_after_count = 2002;
    options.received_file = path("received");
    Running listener(options);
    const std::string all = lines(2002);
    if (tls) {
      TlsClient client(listener.ports().tls.at(0));
      ASSERT_TRUE(client.connected());
      client.send(all);
      EXPECT_EQ(listener.wait().faults, 1U);
    } else {
      const Client client = tcp_to(listener.ports().tcp.at(0));
      client.send(all);
      EXPECT_EQ(listener.wait().faults, 1U);
    }
    EXPECT_EQ(content(path("received")), all) << (tls ? "TLS" : "TCP");
  }
}

TEST_F(FaultTest, ASlowListenerTakesItsTimeAndEverything) {
  for (const char* const kind : {"tcp", "tls", "udp"}) {
    ListenerOptions options = on_tls();
    options.tcp = {{}};
    options.fault = fault(ListenerFault::Kind::kSlow);
    options.fault.bytes_per_second = 20'000;
    options.stop_after_count = 30;
    options.received_file = path("received");
    Running listener(options);
    const std::string all = lines(30);
    std::optional<TlsClient> over_tls;
    const Client udp = udp_to(listener.ports().udp.at(0));
    const Client tcp = tcp_to(listener.ports().tcp.at(0));
    if (kind == std::string("udp")) {
      for (int i = 0; i < 30; ++i) {
        udp.send(heartbeat(fmt::format("u{}", i), "10.1.0.1"));
      }
    } else if (kind == std::string("tcp")) {
      tcp.send(all);
    } else {
      over_tls.emplace(listener.ports().tls.at(0));
      ASSERT_TRUE(over_tls->connected());
      over_tls->send(all);
    }
    const ListenerResult result = listener.wait();
    EXPECT_EQ(content(path("received")), all) << kind;
    // A tenth of a second's worth may come at once.
    EXPECT_GT(result.ended, milliseconds{static_cast<int>(all.size()) / 20 - 120}) << kind;
  }
}

// -1 and errno, or a connected socket.
int try_to_connect(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

TEST_F(FaultTest, ARefusingPortIsNotListenedOn) {
  ListenerOptions options = on_tcp();
  options.fault = fault(ListenerFault::Kind::kRefuse);
  options.stop_after_count = 1;
  Running listener(options);
  EXPECT_EQ(try_to_connect(listener.ports().tcp.at(0)), -1);
  EXPECT_EQ(errno, ECONNREFUSED);
  udp_to(listener.ports().udp.at(0)).send("last");  // UDP does not know of it
  EXPECT_EQ(listener.wait().faults, 1U);
}

TEST_F(FaultTest, RefusingMayEnd) {
  ListenerOptions options = on_tcp();
  options.fault = fault(ListenerFault::Kind::kRefuse);
  options.fault.lasting = milliseconds{20};
  options.stop_after_count = 1;
  Running listener(options);
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  int fd = -1;
  while (fd < 0 && std::chrono::steady_clock::now() < deadline) {
    fd = try_to_connect(listener.ports().tcp.at(0));
  }
  ASSERT_GE(fd, 0);
  const std::string line = lines(1);
  EXPECT_EQ(::send(fd, line.data(), line.size(), MSG_NOSIGNAL), static_cast<ssize_t>(line.size()));
  EXPECT_EQ(listener.wait().mapped, 1U);
  ::close(fd);
}

TEST_F(FaultTest, AStalledUdpPortLeavesTheRestToTheKernel) {
  ListenerOptions options = on_udp();
  options.fault = fault(ListenerFault::Kind::kStall, 2);
  options.udp_buffer_bytes = 20'000;
  options.follow = true;
  std::promise<void> second;
  int seen = 0;
  Running listener(options, [&](const Mapping&) {
    if (++seen == 2) second.set_value();
  });
  const Client udp = udp_to(listener.ports().udp.at(0));
  for (int i = 0; i < 1000; ++i) udp.send(heartbeat(fmt::format("u{}", i), "10.1.0.1"));
  ASSERT_EQ(second.get_future().wait_for(kDeadline), std::future_status::ready);
  ASSERT_EQ(std::raise(SIGTERM), 0);
  const ListenerResult result = listener.wait();
  EXPECT_EQ(result.messages, 2U);
  EXPECT_EQ(result.faults, 1U);
  EXPECT_GT(result.kernel_drops, 800U);
}

}  // namespace
}  // namespace esm
