// A receiver that is away for a while, in virtual time: what is due meanwhile, and how late it may
// become, depends on no machine's speed.
#include <cstdlib>
#include <memory>
#include <optional>

#include <gtest/gtest.h>

#include "sender/engine/player_seams.h"
#include "sender/report/run_record.h"

#include "tests/simulation/judgement.h"
#include "tests/simulation/simulated_network.h"
#include "tests/simulation/virtual_time.h"
#include "tests/support/fleet.h"

namespace esm::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr std::uint64_t kMessages = 1'000;  // in ten seconds

// The receiver resets its connection after two seconds and takes another one only when
// it is `back`. Nothing may be more than a millisecond late but what is held.
RunRecord play_outage(std::optional<std::uint64_t> queue, nanoseconds back) {
  const Plan plan(fleet({100, 1, {kMessages / 10, 1s}, kMessages}), 1);
  const Template message = plain_template();
  PlayOptions options;
  options.targets.push_back({"tcp://a", TcpTarget{"a", 514}});
  options.catch_up = 1ms;
  options.outage_queue = queue;
  options.transport.reconnect_max = 200ms;
  VirtualTime time(2, 1h, [] { std::abort(); });
  const VirtualClock clock(time);
  const nanoseconds began = time.now();
  SimulatedNetwork network(
      time,
      [&](std::size_t, std::uint32_t attempt) {
        Life life;
        life.refuses = attempt > 0 && time.now() - began < back;
        if (attempt == 0) life.dies_after = 2005ms;  // between two messages
        return life;
      },
      [](std::uint64_t bound) { return bound - 1; });
  const PlaySeams seams{clock, [&](boost::asio::io_context& io, const Target& target,
                                   const TransportOptions& transport, std::optional<IpAddress>,
                                   Diagnostics&) { return network.make(io, target, transport); }};
  RunRecord record;
  play_with(
      seams, plan, message, options, record, [](const Progress&) {}, [](const Diagnostic&) {});
  EXPECT_EQ(judge(record, network, plan, message, options), "");
  EXPECT_EQ(record.targets[0].books.due, kMessages);
  return record;
}

std::uint64_t dropped(const RunRecord& record, Reason reason) {
  return record.targets[0].books.by_reason[static_cast<std::size_t>(reason)];
}

TEST(Outage, WhatIsDueMeanwhileIsDroppedAsDisconnected) {
  const RunRecord record = play_outage(std::nullopt, 6s);
  EXPECT_EQ(record.targets[0].books.reconnects, 1U);
  EXPECT_GE(dropped(record, Reason::kDisconnected), kMessages * 4 / 10 - 1);
  EXPECT_LE(dropped(record, Reason::kDisconnected), kMessages * 45 / 100);
  EXPECT_EQ(record.targets[0].books.dropped, dropped(record, Reason::kDisconnected));
  EXPECT_LE(record.lateness.max(), 2ms);
}

TEST(Outage, WhatIsHeldGoesOutHoweverLateItHasBecome) {
  const RunRecord record = play_outage(kMessages, 6s);
  EXPECT_EQ(record.targets[0].books.reconnects, 1U);
  EXPECT_EQ(record.targets[0].books.dropped, 0U);
  EXPECT_EQ(record.targets[0].books.written, kMessages);
  EXPECT_GE(record.lateness.max(), 3'900ms);
}

TEST(Outage, AQueueHoldsAsManyAsItSaysAndNotOneMore) {
  const RunRecord without = play_outage(std::nullopt, 6s);
  const RunRecord record = play_outage(50, 6s);
  EXPECT_EQ(dropped(record, Reason::kQueueFull), dropped(without, Reason::kDisconnected) - 50);
  EXPECT_EQ(record.targets[0].books.dropped, dropped(record, Reason::kQueueFull));
  EXPECT_GE(record.lateness.max(), 3'900ms);
}

TEST(Outage, WhatIsHeldForAReceiverThatNeverComesBackIsDroppedAsDisconnected) {
  const RunRecord record = play_outage(50, 1h);
  EXPECT_EQ(dropped(record, Reason::kDisconnected), 50U);
  EXPECT_EQ(dropped(record, Reason::kQueueFull), record.targets[0].books.dropped - 50);
  EXPECT_EQ(record.targets[0].books.connections, 1U);
}

}  // namespace
}  // namespace esm::test
