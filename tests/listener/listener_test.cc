// The listener from outside: real sockets on loopback, raw clients.
#include <csignal>
#include <random>

#include <fmt/format.h>

#include "tests/listener/with_listener.h"

namespace esm {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;

using ListenerTest = WithListener;

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

TEST_F(ListenerTest, ClientCertificatesMayBeOnlyAskedFor) {
  ListenerOptions options = on_tls();
  options.tls_client_ca_file = test_pki() + "/ca.pem";
  options.tls_client_may_be_unknown = true;
  options.stop_after_count = 3;
  Running listener(options);
  for (const char* const certificate : {"", "client"}) {
    TlsClient client(listener.ports().tls.at(0), certificate);
    ASSERT_TRUE(client.connected());
    client.send(heartbeat("anna", "10.1.0.1") + "\n");
    EXPECT_TRUE(client.finish());
  }
  {
    // A wrong one is worse than none.
    TlsClient wrong(listener.ports().tls.at(0), "selfsigned");
    EXPECT_NE(wrong.read_error(), SSL_ERROR_NONE);
  }
  udp_to(listener.ports().udp.at(0)).send("last");
  const ListenerResult result = listener.wait();
  EXPECT_EQ(result.mapped, 2U);
  EXPECT_EQ(result.tls_clients_known, 1U);
  EXPECT_EQ(result.tls_handshakes_failed, 1U);
  EXPECT_EQ(result.tls_failure, "certificate verify failed (SSL routines)");
}

TEST_F(ListenerTest, APinnedFramingTakesNoOther) {
  ListenerOptions options = on_tcp();
  options.framing = StreamFraming::kOctet;
  options.stop_after_count = 2;
  Running listener(options);
  const std::string line = heartbeat("anna", "10.1.0.1");
  const Client client = tcp_to(listener.ports().tcp.at(0));
  client.send(fmt::format("{} {}{}\n", line.size(), line, line));
  EXPECT_EQ(client.wait_for_end(), 0);
  udp_to(listener.ports().udp.at(0)).send("last");
  const ListenerResult result = listener.wait();
  EXPECT_EQ(result.mapped, 1U);
  EXPECT_EQ(result.framing_errors, 1U);
  EXPECT_EQ(result.connections_aborted, 0U);
}

TEST_F(ListenerTest, LinesInLargeRecordsAndFastDatagramsAreAllRead) {
  ListenerOptions options = on_tls();
  constexpr std::uint64_t kEach = 5'000;
  Running listener(options);
  std::thread over_udp([&] {
    const Client udp = udp_to(listener.ports().udp.at(0));
    for (std::uint64_t i = 0; i < kEach; ++i) udp.send("datagram");
  });
  TlsClient tls(listener.ports().tls.at(0));
  EXPECT_TRUE(tls.connected());
  std::string stream;
  for (std::uint64_t i = 0; i < kEach; ++i) stream += fmt::format("<1>line {}\n", i);
  tls.send(stream);
  over_udp.join();
  ASSERT_EQ(std::raise(SIGTERM), 0);
  const ListenerResult result = listener.wait();
  EXPECT_EQ(result.messages + result.kernel_drops, 2 * kEach);
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
