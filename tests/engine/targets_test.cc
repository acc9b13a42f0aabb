// Several targets of which each gets a part: by weight, and the first that is up.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sender/engine/player.h"

#include "tests/engine/played.h"

namespace esm {
namespace {

using namespace std::chrono_literals;
using test::Behaviour;
using test::fake_options;
using test::FakeNetwork;
using test::Played;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

const Template kMessage = test::plain_template();

Plan small_plan(std::uint64_t messages, std::uint32_t endpoints, std::uint32_t esms, Rate rate) {
  return Plan(test::fleet({endpoints, esms, rate, messages}), 1);
}

TEST(WeightedTargets, ShareTheEndpoints) {
  const Plan plan = small_plan(3'000, 100, 2, {100'000, 1s});
  FakeNetwork network;
  PlayOptions options = fake_options({"tcp://a", "udp://b", "tcp://c"});
  options.distribution = Distribution::kWeighted;
  options.targets[0].weight = 7;
  options.targets[1].weight = 2;
  options.workers = 2;
  options.connections = 3;
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_THAT(played.shown, IsEmpty());
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  // Every endpoint has 30 messages.
  const std::vector<TargetRecord>& targets = played.record.targets;
  EXPECT_NEAR(static_cast<double>(targets[0].books.written), 2'100, 60);
  EXPECT_NEAR(static_cast<double>(targets[1].books.written), 600, 60);
  EXPECT_NEAR(static_cast<double>(targets[2].books.written), 300, 60);
  EXPECT_EQ(played.record.messages, 3'000U);
  EXPECT_EQ(played.progress.back().written, 3'000U);
}

// What is meant for a target goes to no other.
TEST(WeightedTargets, OneThatIsLostTakesItsShareWithIt) {
  const Plan plan = small_plan(2'000, 100, 1, {2'000, 1s});
  FakeNetwork network([](const std::string& target, std::uint32_t attempt) {
    Behaviour behaviour;
    if (target == "tcp://a" && attempt == 0) behaviour.lose_after = 300;
    if (target == "tcp://a" && attempt > 0) behaviour.refuse = true;
    return behaviour;
  });
  PlayOptions options = fake_options({"tcp://a", "tcp://b"});
  options.distribution = Distribution::kWeighted;
  options.speed = Speed{};
  options.catch_up = 10s;
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  const std::vector<TargetRecord>& targets = played.record.targets;
  EXPECT_GT(targets[0].books.by_reason[static_cast<std::size_t>(Reason::kDisconnected)], 100U);
  EXPECT_EQ(targets[1].books.drained, targets[1].books.due);
  EXPECT_EQ(targets[0].books.due + targets[1].books.due, 2'000U);
}

PlayOptions failing_over(const std::vector<std::string>& targets) {
  PlayOptions options = fake_options(targets);
  options.distribution = Distribution::kFailOver;
  return options;
}

// Only the first attempt at a target, and only at this target.
bool first_of(const char* name, const std::string& target, std::uint32_t attempt) {
  return target == name && attempt == 0;
}

TEST(FailOver, AllGoesToTheFirstThatIsUp) {
  const Plan plan = small_plan(2'000, 100, 2, {100'000, 1s});
  FakeNetwork network;
  PlayOptions options = failing_over({"tcp://a", "tcp://b", "udp://c"});
  options.workers = 2;
  options.connections = 2;
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_THAT(played.shown, IsEmpty());
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  const std::vector<TargetRecord>& targets = played.record.targets;
  EXPECT_EQ(targets[0].books.drained, 2'000U);
  for (const std::size_t standby : {1U, 2U}) {
    EXPECT_EQ(targets[standby].books.due, 0U);
    EXPECT_EQ(targets[standby].books.connections, 8U);  // of 2 workers, 2 ESMs, 2 connections
  }
  for (const LaneRecord& lane : played.record.lanes) {
    if (lane.target == 0) {
      EXPECT_THAT(lane.exceptions, IsEmpty());
    } else {
      const FateInterval all{0, lane.due - 1, Fate::kElsewhere, Reason::kNone, 0};
      EXPECT_THAT(lane.exceptions, testing::ElementsAre(all));
    }
  }
  EXPECT_EQ(played.record.messages, 2'000U);
  EXPECT_EQ(played.progress.back().due, 2'000U);
}

TEST(FailOver, TheNextTakesOverFromOneThatIsLostAndNothingIsDropped) {
  for (const bool open_loop : {false, true}) {
    for (const bool cut : {false, true}) {
      const Plan plan = small_plan(3'000, 100, 1, {10'000, 1s});
      FakeNetwork network([cut](const std::string& target, std::uint32_t attempt) {
        if (target != "tcp://a") return Behaviour{};
        return Behaviour{.refuse = attempt > 0, .lose_after = 1'000, .cut = cut};
      });
      PlayOptions options = failing_over({"tcp://a", "tcp://b"});
      if (open_loop) options.speed = Speed{};
      options.catch_up = 10s;
      const Played played = play_fake(network, plan, kMessage, options);
      EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
      const Books& a = played.record.targets[0].books;
      const Books& b = played.record.targets[1].books;
      EXPECT_EQ(a.due, cut ? 1'001U : 1'000U);
      EXPECT_EQ(a.written, a.due);
      EXPECT_EQ(b.drained, 3'000U - a.due);
      EXPECT_FALSE(played.record.targets[1].order_relaxed);
      EXPECT_THAT(played.shown, Contains(HasSubstr("tcp://b gets what is due")));
    }
  }
}

TEST(FailOver, TheFirstHasItsTurnAgainWhenItHasStayedUpForASecond) {
  const Plan plan = small_plan(3'000, 100, 1, {1'000, 1s});
  FakeNetwork network([](const std::string& target, std::uint32_t attempt) {
    return Behaviour{.lose_after = first_of("tcp://a", target, attempt) ? 500 : test::kEndless};
  });
  PlayOptions options = failing_over({"tcp://a", "tcp://b"});
  options.speed = Speed{};
  options.catch_up = 10s;
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  const Books& a = played.record.targets[0].books;
  const Books& b = played.record.targets[1].books;
  EXPECT_EQ(a.reconnects, 1U);
  // A second's messages; a machine that is late takes over later, never sooner.
  EXPECT_GE(b.drained, 900U);
  EXPECT_GT(a.drained, 0U);
  EXPECT_EQ(a.due + b.due, 3'000U);
  EXPECT_EQ(a.dropped + b.dropped, 0U);
  EXPECT_THAT(played.shown,
              Contains(HasSubstr("tcp://a: warning: connected again | it has its turn again when "
                                 "it has stayed so for 1s")));
}

TEST(FailOver, ARunBeginsWithoutATargetThatIsNotReadyWhenOthersAre) {
  const Plan plan = small_plan(500, 100, 1, {100'000, 1s});
  FakeNetwork network([](const std::string& target, std::uint32_t) {
    return Behaviour{.refuse = target == "tcp://a"};
  });
  PlayOptions options = failing_over({"tcp://a", "tcp://b"});
  options.transport.connect_timeout = 200ms;
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(played.outcome.end, PlayOutcome::End::kDone);
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  EXPECT_EQ(played.record.targets[1].books.drained, 500U);
  EXPECT_THAT(played.shown, Contains(HasSubstr("not every target is ready within 200ms: it begins "
                                               "with those that are")));
}

TEST(FailOver, WithoutAnyTargetNothingBegins) {
  const Plan plan = small_plan(500, 100, 1, {100'000, 1s});
  FakeNetwork network([](const std::string&, std::uint32_t) { return Behaviour{.refuse = true}; });
  PlayOptions options = failing_over({"tcp://a", "tcp://b"});
  options.transport.connect_timeout = 100ms;
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(played.outcome.end, PlayOutcome::End::kNotReady);
  EXPECT_THAT(network.all_messages(), IsEmpty());
}

TEST(FailOver, AClosedLoopEndsWhenAllAreLostForGood) {
  const Plan plan = small_plan(3'000, 100, 1, {100'000, 1s});
  FakeNetwork network([](const std::string&, std::uint32_t attempt) {
    return Behaviour{.refuse = attempt > 0, .lose_after = 700};
  });
  PlayOptions options = failing_over({"tcp://a", "tcp://b"});
  options.transport.connect_timeout = 100ms;
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_TRUE(played.outcome.transport_failed);
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  EXPECT_EQ(played.record.targets[0].books.written, 700U);
  EXPECT_EQ(played.record.targets[1].books.written, 700U);
}

// What waits for the first that comes back is sent by whichever that is.
TEST(FailOver, AnOutageQueueWaitsForWhicheverComesBackFirst) {
  const Plan plan = small_plan(2'000, 100, 1, {10'000, 1s});
  FakeNetwork network([](const std::string& target, std::uint32_t attempt) {
    if (target == "tcp://a") return Behaviour{.refuse = attempt > 0, .lose_after = 500};
    return Behaviour{.refuse = attempt > 0 && attempt < 20,
                     .lose_after = attempt == 0 ? 500 : test::kEndless};
  });
  PlayOptions options = failing_over({"tcp://a", "tcp://b"});
  options.speed = Speed{};
  options.catch_up = 10s;
  options.outage_queue = 10'000;
  const Played played = play_fake(network, plan, kMessage, options);
  EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
  EXPECT_EQ(played.record.targets[0].books.due, 500U);
  const Books& b = played.record.targets[1].books;
  EXPECT_EQ(b.due, 1'500U);
  EXPECT_EQ(b.by_reason[static_cast<std::size_t>(Reason::kDisconnected)], 0U);
}

}  // namespace
}  // namespace esm
