// Look-ups that a test answers, connections that are real.
#include "sender/transport/connector.h"

#include <chrono>
#include <memory>
#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sender/base/socket_address.h"

#include "tests/support/test_receiver.h"

namespace esm::test {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

std::vector<IpAddress> addresses(std::initializer_list<const char*> texts) {
  std::vector<IpAddress> all;
  for (const char* const text : texts) all.push_back(IpAddress::parse(text).value());
  return all;
}

struct Attempted {
  std::string address;  // of the connection
  Problem problem;
  std::chrono::milliseconds took{};
};

Connector::Options options_for(std::uint16_t port, Resolved answer) {
  Connector::Options options;
  options.host = "receiver.test";
  options.port = port;
  options.type = SOCK_STREAM;
  options.timeout = 2s;
  options.resolve = [answer = std::move(answer)](const std::string& host, const auto& give) {
    EXPECT_EQ(host, "receiver.test");
    give(answer);
  };
  return options;
}

Attempted attempt(const Connector::Options& options, bool abort_it = false) {
  asio::io_context context{1};
  Connector connector(context, options);
  std::optional<Attempted> result;
  const auto start = std::chrono::steady_clock::now();
  asio::co_spawn(context, connector.connect(),
                 [&](std::exception_ptr error, Connector::Connected connected) {
                   if (error) std::rethrow_exception(error);
                   result.emplace();
                   if (connected.socket) result->address = connected.address.to_string();
                   result->problem = connected.problem;
                   if (connected.socket) connected.socket->close();
                 });
  if (abort_it) {
    context.poll();
    connector.abort();
  }
  context.run_for(kDeadline);
  EXPECT_TRUE(result) << "not over in time";
  if (!result) std::abort();  // the coroutine's frame has references to what would go away
  result->took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - start);
  return *result;
}

void idle(Peer& peer) { peer.read_to_end(); }

TEST(Connector, ADeadFirstAddressCostsNothingWhenItRefuses) {
  TcpReceiver receiver(idle);  // on 127.0.0.1 only
  const Attempted one =
      attempt(options_for(receiver.port(), {0, addresses({"127.0.0.9", "127.0.0.1"})}));
  EXPECT_EQ(one.problem.what, "");
  EXPECT_EQ(one.address, "127.0.0.1");
}

TEST(Connector, WhereTheFirstAddressIsSilentTheNextIsTriedBesideIt) {
  const BlackHole hole;  // on 127.0.0.1 only, and the other address refuses…
  Connector::Options options = options_for(hole.port(), {0, addresses({"127.0.0.1", "127.0.0.9"})});
  options.stagger = 20ms;
  options.timeout = 300ms;
  const Attempted one = attempt(options);
  // … so that both ends are told.
  EXPECT_EQ(one.problem.what,
            fmt::format("no answer from receiver.test:{0} (127.0.0.1:{0}); connection refused by "
                        "receiver.test:{0} (127.0.0.9:{0})",
                        hole.port()));
  EXPECT_FALSE(one.problem.permanent);
}

TEST(Connector, ASilentAddressDoesNotHoldUpTheOneThatAnswers) {
  // The same port on ::1, where somebody answers; a parallel test may have it there.
  std::unique_ptr<const BlackHole> hole;
  int fd = -1;
  for (int tries = 0; fd < 0 && tries < 20; ++tries) {
    hole = std::make_unique<const BlackHole>();
    fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const SocketAddress where = socket_address(IpAddress::parse("::1").value(), hole->port());
    if (::bind(fd, where.get(), where.size) == 0 && ::listen(fd, 8) == 0) break;
    ::close(fd);
    fd = -1;
  }
  ASSERT_GE(fd, 0) << "no port is free on ::1: is there IPv6 on this machine?";
  Connector::Options options = options_for(hole->port(), {0, addresses({"127.0.0.1", "::1"})});
  options.stagger = 50ms;
  options.timeout = 10s;
  const Attempted one = attempt(options);
  ::close(fd);
  EXPECT_EQ(one.problem.what, "");
  EXPECT_EQ(one.address, "::1");
  EXPECT_GE(one.took, 50ms);
  EXPECT_LT(one.took, 5s);
}

TEST(Connector, OnlyAddressesOfTheSourcesFamilyAreTried) {
  TcpReceiver receiver(idle);
  Connector::Options options = options_for(receiver.port(), {0, addresses({"::1", "127.0.0.1"})});
  options.source = IpAddress::parse("127.0.0.5");
  EXPECT_EQ(attempt(options).address, "127.0.0.1");
}

TEST(Connector, APublicAddressBehindANameIsPassedOver) {
  TcpReceiver receiver(idle);
  EXPECT_EQ(
      attempt(options_for(receiver.port(), {0, addresses({"203.0.113.7", "127.0.0.1"})})).address,
      "127.0.0.1");
  const Attempted one = attempt(options_for(514, {0, addresses({"203.0.113.7"})}));
  EXPECT_EQ(one.problem.what,
            "receiver.test: 203.0.113.7 is a public address: nothing is sent there unless it is "
            "named");
  EXPECT_EQ(one.problem.hint, "if the receiver is yours to load, add --allow-public receiver.test");
  EXPECT_TRUE(one.problem.permanent);
}

TEST(Connector, WhatTheResolverSaysIsExplained) {
  const std::tuple<int, const char*, const char*> table[] = {
      {EAI_NONAME, "the host 'receiver.test' is not known: Name or service not known",
       "is the name spelled right? `getent hosts NAME` asks the same question"},
      {EAI_AGAIN,
       "the host 'receiver.test' could not be looked up: Temporary failure in name resolution",
       "does the name server answer? an address works without it"},
      {0, "the host 'receiver.test' is not known: No address associated with hostname",
       "is the name spelled right? `getent hosts NAME` asks the same question"},
  };
  for (const auto& [error, what, hint] : table) {
    const Attempted one = attempt(options_for(514, {error, {}}));
    EXPECT_EQ(one.problem.what, what);
    EXPECT_EQ(one.problem.hint, hint);
    EXPECT_FALSE(one.problem.permanent);
  }
}

TEST(Connector, ALookUpThatIsNeverAnsweredEndsInTime) {
  Connector::Options options = options_for(514, {});
  options.resolve = [](const std::string&, const auto&) {};
  options.timeout = 100ms;
  const Attempted one = attempt(options);
  EXPECT_EQ(one.problem.what, "the host 'receiver.test' could not be looked up within 100ms");
  EXPECT_GE(one.took, 100ms);
}

TEST(Connector, AnAnswerThatComesTooLateIsIgnored) {
  std::function<void(Resolved)> later;
  Connector::Options options = options_for(514, {});
  options.resolve = [&later](const std::string&, auto give) { later = std::move(give); };
  options.timeout = 50ms;
  EXPECT_TRUE(attempt(options).problem.happened);
  later({0, addresses({"127.0.0.1"})});  // the connector has gone
}

TEST(Connector, AbortEndsTheLookUpAndTheAttempts) {
  Connector::Options options = options_for(514, {});
  options.resolve = [](const std::string&, const auto&) {};
  options.timeout = 20s;
  EXPECT_EQ(attempt(options, true).problem.what, "aborted");
  const BlackHole hole;
  Connector::Options attempts = options_for(hole.port(), {0, addresses({"127.0.0.1"})});
  attempts.timeout = 20s;
  const Attempted one = attempt(attempts, true);
  EXPECT_EQ(one.problem.what, "aborted");
  EXPECT_LT(one.took, 10s);
}

}  // namespace
}  // namespace esm::test
