// TCP against real sockets on loopback.
#include <cerrno>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sender/transport/tcp_socket.h"

#include "tests/support/test_receiver.h"
#include "tests/transport/driver.h"

namespace esm::test {
namespace {

using namespace std::chrono_literals;

std::string tcp(std::uint16_t port) { return fmt::format("tcp://127.0.0.1:{}", port); }

std::chrono::milliseconds since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               start);
}

// So that the sender has to wait soon. With much less, segments of a loopback go only when TCP's
// persist timer fires, and a slow reader becomes a dead one.
void small_receive_buffer(const Peer& peer) {
  const int bytes = 128 * 1024;
  ::setsockopt(peer.fd(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

TEST(TcpTransport, BytesArriveAsTheyAreWithEveryFraming) {
  for (const Framing framing :
       {Framing::kLf, Framing::kCrLf, Framing::kNul, Framing::kOctet, Framing::kOctetLf}) {
    std::promise<std::string> received;
    TcpReceiver receiver([&](Peer& peer) { received.set_value(peer.read_to_end()); });
    Driver driver(tcp(receiver.port()));
    ASSERT_FALSE(driver.open().happened);
    EXPECT_EQ(driver.peer(), fmt::format("127.0.0.1:{}", receiver.port()));
    std::string sent;
    for (std::size_t i = 0; i < 20; ++i) {
      const Batch batch = numbered_batch(200, 300, i * 200, framing);
      sent += bytes_of(batch);
      const WriteOutcome outcome = driver.write(batch);
      EXPECT_EQ(text_of(outcome.runs), "200 written");
      EXPECT_FALSE(outcome.lost);
    }
    const CloseOutcome closed = driver.close();
    EXPECT_TRUE(closed.drained) << closed.problem.what;
    EXPECT_TRUE(received.get_future().get() == sent) << name_of(framing);
  }
}

TEST(TcpTransport, Ipv6Works) {
  std::promise<std::string> received;
  TcpReceiver receiver([&](Peer& peer) { received.set_value(peer.read_to_end()); }, "::1");
  Driver driver(fmt::format("tcp://[::1]:{}", receiver.port()));
  ASSERT_FALSE(driver.open().happened);
  EXPECT_EQ(driver.peer(), fmt::format("[::1]:{}", receiver.port()));
  driver.write(batch_of({"<1>six"}));
  EXPECT_TRUE(driver.close().drained);
  EXPECT_EQ(received.get_future().get(), "<1>six\n");
}

TEST(TcpTransport, MessagesComeFromTheSourceAddress) {
  std::promise<std::string> from;
  TcpReceiver receiver([&](Peer& peer) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getpeername(peer.fd(), reinterpret_cast<sockaddr*>(&address), &size);
    from.set_value(IpAddress::v4(ntohl(address.sin_addr.s_addr)).to_string());
    peer.read_to_end();
  });
  Driver driver(tcp(receiver.port()), quick_options(), IpAddress::parse("127.0.0.77"));
  ASSERT_FALSE(driver.open().happened);
  EXPECT_EQ(from.get_future().get(), "127.0.0.77");
  EXPECT_TRUE(driver.close().drained);
}

TEST(TcpTransport, TheCommandLinesSourceBeatsTheScenarios) {
  std::promise<std::string> from;
  TcpReceiver receiver([&](Peer& peer) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getpeername(peer.fd(), reinterpret_cast<sockaddr*>(&address), &size);
    from.set_value(IpAddress::v4(ntohl(address.sin_addr.s_addr)).to_string());
    peer.read_to_end();
  });
  TransportOptions options = quick_options();
  options.source = IpAddress::parse("127.0.0.78");
  Driver driver(tcp(receiver.port()), options, IpAddress::parse("127.0.0.77"));
  ASSERT_FALSE(driver.open().happened);
  EXPECT_EQ(from.get_future().get(), "127.0.0.78");
}

TEST(TcpTransport, AClosedPortIsSaidSo) {
  const ClosedPort port(SOCK_STREAM);
  Driver driver(tcp(port.port()));
  const Problem problem = driver.open();
  EXPECT_EQ(problem.what, fmt::format("connection refused by 127.0.0.1:{}", port.port()));
  EXPECT_EQ(problem.hint, "nothing listens there: is the receiver running, and is it this port?");
  EXPECT_FALSE(problem.permanent);
}

TEST(TcpTransport, WhereNothingAnswersTheTimeoutEndsIt) {
  const BlackHole hole;
  TransportOptions options = quick_options();
  options.connect_timeout = 200ms;
  Driver driver(tcp(hole.port()), options);
  const auto start = std::chrono::steady_clock::now();
  const Problem problem = driver.open();
  EXPECT_EQ(problem.what, fmt::format("no answer from 127.0.0.1:{} within 200ms", hole.port()));
  EXPECT_EQ(problem.hint,
            "is the address right, is the machine up, does a firewall drop the packets?");
  EXPECT_FALSE(problem.permanent);
  EXPECT_GE(since(start), 200ms);
}

TEST(TcpTransport, ASourceThatIsNotOursIsSaidSo) {
  Driver driver("tcp://127.0.0.1:9", quick_options(), IpAddress::parse("192.0.2.55"));
  const Problem problem = driver.open();
  EXPECT_EQ(problem.what, "the source address 192.0.2.55 is not one of this machine");
  EXPECT_EQ(problem.hint, "`ip address` lists them; add it there or choose another with --source");
  EXPECT_TRUE(problem.permanent);
}

TEST(TcpTransport, ASourceOfTheOtherFamilyIsSaidSo) {
  Driver driver("tcp://127.0.0.1:9", quick_options(), IpAddress::parse("::1"));
  const Problem problem = driver.open();
  EXPECT_EQ(problem.what,
            "the source address ::1 cannot reach 127.0.0.1: one is IPv6, the other IPv4");
  EXPECT_TRUE(problem.permanent);
}

TEST(TcpTransport, PublicAddressesAreRefusedUnlessNamed) {
  Driver driver("tcp://203.0.113.7:514");
  const Problem problem = driver.open();
  EXPECT_EQ(problem.what,
            "203.0.113.7 is a public address: nothing is sent there unless it is named");
  EXPECT_EQ(problem.hint, "if the receiver is yours to load, add --allow-public 203.0.113.7");
  EXPECT_TRUE(problem.permanent);
}

TEST(TcpTransport, AnUnknownHostIsSaidSo) {
  Driver driver("tcp://no-such-host.invalid:514");
  const Problem problem = driver.open();
  EXPECT_TRUE(problem.what.starts_with("the host 'no-such-host.invalid' ")) << problem.what;
  EXPECT_FALSE(problem.permanent);
}

TEST(TcpTransport, ANameIsLookedUp) {
  TcpReceiver receiver([&](Peer& peer) { peer.read_to_end(); });
  Driver driver(fmt::format("tcp://localhost:{}", receiver.port()));
  EXPECT_EQ(driver.open().what, "");
  EXPECT_EQ(driver.peer(), fmt::format("127.0.0.1:{}", receiver.port()));
  EXPECT_TRUE(driver.close().drained);
}

TEST(TcpTransport, TheReceiversEndIsSeenWhileIdle) {
  TcpReceiver receiver([&](Peer& peer) { peer.close(); });
  Driver driver(tcp(receiver.port()));
  ASSERT_FALSE(driver.open().happened);
  const Problem problem = driver.wait_for_loss();
  EXPECT_EQ(problem.what, fmt::format("127.0.0.1:{} closed the connection", receiver.port()));
  EXPECT_EQ(problem.hint, "did the receiver stop, or does it limit its connections?");
  // Nothing is written into the dead connection.
  const WriteOutcome outcome = driver.write(batch_of({"<1>late"}));
  EXPECT_TRUE(outcome.lost);
  EXPECT_EQ(text_of(outcome.runs), "");
  EXPECT_EQ(outcome.problem.what, problem.what);
}

TEST(TcpTransport, TheReceiversResetIsSeenWhileIdle) {
  std::promise<void> opened;  // an earlier reset is a refusal to open()
  TcpReceiver receiver([&](Peer& peer) {
    opened.get_future().wait();
    peer.reset();
  });
  Driver driver(tcp(receiver.port()));
  const bool failed = driver.open().happened;
  opened.set_value();
  ASSERT_FALSE(failed);
  const Problem problem = driver.wait_for_loss();
  EXPECT_EQ(problem.what, fmt::format("127.0.0.1:{} reset the connection", receiver.port()));
}

// Not even the io_context has had a chance to see it.
TEST(TcpTransport, AnEndBetweenTwoWritesIsSeenBeforeTheNext) {
  std::promise<void> written, ended;
  TcpReceiver receiver([&](Peer& peer) {
    written.get_future().wait();  // the io_context runs no more until the next write
    peer.read(bytes_of(batch_of({"<1>first"})).size());
    peer.close();
    ended.set_value();
  });
  Driver driver(tcp(receiver.port()));
  ASSERT_FALSE(driver.open().happened);
  EXPECT_EQ(text_of(driver.write(batch_of({"<1>first"})).runs), "1 written");
  written.set_value();
  ended.get_future().get();
  const WriteOutcome outcome = driver.write(batch_of({"<1>second"}));
  EXPECT_TRUE(outcome.lost);
  EXPECT_EQ(text_of(outcome.runs), "");
  EXPECT_FALSE(driver.loss()) << "one loss is told once";
}

TEST(TcpTransport, WhatTheReceiverSaysIsThrownAway) {
  std::promise<void> said;
  TcpReceiver receiver([&](Peer& peer) {
    peer.send(std::string(1'000'000, 'x'));
    said.set_value();
    peer.read_to_end();
  });
  Driver driver(tcp(receiver.port()));
  ASSERT_FALSE(driver.open().happened);
  auto future = said.get_future();
  while (future.wait_for(0ms) != std::future_status::ready) {
    ASSERT_EQ(text_of(driver.write(batch_of({"<1>x"})).runs), "1 written");
  }
  EXPECT_TRUE(driver.close().drained);
}

// The receiver goes away after so many bytes; what it got is a prefix of what is said to be
// written.
TEST(TcpTransport, AResetInMidStreamLeavesAnExactPrefix) {
  for (const std::size_t bytes :
       {0U, 1U, 299U, 300U, 301U, 302U, 4'095U, 65'536U, 100'001U, 500'000U}) {
    std::promise<std::string> received;
    TcpReceiver receiver([&](Peer& peer) {
      small_receive_buffer(peer);
      received.set_value(peer.read(bytes));
      peer.reset();
    });
    Driver driver(tcp(receiver.port()));
    const Problem opening = driver.open();
    if (bytes == 0 && opening.happened) continue;  // the reset was as quick as the connection
    ASSERT_FALSE(opening.happened) << opening.what;
    std::string sent;         // all that was offered
    std::size_t written = 0;  // bytes of what is said to be written, the cut one too
    WriteOutcome outcome;
    for (std::size_t i = 0; !outcome.lost; ++i) {
      ASSERT_LT(i, 1000U);
      const Batch batch = numbered_batch(200, 300, i * 200);
      sent += bytes_of(batch);
      outcome = driver.write(batch);
      std::size_t messages = 0;
      std::size_t cut = 0;
      for (const FateRun& run : outcome.runs) {
        ASSERT_TRUE(run.fate == Fate::kWritten || run.fate == Fate::kCut);
        ASSERT_EQ(cut, 0U) << "the cut one is the last";
        messages += run.count;
        if (run.fate == Fate::kCut) cut += run.count;
      }
      ASSERT_LE(cut, 1U);
      if (!outcome.lost) {
        ASSERT_EQ(text_of(outcome.runs), "200 written");
      }
      if (messages > 0) written += batch.messages()[messages - 1].end;
    }
    const std::string got = received.get_future().get();
    EXPECT_EQ(got.size(), bytes);
    EXPECT_LE(got.size(), written);
    EXPECT_TRUE(sent.starts_with(got));
    EXPECT_TRUE(outcome.problem.happened);
    EXPECT_TRUE(outcome.problem.what.starts_with("127.0.0.1:")) << outcome.problem.what;
  }
}

// The sender's own buffer decides how many bytes the kernel takes; whatever that is, the fates fit.
TEST(TcpTransport, TheMessageThatTheKernelTookInPartIsCut) {
  int cuts = 0;
  for (std::size_t length = 1'000; length < 1'010; ++length) {
    std::promise<void> go;
    std::shared_future<void> gone = go.get_future().share();
    TcpReceiver receiver([&](Peer& peer) {
      small_receive_buffer(peer);
      gone.wait();
      peer.reset();
    });
    TransportOptions options = quick_options();
    options.write_stall_timeout = 100ms;
    Driver driver(tcp(receiver.port()), options);
    ASSERT_FALSE(driver.open().happened);
    WriteOutcome outcome;
    for (int i = 0; !outcome.lost && i < 100; ++i) {
      outcome = driver.write(numbered_batch(1'000, length));
    }
    go.set_value();
    ASSERT_TRUE(outcome.lost);
    if (!outcome.runs.empty() && outcome.runs.back().fate == Fate::kCut) {
      EXPECT_EQ(outcome.runs.back().count, 1U);
      ++cuts;
    }
  }
  EXPECT_GT(cuts, 0);
}

TEST(TcpTransport, AReaderThatStopsIsFoundOut) {
  std::promise<void> over;
  std::shared_future<void> end = over.get_future().share();
  TcpReceiver receiver([&](Peer& peer) {
    small_receive_buffer(peer);
    end.wait();
    peer.reset();
  });
  TransportOptions options = quick_options();
  options.write_stall_timeout = 300ms;
  Driver driver(tcp(receiver.port()), options);
  ASSERT_FALSE(driver.open().happened);
  WriteOutcome outcome;
  for (int i = 0; !outcome.lost && i < 100; ++i)
    outcome = driver.write(numbered_batch(1'000, 1'000));
  over.set_value();
  ASSERT_TRUE(outcome.lost);
  // Whichever looks first: we, or the kernel by TCP_USER_TIMEOUT.
  const std::string peer = fmt::format("127.0.0.1:{} ", receiver.port());
  EXPECT_TRUE(outcome.problem.what == peer + "took nothing for 300ms" ||
              outcome.problem.what == peer + "no longer answers, or reads no more")
      << outcome.problem.what;
}

TEST(TcpTransport, ASlowReaderIsWaitedFor) {
  std::promise<std::size_t> received;
  TcpReceiver receiver([&](Peer& peer) {
    small_receive_buffer(peer);
    std::size_t bytes = 0;
    while (true) {
      const std::string some = peer.read_some(20'000);
      if (some.empty()) break;
      bytes += some.size();
    }
    received.set_value(bytes);
  });
  Driver driver(tcp(receiver.port()));
  ASSERT_FALSE(driver.open().happened);
  const Batch batch = numbered_batch(3'000, 1'000);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(text_of(driver.write(batch).runs), "3000 written");
  EXPECT_TRUE(driver.close().drained);
  EXPECT_EQ(received.get_future().get(), 3 * bytes_of(batch).size());
}

TEST(TcpTransport, AWriteTellsHowLongItsReceiverMadeItWait) {
  // Nothing is read of the large one before it waits.
  std::promise<void> waits;
  TcpReceiver receiver([&](Peer& peer) {
    small_receive_buffer(peer);
    if (waits.get_future().wait_for(30s) != std::future_status::ready) return;
    while (!peer.read_some(20'000).empty()) {
    }
  });
  Driver driver(tcp(receiver.port()));
  ASSERT_FALSE(driver.open().happened);
  EXPECT_EQ(driver.write(batch_of({"<1>there is room for this"})).waited, 0ns);
  const Batch more_than_buffers_hold = numbered_batch(30'000, 1'000);
  const auto before = std::chrono::steady_clock::now();
  const auto waited =
      driver.write_and_meanwhile(more_than_buffers_hold, [&] { waits.set_value(); }).waited;
  EXPECT_GT(waited, 0ns);
  EXPECT_LE(waited, std::chrono::steady_clock::now() - before);
  EXPECT_TRUE(driver.close().drained);
}

TEST(TcpTransport, AReceiverThatGoesAwayAtTheFirstMessageHasAReason) {
  TcpReceiver receiver([&](Peer& peer) {
    peer.read_some();
    peer.close();
  });
  Driver driver(tcp(receiver.port()));
  ASSERT_FALSE(driver.open().happened);
  driver.write(batch_of({"<1>first"}));
  const Problem problem = driver.wait_for_loss();
  EXPECT_EQ(problem.what, fmt::format("127.0.0.1:{} closed the connection", receiver.port()));
  EXPECT_EQ(problem.hint,
            "so soon after the first message: does it limit its connections, or does it want "
            "another framing than 'lf'? Try --framing octet, or --for RECEIVER");
}

TEST(TcpTransport, WhatIsAskedOfTcpIsSet) {
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  TcpOptions options;
  options.nagle = true;
  options.keepalive = 90s;
  options.send_buffer = 32'768;
  options.unsent_max = 16'384;
  prepare_tcp(listening, options, 1'500ms);
  const auto value = [listening](int level, int option) {
    int number = -1;
    socklen_t size = sizeof number;
    EXPECT_EQ(::getsockopt(listening, level, option, &number, &size), 0);
    return number;
  };
  EXPECT_EQ(value(IPPROTO_TCP, TCP_NODELAY), 0);
  EXPECT_EQ(value(SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(value(IPPROTO_TCP, TCP_KEEPIDLE), 90);
  EXPECT_EQ(value(IPPROTO_TCP, TCP_KEEPINTVL), 30);
  EXPECT_EQ(value(IPPROTO_TCP, TCP_USER_TIMEOUT), 1'500);
  EXPECT_EQ(value(SOL_SOCKET, SO_SNDBUF), 2 * 32'768) << "the kernel doubles it";
  EXPECT_EQ(value(IPPROTO_TCP, TCP_NOTSENT_LOWAT), 16'384);
  prepare_tcp(listening, {}, 30s);
  EXPECT_EQ(value(IPPROTO_TCP, TCP_NODELAY), 1);
  ::close(listening);
}

// SYN and FIN count as bytes to the kernel; they are not ours.
TEST(TcpTransport, WhatIsAcknowledgedIsKnownToTheByteAlsoWhenTheConnectionIsDead) {
  std::promise<void> go;
  const std::shared_future<void> gone = go.get_future().share();
  TcpReceiver receiver([&](Peer& peer) {
    peer.read(bytes_of(numbered_batch(200, 300)).size());
    gone.wait();
    peer.reset();
  });
  Driver driver(tcp(receiver.port()));
  EXPECT_EQ(driver.acknowledged(), 0U);
  ASSERT_FALSE(driver.open().happened);
  EXPECT_EQ(driver.acknowledged(), 0U);
  const Batch batch = numbered_batch(200, 300);
  ASSERT_EQ(text_of(driver.write(batch).runs), "200 written");
  const auto start = std::chrono::steady_clock::now();
  while (driver.acknowledged() < batch.bytes().size() && since(start) < kDeadline) {
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(driver.acknowledged(), batch.bytes().size());
  go.set_value();
  driver.wait_for_loss();
  EXPECT_EQ(driver.acknowledged(), batch.bytes().size());
  // The next connection begins at 0 again.
  driver.open();
  EXPECT_EQ(driver.acknowledged(), 0U);
}

TEST(TcpTransport, AClosedConnectionHasAcknowledgedEverythingAndNotOurFin) {
  TcpReceiver receiver([&](Peer& peer) { peer.read_to_end(); });
  Driver driver(tcp(receiver.port()));
  ASSERT_FALSE(driver.open().happened);
  const Batch batch = numbered_batch(3, 50);
  driver.write(batch);
  EXPECT_TRUE(driver.close().drained);
  EXPECT_EQ(driver.acknowledged(), batch.bytes().size());
}

TEST(TcpTransport, AReaderThatStopsHasWhatItsKernelHas) {
  std::promise<void> over;
  std::promise<std::size_t> received;
  TcpReceiver receiver([&](Peer& peer) {
    small_receive_buffer(peer);
    over.get_future().wait();
    received.set_value(peer.read_to_end().size());
  });
  TransportOptions options = quick_options();
  options.write_stall_timeout = 300ms;
  Driver driver(tcp(receiver.port()), options);
  ASSERT_FALSE(driver.open().happened);
  std::size_t written = 0;
  WriteOutcome outcome;
  for (int i = 0; !outcome.lost && i < 100; ++i) {
    const Batch batch = numbered_batch(1'000, 1'000);
    outcome = driver.write(batch);
    if (!outcome.lost) written += batch.bytes().size();
  }
  ASSERT_TRUE(outcome.lost);
  const std::uint64_t acknowledged = driver.acknowledged();
  EXPECT_GT(acknowledged, 0U);
  EXPECT_LT(acknowledged, written + 1'001'000);
  over.set_value();
  EXPECT_GE(received.get_future().get(), acknowledged);
}

TEST(TcpTransport, AReceiverThatResetsInsteadOfItsFinHasNotDrained) {
  TcpReceiver receiver([&](Peer& peer) {
    peer.read(10);
    // Unread bytes make the close an RST.
    peer.close();
  });
  Driver driver(tcp(receiver.port()));
  ASSERT_FALSE(driver.open().happened);
  driver.write(numbered_batch(10, 100));
  const CloseOutcome closed = driver.close();
  EXPECT_FALSE(closed.drained);
  EXPECT_EQ(closed.problem.what, fmt::format("127.0.0.1:{} reset the connection", receiver.port()));
}

TEST(TcpTransport, AReceiverThatNeverEndsIsNotWaitedForLonger) {
  std::promise<void> over;
  std::shared_future<void> end = over.get_future().share();
  TcpReceiver receiver([&](Peer& peer) {
    peer.read_to_end();
    end.wait();
  });
  TransportOptions options = quick_options();
  options.close_timeout = 200ms;
  Driver driver(tcp(receiver.port()), options);
  ASSERT_FALSE(driver.open().happened);
  driver.write(batch_of({"<1>x"}));
  const CloseOutcome closed = driver.close();
  over.set_value();
  EXPECT_FALSE(closed.drained);
  EXPECT_EQ(closed.problem.what,
            fmt::format("127.0.0.1:{} did not end the connection within 200ms", receiver.port()));
}

TEST(TcpTransport, ATlsPortIsRecognised) {
  TcpReceiver receiver([&](Peer& peer) {
    peer.read_some();
    peer.send(std::string("\x15\x03\x01\x00\x02\x02\x0a", 7));
    peer.close();
  });
  Driver driver(tcp(receiver.port()));
  ASSERT_FALSE(driver.open().happened);
  driver.write(batch_of({"<1>plain"}));
  const Problem problem = driver.wait_for_loss();
  EXPECT_EQ(problem.what,
            fmt::format("127.0.0.1:{} closed the connection after a TLS alert", receiver.port()));
  EXPECT_EQ(problem.hint, "this port speaks TLS: write tls://");
}

TEST(TcpTransport, AfterALossItOpensAgain) {
  std::promise<std::string> second;
  std::atomic<int> connections = 0;
  TcpReceiver receiver([&](Peer& peer) {
    if (++connections == 1) {
      peer.close();
    } else {
      second.set_value(peer.read_to_end());
    }
  });
  Driver driver(tcp(receiver.port()));
  ASSERT_FALSE(driver.open().happened);
  driver.wait_for_loss();
  ASSERT_FALSE(driver.open().happened);
  EXPECT_EQ(text_of(driver.write(batch_of({"<1>again"})).runs), "1 written");
  EXPECT_TRUE(driver.close().drained);
  EXPECT_EQ(second.get_future().get(), "<1>again\n");
}

TEST(TcpTransport, AbortEndsEveryPhaseAtOnce) {
  const auto start = std::chrono::steady_clock::now();
  {
    const BlackHole hole;
    Driver driver(tcp(hole.port()));
    EXPECT_EQ(driver.open_and_abort().what, "aborted");
  }
  std::promise<void> over;
  std::shared_future<void> end = over.get_future().share();
  TcpReceiver receiver([&](Peer& peer) {
    small_receive_buffer(peer);
    end.wait();
  });
  {
    Driver driver(tcp(receiver.port()));
    ASSERT_FALSE(driver.open().happened);
    const WriteOutcome outcome = driver.write_and_abort(numbered_batch(20'000, 1'000));
    EXPECT_TRUE(outcome.lost);
    EXPECT_EQ(outcome.problem.what, "aborted");
    // And it can be opened again.
    EXPECT_FALSE(driver.open().happened);
  }
  {
    Driver driver(tcp(receiver.port()));
    ASSERT_FALSE(driver.open().happened);
    const CloseOutcome closed = driver.close_and_abort();
    EXPECT_FALSE(closed.drained);
    EXPECT_EQ(closed.problem.what, "aborted");
  }
  {
    Driver driver(tcp(receiver.port()));
    ASSERT_FALSE(driver.open().happened);
    driver.abort();  // while idle
    EXPECT_TRUE(driver.write(batch_of({"<1>x"})).lost);
    EXPECT_FALSE(driver.loss()) << "nobody is told what they did themselves";
  }
  EXPECT_LT(since(start), 5s);
  over.set_value();
}

}  // namespace
}  // namespace esm::test
