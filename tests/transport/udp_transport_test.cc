// UDP against real sockets on loopback.
#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "sender/base/socket_address.h"

#include "tests/support/test_receiver.h"
#include "tests/transport/driver.h"

namespace esm::test {
namespace {

std::string udp(std::uint16_t port) { return fmt::format("udp://127.0.0.1:{}", port); }
std::string udp(const std::string& host, std::uint16_t port) {
  return "udp://" + endpoint_text(*IpAddress::parse(host), port);
}

std::vector<std::string> messages_of(const Batch& batch) {
  std::vector<std::string> messages;
  for (const Batch::Message& message : batch.messages()) {
    messages.push_back(bytes_of(batch).substr(message.begin, message.end - message.begin));
  }
  return messages;
}

TEST(UdpTransport, EachMessageIsOneDatagramAsItIs) {
  UdpReceiver receiver;
  Driver driver(udp(receiver.port()));
  ASSERT_FALSE(driver.open().happened);
  EXPECT_EQ(driver.peer(), fmt::format("127.0.0.1:{}", receiver.port()));
  // Fewer, exactly and more than one system call takes; the empty message is a datagram too.
  for (const std::size_t count : {1U, 63U, 64U, 65U, 150U}) {
    const Batch batch = numbered_batch(count, 300, 0, Framing::kNone);
    const WriteOutcome outcome = driver.write(batch);
    EXPECT_EQ(text_of(outcome.runs), fmt::format("{} written", count));
    EXPECT_FALSE(outcome.lost);
    EXPECT_EQ(outcome.icmp_errors, 0U);
    EXPECT_EQ(receiver.receive(count), messages_of(batch));
  }
  const CloseOutcome closed = driver.close();
  EXPECT_EQ(closed.problem.what, "");
}

TEST(UdpTransport, Ipv6AndTheLongestDatagramWork) {
  UdpReceiver receiver("::1");
  Driver driver(fmt::format("udp://[::1]:{}", receiver.port()));
  ASSERT_FALSE(driver.open().happened);
  const Batch batch = batch_of({std::string(65'507, 'x'), "short"}, Framing::kNone);
  EXPECT_EQ(text_of(driver.write(batch).runs), "2 written");
  EXPECT_EQ(receiver.receive(2), messages_of(batch));
}

TEST(UdpTransport, DatagramsComeFromTheSourceAddress) {
  UdpReceiver receiver;
  Driver driver(udp(receiver.port()), quick_options(), IpAddress::parse("127.0.0.9"));
  ASSERT_FALSE(driver.open().happened);
  driver.write(batch_of({"<1>x"}, Framing::kNone));
  receiver.receive(1);
  EXPECT_EQ(receiver.sender(), "127.0.0.9");
}

// What a firewall sees of several ESMs that are one machine.
TEST(UdpTransport, SeveralSourcesAreToldApartByOneReceiver) {
  for (const auto& [host, sources] :
       {std::pair{"127.0.0.1", std::vector<std::string>{"127.0.0.2", "127.0.0.3", "127.0.0.4"}},
        std::pair{"::1", std::vector<std::string>{"::1"}}}) {
    UdpReceiver receiver(host);
    const std::string target = udp(host, receiver.port());
    std::vector<std::unique_ptr<Driver>> drivers;
    for (const std::string& source : sources) {
      drivers.push_back(
          std::make_unique<Driver>(target, quick_options(), IpAddress::parse(source)));
      ASSERT_FALSE(drivers.back()->open().happened);
    }
    for (std::size_t i = 0; i < sources.size(); ++i) {
      drivers[i]->write(batch_of({"<1>" + sources[i]}, Framing::kNone));
      EXPECT_EQ(receiver.receive(1), std::vector<std::string>{"<1>" + sources[i]});
      EXPECT_EQ(receiver.sender(), sources[i]);
    }
  }
}

TEST(UdpTransport, ASourceOfTheOtherVersionOfIpIsSaidSo) {
  Driver driver("udp://127.0.0.1:9", quick_options(), IpAddress::parse("::1"));
  const Problem problem = driver.open();
  EXPECT_EQ(problem.what,
            "the source address ::1 cannot reach 127.0.0.1: one is IPv6, the other IPv4");
  EXPECT_TRUE(problem.permanent);
}

TEST(UdpTransport, DatagramsCarryTimeToLiveAndClassOfService) {
  for (const char* host : {"127.0.0.1", "::1"}) {
    UdpReceiver receiver(host);
    receiver.ask_for_ip_options();
    TransportOptions options = quick_options();
    options.ip.hops = 7;
    options.ip.dscp = 46;
    Driver driver(udp(host, receiver.port()), options);
    ASSERT_FALSE(driver.open().happened);
    driver.write(batch_of({"<1>x"}, Framing::kNone));
    EXPECT_EQ(receiver.receive(1), std::vector<std::string>{"<1>x"});
    EXPECT_EQ(receiver.hops(), 7) << host;
    EXPECT_EQ(receiver.traffic_class(), 46 << 2) << host;
  }
}

TransportOptions segmenting() {
  TransportOptions options = quick_options();
  options.udp_gso = true;
  return options;
}

TEST(UdpTransport, SegmentsCutByTheKernelAreTheSameDatagramsGroupedByLength) {
  for (const char* host : {"127.0.0.1", "::1"}) {
    UdpReceiver receiver(host);
    Driver driver(udp(host, receiver.port()), segmenting());
    ASSERT_FALSE(driver.open().happened);
    std::vector<std::string> messages;
    for (std::size_t i = 0; i < 150; ++i) {
      messages.push_back(fmt::format("<1>{:03}", i) + std::string(i % 3 * 10, 'x'));
    }
    messages.emplace_back();
    const WriteOutcome outcome = driver.write(batch_of(messages, Framing::kNone));
    EXPECT_EQ(text_of(outcome.runs), "151 written");
    EXPECT_EQ(outcome.problem.what, "");
    std::stable_sort(messages.begin(), messages.end() - 1,
                     [](const auto& a, const auto& b) { return a.size() < b.size(); });
    EXPECT_EQ(receiver.receive(151), messages) << host;
  }
}

TEST(UdpTransport, WhatIsTooLongForASegmentIsRefusedAlone) {
  UdpReceiver receiver;
  Driver driver(udp(receiver.port()), segmenting());
  ASSERT_FALSE(driver.open().happened);
  const std::string too_long(65'508, 'x');
  const Batch batch = batch_of({"aa", too_long, "bb", "c", too_long, "dd"}, Framing::kNone);
  const WriteOutcome outcome = driver.write(batch);
  EXPECT_EQ(text_of(outcome.runs),
            fmt::format("1 written, 1 refused too-long ({0}), 2 written, 1 refused too-long ({0}), "
                        "1 written",
                        EMSGSIZE));
  EXPECT_EQ(receiver.receive(4), (std::vector<std::string>{"aa", "bb", "dd", "c"}));
}

TEST(UdpTransport, IcmpErrorsOfSegmentsAreCountedAndTheGroupIsOfferedAgain) {
  const ClosedPort port(SOCK_DGRAM);
  Driver driver(udp(port.port()), segmenting());
  ASSERT_FALSE(driver.open().happened);
  std::uint64_t icmp = 0;
  for (int i = 0; i < 3; ++i) {
    const WriteOutcome outcome = driver.write(numbered_batch(130, 100, 0, Framing::kNone));
    EXPECT_EQ(text_of(outcome.runs), "130 written");
    EXPECT_FALSE(outcome.lost);
    icmp += outcome.icmp_errors;
  }
  EXPECT_GT(icmp, 0U);
  driver.close();
}

TEST(UdpTransport, ASourceThatIsNotOursIsSaidSo) {
  Driver driver("udp://127.0.0.1:9", quick_options(), IpAddress::parse("192.0.2.55"));
  const Problem problem = driver.open();
  EXPECT_EQ(problem.what, "the source address 192.0.2.55 is not one of this machine");
  EXPECT_TRUE(problem.permanent);
}

TEST(UdpTransport, PublicMulticastAndBroadcastAreRefusedUnlessNamed) {
  for (const auto& [address, kind] :
       {std::pair{"203.0.113.7", "public"}, std::pair{"224.0.0.251", "multicast"},
        std::pair{"255.255.255.255", "broadcast"}}) {
    Driver driver(fmt::format("udp://{}", address));
    const Problem problem = driver.open();
    EXPECT_EQ(problem.what, fmt::format("{} is a {} address: nothing is sent there unless it is "
                                        "named",
                                        address, kind));
    EXPECT_TRUE(problem.permanent);
  }
}

TEST(UdpTransport, WhatIsTooLongIsRefusedAndTheRestGoesOn) {
  UdpReceiver receiver;
  Driver driver(udp(receiver.port()));
  ASSERT_FALSE(driver.open().happened);
  const std::string too_long(65'508, 'x');
  const Batch batch = batch_of({"a", too_long, "b", "c", too_long, too_long}, Framing::kNone);
  const WriteOutcome outcome = driver.write(batch);
  EXPECT_EQ(text_of(outcome.runs),
            fmt::format("1 written, 1 refused too-long ({0}), 2 written, 2 refused too-long ({0})",
                        EMSGSIZE));
  EXPECT_FALSE(outcome.lost);
  EXPECT_EQ(outcome.icmp_errors, 0U);
  EXPECT_EQ(receiver.receive(3), (std::vector<std::string>{"a", "b", "c"}));
}

// On loopback each datagram to a closed port brings its ICMP error before the next is sent.
TEST(UdpTransport, IcmpErrorsAreCountedAndTheMessageThatMetOneIsOfferedAgain) {
  const ClosedPort port(SOCK_DGRAM);
  Driver driver(udp(port.port()));
  ASSERT_FALSE(driver.open().happened);
  std::uint64_t icmp = 0;
  for (const std::size_t count : {1U, 1U, 100U}) {
    const WriteOutcome outcome = driver.write(numbered_batch(count, 100, 0, Framing::kNone));
    EXPECT_EQ(text_of(outcome.runs), fmt::format("{} written", count));
    EXPECT_FALSE(outcome.lost);
    icmp += outcome.icmp_errors;
  }
  // All but the last one's, which close() tells.
  EXPECT_EQ(icmp, 101U);
  const CloseOutcome closed = driver.close();
  EXPECT_EQ(closed.icmp_errors, 1U);
  EXPECT_EQ(closed.problem.what,
            fmt::format("1 ICMP error came back from 127.0.0.1:{} after the last message: "
                        "Connection refused",
                        port.port()));
  EXPECT_EQ(closed.problem.hint,
            "nothing listens there: is the receiver running, and is it this port?");
}

TEST(UdpTransport, AReceiverThatAppearsLaterGetsWhatIsSentThen) {
  std::uint16_t number = 0;
  {
    const ClosedPort port(SOCK_DGRAM);
    number = port.port();
    Driver driver(udp(number));
    ASSERT_FALSE(driver.open().happened);
    EXPECT_EQ(text_of(driver.write(batch_of({"lost"}, Framing::kNone)).runs), "1 written");
    // The port stays ours, and opens.
    driver.abort();
    EXPECT_TRUE(driver.write(batch_of({"x"}, Framing::kNone)).lost);
    EXPECT_FALSE(driver.open().happened);
    const WriteOutcome outcome = driver.write(batch_of({"y"}, Framing::kNone));
    EXPECT_FALSE(outcome.lost);
  }
}

}  // namespace
}  // namespace esm::test
