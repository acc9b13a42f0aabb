// --resend-unacked: what a lost connection had not acknowledged is written again.
#include <set>

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
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Template kMessage = test::plain_template();

Plan small_plan(std::uint64_t messages = 1'000) {
  return Plan(test::fleet({100, 1, {100'000, 1s}, messages}), 1);
}

PlayOptions resending() {
  PlayOptions options = fake_options({"tcp://a"});
  options.resend_unacked = true;
  return options;
}

// The first connection behaves like this, all others well.
FakeNetwork::Script at_first(const Behaviour& behaviour) {
  return [behaviour](const std::string&, std::uint32_t attempt) {
    return attempt == 0 ? behaviour : Behaviour{};
  };
}

TEST(Resend, WhatWasNotAcknowledgedGoesAgainInOrderBeforeAllElse) {
  for (const bool open_loop : {false, true}) {
    for (const bool cut : {false, true}) {
      const Plan plan = small_plan();
      FakeNetwork network(at_first({.lose_after = 300, .cut = cut, .acknowledges = 120}));
      PlayOptions options = resending();
      if (open_loop) options.speed = Speed{};
      options.catch_up = 10s;
      const Played played = play_fake(network, plan, kMessage, options);
      const Books& books = played.record.targets[0].books;
      const std::vector<test::Received> received = network.received();
      ASSERT_EQ(received.size(), 2U);
      ASSERT_EQ(received[0].messages.size(), 300U);
      EXPECT_EQ(books.due, 1'000U);
      EXPECT_EQ(books.written, 1'000U - books.dropped);
      EXPECT_EQ(books.cut, 0U);
      EXPECT_EQ(books.uncertain, 0U);
      // Acknowledged is known to a stretch of a few kilobytes.
      EXPECT_LE(books.acknowledged, 120U);
      EXPECT_EQ(books.resent, 300U - books.acknowledged + (cut ? 1U : 0U));
      EXPECT_EQ(received[1].messages.size(), books.drained);
      EXPECT_EQ(received[1].messages.front(), received[0].messages[books.acknowledged]);
      std::set<std::string> different(received[0].messages.begin(), received[0].messages.end());
      different.insert(received[1].messages.begin(), received[1].messages.end());
      EXPECT_EQ(different.size(), books.written);
      const std::uint64_t last = 299 + (cut ? 1U : 0U);
      EXPECT_THAT(played.record.lanes[0].resent,
                  ElementsAre(MessageInterval{books.acknowledged, last}));
      EXPECT_EQ(played.progress.back().written, books.written);
      EXPECT_THAT(played.shown, Contains(HasSubstr("not acknowledged are to be sent again")));
    }
  }
}

TEST(Resend, AGoodbyeThatFailsIsALossToo) {
  const Plan plan = small_plan();
  FakeNetwork network(at_first({.drains = false, .acknowledges = 0}));
  const Played played = play_fake(network, plan, kMessage, resending());
  const Books& books = played.record.targets[0].books;
  EXPECT_EQ(books.resent, 1'000U);
  EXPECT_EQ(books.drained, 1'000U);
  EXPECT_THAT(played.record.lanes[0].exceptions, IsEmpty());
}

TEST(Resend, WhatGetsNoOtherConnectionIsUncertain) {
  for (const bool cut : {false, true}) {
    const Plan plan = small_plan();
    FakeNetwork network([cut](const std::string&, std::uint32_t attempt) {
      return Behaviour{.refuse = attempt > 0, .lose_after = 300, .cut = cut};
    });
    PlayOptions options = resending();
    options.transport.connect_timeout = 100ms;
    const Played played = play_fake(network, plan, kMessage, options);
    EXPECT_EQ(wrong_with(played, network, plan, kMessage, options), "");
    const Books& books = played.record.targets[0].books;
    EXPECT_EQ(books.written, cut ? 301U : 300U);
    EXPECT_EQ(books.cut, cut ? 1U : 0U);
    EXPECT_EQ(books.uncertain, books.written);
    EXPECT_EQ(books.resent, 0U);
  }
}

// One after the other is lost: a message may go many times, and is listed once.
TEST(Resend, WhatIsLostAgainGoesAgain) {
  const Plan plan = small_plan(300);
  FakeNetwork network([](const std::string&, std::uint32_t attempt) {
    return Behaviour{.lose_after = attempt < 5 ? 100 : test::kEndless, .cut = attempt % 2 == 0};
  });
  PlayOptions options = resending();
  options.transport.connect_timeout = 10s;
  const Played played = play_fake(network, plan, kMessage, options);
  const Books& books = played.record.targets[0].books;
  EXPECT_EQ(books.drained, 300U);
  // Five times a hundred, and the one that was cut, of which the next attempt begins with them.
  EXPECT_GE(books.resent, 500U);
  EXPECT_THAT(played.record.lanes[0].resent, ElementsAre(MessageInterval{0, 100}));
  std::uint64_t taken = 0;
  for (const test::Received& connection : network.received()) taken += connection.messages.size();
  EXPECT_EQ(taken, 800U);
}

TEST(Resend, WithFailOverItStaysWithItsTarget) {
  const Plan plan = small_plan();
  FakeNetwork network([](const std::string& target, std::uint32_t attempt) {
    return Behaviour{.lose_after = target == "tcp://a" && attempt == 0 ? 300 : test::kEndless};
  });
  PlayOptions options = fake_options({"tcp://a", "tcp://b"});
  options.distribution = Distribution::kFailOver;
  options.resend_unacked = true;
  const Played played = play_fake(network, plan, kMessage, options);
  const Books& a = played.record.targets[0].books;
  const Books& b = played.record.targets[1].books;
  EXPECT_EQ(a.due + b.due, 1'000U);
  EXPECT_EQ(a.resent, 300U);
  EXPECT_EQ(a.drained, a.due);
  EXPECT_EQ(b.drained, b.due);
  EXPECT_GT(b.due, 0U);
}

}  // namespace
}  // namespace esm
