#include "sender/engine/player.h"

#include <csignal>
#include <cstdlib>
#include <future>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "sender/base/random.h"
#include "sender/report/record_bound.h"

#include "tests/engine/played.h"

namespace esm {
namespace {

using namespace std::chrono_literals;
using test::Behaviour;
using test::fake_options;
using test::FakeNetwork;
using test::Played;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Template kMessage = test::plain_template();

Plan small_plan(std::uint64_t messages = 1'000, std::uint32_t endpoints = 100,
                std::uint32_t esms = 1, Rate rate = {100'000, 1s}) {
  return Plan(test::fleet({endpoints, esms, rate, messages}), 1);
}

FakeNetwork::Script always(const Behaviour& behaviour) {
  return [behaviour](const std::string&, std::uint32_t) { return behaviour; };
}

TEST(Player, EveryTargetGetsTheWholePlan) {
  const Plan plan = small_plan();
  FakeNetwork network;
  const PlayOptions options = fake_options({"tcp://a", "tcp://b", "udp://c"});
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(played.outcome.end, PlayOutcome::End::kDone);
  EXPECT_FALSE(played.outcome.transport_failed);
  EXPECT_THAT(played.shown, IsEmpty());
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  ASSERT_EQ(played.record.targets.size(), 3U);
  for (const TargetRecord& target : played.record.targets) {
    EXPECT_EQ(target.books.due, 1'000U) << target.target;
    EXPECT_EQ(target.books.written, 1'000U) << target.target;
    EXPECT_EQ(target.books.connections, 1U) << target.target;
    EXPECT_EQ(target.peer, "fake " + target.target);
  }
  EXPECT_EQ(played.record.targets[0].books.drained, 1'000U);
  EXPECT_EQ(played.record.targets[0].framing, "lf");
  EXPECT_EQ(played.record.targets[2].books.drained, 0U);
  EXPECT_EQ(played.record.targets[2].framing, "none");
  EXPECT_EQ(played.record.messages, 1'000U);
  EXPECT_EQ(played.record.plan_messages, 1'000U);
  EXPECT_TRUE(played.record.closed_loop);
  EXPECT_EQ(played.record.lateness.count(), 0U);
  ASSERT_FALSE(played.progress.empty());
  EXPECT_EQ(played.progress.back().written, 3'000U);
  EXPECT_EQ(played.progress.back().connections_wanted, 3U);
}

TEST(Player, WorkersEsmsAndConnectionsShareThePlan) {
  const Plan plan = small_plan(3'000, 100, 3);
  FakeNetwork network;
  PlayOptions options = fake_options({"tcp://a", "udp://b"});
  options.workers = 4;
  options.connections = 2;
  options.shard = {1, 2};
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(played.outcome.end, PlayOutcome::End::kDone);
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  EXPECT_EQ(played.record.messages, 1'500U);
  EXPECT_EQ(played.record.lanes.size(), 2U * 4U * 3U * 2U);
  EXPECT_EQ(network.received().size(), 2U * 4U * 3U * 2U);
}

TEST(Player, TheDigestIsTheSameHoweverThePlanIsPlayed) {
  const Plan plan = small_plan(2'000);
  std::string digest;
  for (const std::uint32_t workers : {1U, 2U, 3U}) {
    for (const std::uint64_t lose_after : {test::kEndless, std::uint64_t{70}}) {
      FakeNetwork network(always({.lose_after = lose_after}));
      PlayOptions options = fake_options({"tcp://a"});
      options.workers = workers;
      const Played played = play_fake(network, plan, kMessage, options);
      EXPECT_EQ(played.record.messages, 2'000U);
      if (digest.empty()) digest = played.record.digest;
      EXPECT_EQ(played.record.digest, digest) << workers << " workers, " << lose_after;
    }
  }
}

TEST(Player, AnEsmSendsFromItsOwnAddress) {
  Scenario scenario = test::fleet({10, 2, {1'000, 1s}, 20});
  scenario.esms[1].source = IpAddress::v4(0x7F000002);
  const Plan plan(scenario, 1);
  FakeNetwork network;
  const Played played = play_fake(network, plan, kMessage, fake_options({"udp://a"}));
  std::vector<std::string> sources;
  for (const test::Received& connection : network.received()) sources.push_back(connection.source);
  EXPECT_THAT(sources, testing::UnorderedElementsAre("", "127.0.0.2"));
}

TEST(Player, AnOpenLoopKeepsTimeAndMeasuresItsLateness) {
  const Plan plan = small_plan(2'000, 100, 1, {10'000, 1s});
  FakeNetwork network;
  PlayOptions options = fake_options({"udp://a"});
  options.speed = Speed{1, 1};
  options.catch_up = 10s;  // this machine may be busy: no message is given up
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  EXPECT_EQ(played.record.targets[0].books.written, 2'000U);
  EXPECT_EQ(played.record.lateness.count(), 2'000U);
  // The last of 2,000 messages is due after 199.9 ms.
  EXPECT_GE(played.record.elapsed, 199'900us);
}

TEST(Player, SpeedIsAnExactFraction) {
  const Plan plan = small_plan(300, 100, 1, {10, 1s});  // half a minute
  FakeNetwork network;
  PlayOptions options = fake_options({"udp://a"});
  options.speed = Speed{300, 1};
  options.catch_up = 10s;
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  EXPECT_EQ(played.record.targets[0].books.written, 300U);
  EXPECT_GE(played.record.elapsed, 29'900ms / 300);
}

TEST(Player, WhatIsTooLateIsDroppedAndSaid) {
  const Plan plan = small_plan(2'000, 100, 1, {10'000, 1s});
  FakeNetwork network(always({.slow = 30ms}));
  PlayOptions options = fake_options({"udp://a"});
  options.speed = Speed{1, 1};
  options.catch_up = 5ms;
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  const Books& books = played.record.targets[0].books;
  EXPECT_EQ(books.due, 2'000U);
  EXPECT_GT(books.by_reason[static_cast<std::size_t>(Reason::kTooLate)], 100U);
  EXPECT_THAT(played.shown,
              Contains("udp://a: warning: messages are dropped: too-late | this sender or the "
                       "receiver is too slow for the rate: lower it, use more threads or "
                       "connections, or allow more lateness"));
}

TEST(Player, AnUnreachableTargetIsNotReadyAndNothingIsSentToAnyOther) {
  const Plan plan = small_plan();
  FakeNetwork network([](const std::string& target, std::uint32_t) {
    return Behaviour{.refuse = target == "tcp://b"};
  });
  PlayOptions options = fake_options({"tcp://a", "tcp://b"});
  options.transport.connect_timeout = 50ms;
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(played.outcome.end, PlayOutcome::End::kNotReady);
  EXPECT_THAT(played.shown,
              Contains("tcp://b: error: not ready within 50ms: connection refused by tcp://b | "
                       "start the fake"));
  EXPECT_THAT(played.shown, testing::Not(Contains(HasSubstr("tcp://a"))));
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  EXPECT_EQ(played.record.messages, 0U);
  EXPECT_TRUE(network.all_messages().empty());
}

TEST(Player, APermanentProblemEndsTheWaitAtOnce) {
  const Plan plan = small_plan();
  FakeNetwork network([](const std::string& target, std::uint32_t) {
    return Behaviour{.refuse = true, .permanent = target == "tcp://b"};
  });
  PlayOptions options = fake_options({"tcp://a", "tcp://b"});
  options.connections = 2;
  options.transport.connect_timeout = 60'000ms;
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(played.outcome.end, PlayOutcome::End::kNotReady);
  ASSERT_FALSE(played.shown.empty());
  EXPECT_EQ(played.shown.back(),
            "tcp://b: error: connection refused by tcp://b (0 of 2 connections were ready) | "
            "start the fake");
}

TEST(Player, AReceiverThatAppearsLateMissesNothing) {
  const Plan plan = small_plan();
  FakeNetwork network(
      [](const std::string&, std::uint32_t attempt) { return Behaviour{.refuse = attempt < 5}; });
  PlayOptions options = fake_options({"tcp://a"});
  options.speed = Speed{1, 1};
  options.catch_up = 10s;
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(played.outcome.end, PlayOutcome::End::kDone);
  EXPECT_FALSE(played.outcome.transport_failed);
  EXPECT_EQ(played.record.targets[0].books.drained, 1'000U);
  EXPECT_EQ(played.record.targets[0].books.reconnects, 0U);
  EXPECT_EQ(played.shown.front(),
            "tcp://a: warning: connection refused by tcp://a; trying again | start the fake");
}

TEST(Player, AClosedLoopLosesNoMessageButWhatWasCut) {
  const Plan plan = small_plan();
  FakeNetwork network(always({.lose_after = 90, .cut = true}));
  const PlayOptions options = fake_options({"tcp://a"});
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(played.outcome.end, PlayOutcome::End::kDone);
  EXPECT_FALSE(played.outcome.transport_failed);
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  // 90 whole messages and a cut one on each connection: ten connections full, 90 on the eleventh.
  const Books& books = played.record.targets[0].books;
  EXPECT_EQ(books.written, 1'000U);
  EXPECT_EQ(books.cut, 10U);
  EXPECT_EQ(books.uncertain, 910U);
  EXPECT_EQ(books.drained, 90U);
  EXPECT_EQ(books.connections, 11U);
  EXPECT_EQ(books.reconnects, 10U);
  EXPECT_THAT(played.shown.front(), HasSubstr("tcp://a: warning: connection lost: reset by"));
}

TEST(Player, WhatTheReceiversKernelHadIsAcknowledgedAndOnlyTheRestUncertain) {
  const Plan plan = small_plan();
  FakeNetwork network([](const std::string&, std::uint32_t attempt) {
    return Behaviour{.lose_after = 300, .cut = true, .acknowledges = attempt == 0 ? 300U : 250U};
  });
  const PlayOptions options = fake_options({"tcp://a"});
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  // 301, 301 and 301 with the cut ones, and 97 that drained.
  const Books& books = played.record.targets[0].books;
  EXPECT_EQ(books.written, 1'000U);
  EXPECT_EQ(books.drained, 97U);
  EXPECT_EQ(books.cut, 3U);
  EXPECT_EQ(books.acknowledged + books.uncertain, 903U);
  // The first connection's all; of the others what is known, to 4 KiB of messages.
  const std::uint64_t stretch = 4'096 / test::lines_of(plan, kMessage, {}).front().text.size();
  ASSERT_LT(stretch, 250U);
  EXPECT_LE(books.acknowledged, 300U + 250U + 250U);
  EXPECT_GE(books.acknowledged, 300U + 2 * (250U - stretch));
  EXPECT_EQ(played.record.lanes[0].acknowledged.size(), 3U);
}

TEST(Player, ALossSeenWhileIdleCostsOnlyTheCertainty) {
  const Plan plan = small_plan(10, 10, 1, {1'000, 1s});
  FakeNetwork network(always({.lose_after = 5, .lose_while_idle = true}));
  PlayOptions options = fake_options({"tcp://a"});
  options.speed = Speed{1, 1};
  options.catch_up = 10s;
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  EXPECT_GE(played.record.targets[0].books.uncertain, 5U);
}

TEST(Player, AnOpenLoopDropsWhatIsDueDuringAnOutage) {
  const Plan plan = small_plan(1'000, 100, 1, {10'000, 1s});
  FakeNetwork network([](const std::string&, std::uint32_t attempt) {
    return Behaviour{.refuse = attempt >= 1 && attempt < 10,
                     .lose_after = attempt == 0 ? 100 : test::kEndless};
  });
  PlayOptions options = fake_options({"tcp://a"});
  options.speed = Speed{1, 1};
  options.catch_up = 10s;
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(played.outcome.end, PlayOutcome::End::kDone);
  EXPECT_FALSE(played.outcome.transport_failed);
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  const Books& books = played.record.targets[0].books;
  EXPECT_EQ(books.uncertain, 100U);
  EXPECT_GT(books.by_reason[static_cast<std::size_t>(Reason::kDisconnected)], 0U);
  EXPECT_EQ(books.drained + books.dropped, 900U);
  EXPECT_THAT(played.shown, Contains(HasSubstr("tcp://a: warning: connected again")));
}

TEST(Player, AnOutageQueueHoldsWhatIsDue) {
  const Plan plan = small_plan(1'000, 100, 1, {10'000, 1s});
  FakeNetwork network([](const std::string&, std::uint32_t attempt) {
    return Behaviour{.refuse = attempt >= 1 && attempt < 10,
                     .lose_after = attempt == 0 ? 100 : test::kEndless};
  });
  PlayOptions options = fake_options({"tcp://a"});
  options.speed = Speed{1, 1};
  options.catch_up = 10s;
  options.outage_queue = 10'000;
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  const Books& books = played.record.targets[0].books;
  EXPECT_EQ(books.uncertain, 100U);
  EXPECT_EQ(books.by_reason[static_cast<std::size_t>(Reason::kDisconnected)], 0U);
  EXPECT_EQ(books.by_reason[static_cast<std::size_t>(Reason::kQueueFull)], 0U);
  EXPECT_EQ(books.reconnects, 1U);
}

TEST(Player, AnOutageQueueIsBoundedAndWhatRunsOverIsCounted) {
  const Plan plan = small_plan(1'000, 100, 1, {10'000, 1s});
  FakeNetwork network([](const std::string&, std::uint32_t attempt) {
    return Behaviour{.refuse = attempt >= 1, .lose_after = 100};
  });
  PlayOptions options = fake_options({"tcp://a"});
  options.speed = Speed{1, 1};
  options.catch_up = 10s;
  options.outage_queue = 50;
  options.drain = 50ms;
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  const Books& books = played.record.targets[0].books;
  // It never came back: what was held is lost with it, after the drain time. A batch that was under
  // way when the connection was lost comes back in front of the bound.
  const std::uint64_t held = books.by_reason[static_cast<std::size_t>(Reason::kDisconnected)];
  const std::uint64_t over = books.by_reason[static_cast<std::size_t>(Reason::kQueueFull)];
  EXPECT_GE(held, 50U);
  EXPECT_EQ(held + over, 900U);
  EXPECT_TRUE(played.outcome.transport_failed);
}

TEST(Player, ConnectionsAreMadeNoFasterThanTheirRate) {
  const Plan plan = small_plan();
  FakeNetwork network;
  PlayOptions options = fake_options({"tcp://a"});
  options.connections = 21;
  options.connect_rate = Rate{100, 1s};
  const auto start = std::chrono::steady_clock::now();
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  EXPECT_GE(std::chrono::steady_clock::now() - start, 200ms);
}

TEST(Player, AReceiverThatNeverComesBackFailsTheRun) {
  const Plan plan = small_plan(1'000, 100, 1, {10'000, 1s});
  for (const bool open_loop : {false, true}) {
    FakeNetwork network([](const std::string&, std::uint32_t attempt) {
      return Behaviour{.refuse = attempt >= 1, .lose_after = 100};
    });
    PlayOptions options = fake_options({"tcp://a"});
    if (open_loop) options.speed = Speed{1, 1};
    options.catch_up = 50ms;
    options.transport.connect_timeout = 100ms;
    const Played played = play_fake(network, plan, kMessage, options);
    EXPECT_EQ(played.outcome.end, PlayOutcome::End::kDone);
    EXPECT_TRUE(played.outcome.transport_failed) << open_loop;
    EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "") << open_loop;
    const Books& books = played.record.targets[0].books;
    EXPECT_EQ(books.written, 100U);
    EXPECT_EQ(books.due, books.written + books.dropped);
    if (open_loop) {
      EXPECT_EQ(books.due, 1'000U);
      // The last one is due then; a rate counted until the loss would be far above what was asked.
      EXPECT_GE(played.record.elapsed, 99'900us);
    }
  }
}

TEST(Player, AReceiverThatAcceptsAndTakesNothingDoesNotKeepAClosedLoopGoingForEver) {
  const Plan plan = small_plan();
  FakeNetwork network(always({.lose_after = 0}));
  PlayOptions options = fake_options({"tcp://a"});
  options.transport.connect_timeout = 100ms;
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_TRUE(played.outcome.transport_failed);
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  EXPECT_LT(network.attempts(), 200U);
}

TEST(Player, RefusedMessagesAreListedWithTheirError) {
  const Plan plan = small_plan();
  FakeNetwork network(always({.refuse_every = 10}));
  const PlayOptions options = fake_options({"udp://a"});
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_FALSE(played.outcome.transport_failed);
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  EXPECT_EQ(played.record.targets[0].books.refused, 100U);
  ASSERT_EQ(played.record.lanes[0].exceptions.size(), 100U);
  EXPECT_EQ(played.record.lanes[0].exceptions[0].error, EMSGSIZE);
  EXPECT_THAT(played.shown, ElementsAre("udp://a: warning: messages are refused: too-long "
                                        "(Message too long) | make the message shorter or send it "
                                        "over TCP or TLS"));
}

TEST(Player, ARecordThatWouldBeTooLongToBeReadBackListsFewerExceptions) {
  const Plan plan = small_plan();
  FakeNetwork network(always({.refuse_every = 10}));
  Played played = play_fake(network, plan, kMessage, fake_options({"udp://a"}));
  const std::size_t bytes_max = to_json(played.record).size() - 2'000;
  bound_exceptions(played.record, bytes_max);
  EXPECT_EQ(played.record.targets[0].books.refused, 100U);
  EXPECT_LT(played.record.lanes[0].exceptions.size(), 100U);
  EXPECT_GT(played.record.lanes[0].exceptions.size(), 50U);
  EXPECT_TRUE(played.record.lanes[0].exceptions_overflowed);
  EXPECT_THAT(played.record.warnings,
              ElementsAre("the run record has no room for all exceptions of 1 of its 1 lanes: "
                          "there every message that it does not list counts as uncertain"));
  EXPECT_LE(to_json(played.record).size(), bytes_max);
  Diagnostics diagnostics;
  EXPECT_TRUE(read_run_record(SourceText("run.json", to_json(played.record)), diagnostics));
  EXPECT_EQ(diagnostics.render(), "");
}

TEST(Player, ATargetThatRefusesEverythingHasFailed) {
  const Plan plan = small_plan();
  FakeNetwork network(always({.refuse_every = 1}));
  const Played played = play_fake(network, plan, kMessage, fake_options({"udp://a"}));
  EXPECT_TRUE(played.outcome.transport_failed);
  EXPECT_EQ(played.record.targets[0].books.refused, 1'000U);
}

TEST(Player, WithoutAnAnswerToTheGoodbyeWhatIsAcknowledgedStillIs) {
  const Plan plan = small_plan();
  FakeNetwork network(always({.drains = false, .acknowledges = 1'000}));
  const PlayOptions options = fake_options({"tcp://a"});
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  EXPECT_EQ(played.record.targets[0].books.acknowledged, 1'000U);
  EXPECT_THAT(played.shown, ElementsAre("tcp://a: warning: no answer to our goodbye from tcp://a; "
                                        "its kernel has acknowledged everything"));
}

TEST(Player, WithoutAnAnswerToTheGoodbyeEverythingWrittenIsUncertain) {
  const Plan plan = small_plan();
  FakeNetwork network(always({.drains = false}));
  const PlayOptions options = fake_options({"tcp://a"});
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_FALSE(played.outcome.transport_failed);
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  EXPECT_EQ(played.record.targets[0].books.uncertain, 1'000U);
  ASSERT_EQ(played.record.lanes[0].exceptions.size(), 1U);
  EXPECT_THAT(played.shown, ElementsAre("tcp://a: warning: no answer to our goodbye from tcp://a; "
                                        "1,000 messages of this connection are uncertain"));
}

TEST(Player, AReceiverThatStallsIsCutOffWhenTheDrainTimeIsOver) {
  const Plan plan = small_plan();
  FakeNetwork network(always({.stall = true}));
  PlayOptions options = fake_options({"tcp://a"});
  options.drain = 50ms;
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(played.outcome.end, PlayOutcome::End::kDone);
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  const Books& books = played.record.targets[0].books;
  EXPECT_EQ(books.due, 1'000U);
  EXPECT_EQ(books.by_reason[static_cast<std::size_t>(Reason::kInterrupted)], 1'000U);
  EXPECT_THAT(played.shown, Contains("tcp://a: warning: not all that was due could be written "
                                     "within the drain time of 50ms | allow more time to drain, or "
                                     "lower the rate"));
}

TEST(Player, StopAfterEndsAnEndlessPlan) {
  for (const bool open_loop : {false, true}) {
    const Plan plan(test::fleet({100, 1, {2'000, 1s}, 0}), 1);
    FakeNetwork network(always({.slow = 1ms}));
    PlayOptions options = fake_options({"tcp://a"});
    if (open_loop) options.speed = Speed{1, 1};
    options.catch_up = 10s;
    options.stop_after = 200ms;
    const auto before = std::chrono::steady_clock::now();
    const Played played = play_fake(network, plan, kMessage, options);
    EXPECT_LT(std::chrono::steady_clock::now() - before, 20s);
    EXPECT_EQ(played.outcome.end, PlayOutcome::End::kDone);
    EXPECT_EQ(played.record.plan_messages, 0U);
    const Books& books = played.record.targets[0].books;
    EXPECT_TRUE(books.balanced(true));
    EXPECT_EQ(books.drained, books.due);
    if (open_loop) {
      EXPECT_EQ(books.due, 401U);  // those due from 0 to 200 ms, both included
    } else {
      EXPECT_GT(books.due, 256U);
    }
  }
}

TEST(Player, TheFirstSignalDrainsAndTheBooksAreRight) {
  for (const int signal : {SIGINT, SIGTERM}) {
    for (const bool open_loop : {false, true}) {
      const Plan plan = small_plan(1'000'000, 100, 2, {100'000, 1s});
      FakeNetwork network(always({.slow = 200us}));
      network.on_taken = [&, done = false](std::uint64_t taken) mutable {
        if (taken > 500 && !std::exchange(done, true)) kill(getpid(), signal);
      };
      PlayOptions options = fake_options({"tcp://a"});
      if (open_loop) options.speed = Speed{1, 1};
      const Played played = play_fake(network, plan, kMessage, options);
      EXPECT_EQ(played.outcome.end, PlayOutcome::End::kInterrupted);
      EXPECT_EQ(played.outcome.signal, signal);
      EXPECT_TRUE(played.record.interrupted);
      EXPECT_FALSE(played.outcome.transport_failed);
      EXPECT_EQ(played.record.plan_messages, 0U);
      const Books& books = played.record.targets[0].books;
      EXPECT_TRUE(books.balanced(true));
      EXPECT_GT(books.drained, 500U);
      EXPECT_LT(books.due, 900'000U);
      EXPECT_EQ(books.by_reason[static_cast<std::size_t>(Reason::kInterrupted)], 0U);
      EXPECT_EQ(played.record.messages, books.due);
    }
  }
}

// A thousand million messages a second: booking all that is overdue would take minutes, and more
// would become overdue meanwhile.
TEST(Player, ASignalEndsARunThatItsScheduleRunsAwayFrom) {
  const Plan plan(test::fleet({100, 1, {1'000'000'000, 1s}, 0}), 1);
  FakeNetwork network;
  PlayOptions options = fake_options({"udp://a"});
  options.speed = Speed{1, 1};
  options.drain = 100ms;
  bool raised = false;
  const Played played = play_fake(network, plan, kMessage, options, [&](const Progress&) {
    if (!std::exchange(raised, true)) raise(SIGTERM);
  });
  EXPECT_EQ(played.outcome.end, PlayOutcome::End::kInterrupted);
  const Books& books = played.record.targets[0].books;
  EXPECT_TRUE(books.balanced(true));
  EXPECT_GT(books.by_reason[static_cast<std::size_t>(Reason::kTooLate)], 0U);
  EXPECT_EQ(played.record.messages, books.due);
  EXPECT_EQ(played.record.plan_messages, 0U);
  EXPECT_THAT(played.shown, Contains(AllOf(HasSubstr("udp://a: warning: stopped "),
                                           HasSubstr(" behind the schedule: "))));
}

TEST(Player, TheSecondSignalStopsAtOnce) {
  const Plan plan = small_plan(10'000);
  FakeNetwork network(always({.stall = true}));
  PlayOptions options = fake_options({"tcp://a"});
  options.drain = 3600s;
  // The writes stall for ever, so that only signals end it. They are raised from within the run, on
  // its own thread: before and after it nothing handles them, and they would end the test program.
  bool raised = false;
  const Played played = play_fake(network, plan, kMessage, options, [&](const Progress& progress) {
    if (progress.due == 0 || std::exchange(raised, true)) return;
    raise(SIGINT);
    raise(SIGINT);
  });
  EXPECT_TRUE(raised);
  EXPECT_EQ(played.outcome.end, PlayOutcome::End::kInterrupted);
  EXPECT_FALSE(played.outcome.transport_failed);  // it was people who ended it
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  const Books& books = played.record.targets[0].books;
  EXPECT_GT(books.due, 0U);
  EXPECT_EQ(books.written, 0U);
  EXPECT_EQ(books.by_reason[static_cast<std::size_t>(Reason::kInterrupted)], books.due);
}

TEST(Player, ASignalWhileConnectingEndsTheWait) {
  const Plan plan = small_plan();
  FakeNetwork network([](const std::string&, std::uint32_t attempt) {
    if (attempt == 3) kill(getpid(), SIGTERM);
    return Behaviour{.refuse = true};
  });
  PlayOptions options = fake_options({"tcp://a"});
  options.transport.connect_timeout = 60'000ms;
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(played.outcome.end, PlayOutcome::End::kInterrupted);
  EXPECT_EQ(played.outcome.signal, SIGTERM);
  EXPECT_EQ(played.record.messages, 0U);
}

// A progress tick or a signal that is already on its way when the last worker ends must not keep
// the run going.
TEST(Player, ARunEndsThoughItsEndAndAProgressTickCoincide) {
  // The last message is due after one second, when the first tick is.
  std::vector<std::future<PlayOutcome>> runs;
  for (int i = 0; i < 16; ++i) {
    runs.push_back(std::async(std::launch::async, [i] {
      const Plan plan = small_plan(1'001, 10, 1, {1'000 + static_cast<std::uint64_t>(i % 3), 1s});
      FakeNetwork network;
      PlayOptions options = fake_options({"udp://a"});
      options.speed = Speed{1, 1};
      options.catch_up = 10s;
      return play_fake(network, plan, kMessage, options).outcome;
    }));
  }
  for (std::future<PlayOutcome>& run : runs) {
    ASSERT_EQ(run.wait_for(60s), std::future_status::ready);
    EXPECT_EQ(run.get().end, PlayOutcome::End::kDone);
  }
}

// Whatever the receivers do, the books balance and the record's intervals recompute to what the
// receivers took.
// ESM_PLAYER_SEEDS sets how many seeds each of the four parts plays.
class PlayerOnChaos : public testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Part, PlayerOnChaos, testing::Range(0U, 4U));

TEST_P(PlayerOnChaos, BooksAreRightWhateverTheReceiversDo) {
  const char* const seeds_text = std::getenv("ESM_PLAYER_SEEDS");
  const std::uint32_t seeds =
      seeds_text != nullptr ? static_cast<std::uint32_t>(std::stoul(seeds_text)) : 300;
  for (std::uint32_t i = 0; i < seeds; ++i) {
    const std::uint32_t seed = i * 4 + GetParam();
    const auto dice = [seed](std::uint64_t what, std::uint32_t counter, std::uint64_t bound) {
      return scale(draw(seed, {what, 0}, Purpose::kArrival, counter), bound);
    };
    const auto esms = static_cast<std::uint32_t>(1 + dice(1, 0, 2));
    const std::uint64_t messages = 1 + dice(2, 0, 400);
    const Plan plan(test::fleet({static_cast<std::uint32_t>(1 + dice(3, 0, 30)),
                                 esms,
                                 {1 + dice(4, 0, 200'000), 1s},
                                 messages}),
                    seed);
    std::vector<std::string> targets{"tcp://a"};
    if (dice(5, 0, 2) == 0) targets.emplace_back("udp://b");
    PlayOptions options = fake_options(targets);
    if (dice(20, 0, 3) == 0) options.distribution = Distribution::kFailOver;
    options.workers = static_cast<std::uint32_t>(1 + dice(6, 0, 3));
    options.connections = static_cast<std::uint32_t>(1 + dice(7, 0, 3));
    if (dice(8, 0, 2) == 0) {
      options.speed = Speed{static_cast<std::uint32_t>(1 + dice(9, 0, 100'000)), 1};
      options.catch_up = std::chrono::microseconds{dice(10, 0, 5'000)};
    }
    options.drain = std::chrono::milliseconds{dice(11, 0, 50)};
    options.stop_after = 100ms;
    options.transport.connect_timeout = 40ms;
    FakeNetwork network([&](const std::string& target, std::uint32_t attempt) {
      const std::uint64_t base = target == "tcp://a" ? 100 : 200;
      Behaviour behaviour;
      behaviour.refuse = dice(base, attempt, 5) == 0;
      behaviour.permanent = dice(base + 1, attempt, 50) == 0;
      if (dice(base + 2, attempt, 3) > 0) {
        behaviour.lose_after = dice(base + 3, attempt, 60);
        behaviour.lose_while_idle = dice(base + 4, attempt, 4) == 0;
        behaviour.cut = dice(base + 5, attempt, 2) == 0;
      }
      if (dice(base + 6, attempt, 4) == 0) behaviour.refuse_every = 1 + dice(base + 7, attempt, 9);
      behaviour.slow =
          std::chrono::microseconds{dice(base + 8, attempt, 2) * dice(base + 9, attempt, 3'000)};
      behaviour.stall = dice(base + 10, attempt, 40) == 0;
      behaviour.drains = dice(base + 11, attempt, 3) > 0;
      return behaviour;
    });
    const Played played = play_fake(network, plan, kMessage, options);
    ASSERT_EQ(wrong_with(played, network, plan, kMessage, options), "") << "seed " << seed;
  }
}

}  // namespace
}  // namespace esm
