// Law 7: no allocation per message. A program of its own, because it counts every allocation.
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "sender/engine/player_seams.h"
#include "sender/engine/real_clock.h"

#include "tests/support/allocation_counter.h"
#include "tests/support/fleet.h"
#include "tests/support/test_pki.h"
#include "tests/support/test_receiver.h"

namespace esm {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Takes everything and keeps nothing.
class Sink final : public Transport {
 public:
  asio::awaitable<Problem> open() override { co_return Problem{}; }
  asio::awaitable<void> write(const Batch& batch, WriteOutcome& outcome) override {
    outcome.runs.clear();
    outcome.runs.push_back(
        {static_cast<std::uint32_t>(batch.size()), Fate::kWritten, Reason::kNone, 0});
    co_return;
  }
  asio::awaitable<CloseOutcome> close() override {
    CloseOutcome outcome;
    outcome.drained = true;
    co_return outcome;
  }
  void abort() override {}
  void on_loss(std::function<void(const Problem&)>) override {}
  std::string peer() const override { return "sink"; }
};

std::uint64_t allocations_of(std::uint64_t messages, std::optional<Speed> speed,
                             std::chrono::nanoseconds catch_up) {
  // Half of the messages are noise.
  Scenario scenario = test::fleet({1'000, 2, {100'000, 1s}, messages / 2});
  scenario.noise.push_back({"noise", 0, 10ms, {}});
  scenario.length = std::chrono::nanoseconds{10ms} * static_cast<std::int64_t>(messages / 2'000);
  const Plan plan(scenario, 1);
  const Template message = test::plain_template(200);
  const std::vector<Template> noise = {test::plain_template(100)};
  PlayOptions options;
  Target target;
  target.text = "tcp://sink";
  target.kind = TcpTarget{"sink", 514};
  options.targets = {target, target};
  options.speed = speed;
  options.connections = 2;
  options.catch_up = catch_up;
  const RealClock clock;
  const PlaySeams seams{
      clock, [](asio::io_context&, const Target&, const TransportOptions&, std::optional<IpAddress>,
                Diagnostics&) { return std::make_unique<Sink>(); }};
  RunRecord record;
  const std::uint64_t before = test::allocations();
  const PlayOutcome outcome =
      play_with(seams, plan, {message, noise}, options, record, nullptr, nullptr);
  const std::uint64_t count = test::allocations() - before;
  EXPECT_EQ(outcome.end, PlayOutcome::End::kDone);
  EXPECT_EQ(record.messages, messages);
  return count;
}

TEST(Allocations, AClosedLoopAllocatesNothingForAMessage) {
  const std::uint64_t few = allocations_of(20'000, std::nullopt, 0s);
  const std::uint64_t many = allocations_of(120'000, std::nullopt, 0s);
  RecordProperty("few", std::to_string(few));
  RecordProperty("many", std::to_string(many));
  // Growing the rings to their need differs a little from run to run; 200,000 more messages do not.
  EXPECT_LT(many, few + 100);
}

TEST(Allocations, AnOpenLoopAllocatesNothingForAMessageNotEvenForOneItDrops) {
  for (const auto catch_up : {std::chrono::nanoseconds{10s}, std::chrono::nanoseconds{0}}) {
    const std::uint64_t few = allocations_of(20'000, Speed{1, 1}, catch_up);
    const std::uint64_t many = allocations_of(60'000, Speed{1, 1}, catch_up);
    EXPECT_LT(many, few + 1'000) << catch_up.count();
  }
}

// Takes what comes and allocates nothing for it.
class Sinkhole {
 public:
  explicit Sinkhole(const std::string& scheme) : scheme_(scheme) {
    if (scheme == "udp") {
      udp_.emplace();
      return;
    }
    if (scheme == "tls") tls_.emplace(test::TlsServer::Options{});
    tcp_.emplace([this](test::Peer& peer) { take(peer); });
  }

  std::string target() const {
    return fmt::format("{}://127.0.0.1:{}", scheme_, udp_ ? udp_->port() : tcp_->port());
  }

 private:
  void take(test::Peer& peer) {
    std::vector<char> buffer(64 * 1024);
    if (!tls_) {
      while (::recv(peer.fd(), buffer.data(), buffer.size(), 0) > 0) {
      }
      return;
    }
    test::TlsPeer secure(*tls_, peer);
    if (!secure.handshake()) return;
    while (SSL_read(secure.get(), buffer.data(), static_cast<int>(buffer.size())) > 0) {
    }
    secure.send_close_notify();
  }

  std::string scheme_;
  std::optional<test::UdpReceiver> udp_;  // nobody reads: what is too much is dropped
  std::optional<test::TlsServer> tls_;
  std::optional<test::TcpReceiver> tcp_;
};

std::uint64_t allocations_over(const std::string& scheme, std::uint64_t messages, bool closed_loop,
                               bool udp_gso) {
  Sinkhole sinkhole(scheme);
  const Plan plan(test::fleet({1'000, 1, {100'000, 1s}, messages}), 1);
  const Template message = test::plain_template(200);
  PlayOptions options;
  Diagnostics diagnostics;
  const auto target = parse_target(sinkhole.target(), "--to", diagnostics);
  if (!target) {
    ADD_FAILURE() << diagnostics.render();
    return 0;
  }
  options.targets = {*target};
  options.transport.tls.ca_file = test_pki() + "/ca.pem";
  options.transport.udp_gso = udp_gso;
  if (closed_loop) options.speed = std::nullopt;
  options.catch_up = 60s;
  RunRecord record;
  const std::uint64_t before = test::allocations();
  const PlayOutcome outcome = play(plan, {message, {}}, options, record, nullptr, nullptr);
  const std::uint64_t count = test::allocations() - before;
  EXPECT_EQ(outcome.end, PlayOutcome::End::kDone) << scheme;
  EXPECT_EQ(outcome.messages.render(), "") << scheme;
  EXPECT_EQ(record.targets.at(0).books.written, messages) << scheme;
  return count;
}

TEST(Allocations, NoTransportAllocatesForAMessage) {
  struct {
    const char* scheme;
    bool udp_gso;
  } const kWays[] = {{"udp", false}, {"udp", true}, {"tcp", false}, {"tls", false}};
  for (const auto& [scheme, udp_gso] : kWays) {
    for (const bool closed_loop : {true, false}) {
      if (udp_gso && !closed_loop) continue;
      const std::uint64_t few = allocations_over(scheme, 5'000, closed_loop, udp_gso);
      const std::uint64_t many = allocations_over(scheme, 45'000, closed_loop, udp_gso);
      EXPECT_LT(many, few + 1'000) << scheme << (udp_gso ? " --udp-gso" : "")
                                   << (closed_loop ? ", closed loop" : ", open loop");
    }
  }
}

}  // namespace
}  // namespace esm
