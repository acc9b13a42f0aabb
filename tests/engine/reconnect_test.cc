#include "sender/engine/reconnect.h"

#include <gtest/gtest.h>

namespace esm {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

const BackOff kBackOff{200ms, 10s};

Reconnect make() { return {kBackOff, 1, {7, 3}}; }

nanoseconds delay(std::uint32_t attempt) { return kBackOff.delay(1, {7, 3}, attempt); }

TEST(Reconnect, TakesOneTurnForEachAttempt) {
  Reconnect reconnect = make();
  ASSERT_TRUE(reconnect.wants_turn(5s));
  reconnect.take_turn(6s);
  EXPECT_EQ(reconnect.next(), 6s);
  EXPECT_FALSE(reconnect.wants_turn(6s));
  reconnect.attempt();
  reconnect.failed(6s, nanoseconds::max());
  EXPECT_FALSE(reconnect.wants_turn(6s));
  EXPECT_TRUE(reconnect.wants_turn(reconnect.next()));
}

TEST(Reconnect, WaitsLongerAfterEachFailureAndNoLongerThanItIsTold) {
  Reconnect reconnect = make();
  for (std::uint32_t attempt = 1; attempt < 8; ++attempt) {
    reconnect.attempt();
    reconnect.failed(1s, nanoseconds::max());
    EXPECT_EQ(reconnect.next(), 1s + delay(attempt)) << attempt;
  }
  reconnect.attempt();
  reconnect.failed(1s, 500ms);
  EXPECT_EQ(reconnect.next(), 1s + 500ms);
}

TEST(Reconnect, AConnectionThatLivedIsMadeAgainAtOnceAndOneThatDidNotIsWaitedFor) {
  Reconnect reconnect = make();
  reconnect.attempt();
  reconnect.connected(1s, false);
  reconnect.lost(2s);
  EXPECT_EQ(reconnect.next(), 2s);
  // It accepts and closes, again and again.
  for (std::uint32_t attempt = 1; attempt < 8; ++attempt) {
    const nanoseconds now = reconnect.next();
    reconnect.attempt();
    reconnect.connected(now, true);
    reconnect.lost(now + 999ms);
    EXPECT_EQ(reconnect.next(), now + 999ms + delay(attempt + 1)) << attempt;
  }
}

TEST(Reconnect, OneThatCameLateIsFreshForASecond) {
  Reconnect reconnect = make();
  reconnect.connected(5s, false);
  EXPECT_FALSE(reconnect.is_fresh());
  reconnect.connected(10s, true);
  reconnect.look(10s + 999ms);
  EXPECT_TRUE(reconnect.is_fresh());
  reconnect.look(11s);
  EXPECT_FALSE(reconnect.is_fresh());
}

}  // namespace
}  // namespace esm
