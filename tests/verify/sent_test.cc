#include "sender/verify/sent.h"

#include <gtest/gtest.h>

#include "tests/support/played_plan.h"

namespace esm {
namespace {

using test::PlayedPlan;

const std::string kScenario = R"(
length: 2h
start: 2026-03-02T07:55:00Z
esm:
  - { name: esm01, address: 10.0.1.20, version: 4.1 }
  - { name: esm02, address: 10.0.1.21, version: 4.1 }
  - { name: esm03, address: 10.0.1.22, version: 4.1 }
users:
  office: { count: 40, name: "user{:05}" }
endpoints:
  office: { count: 40, host: "PC-{:05}", pool: 10.20.0.0/24, heartbeat: 10m }
activity:
  - { logon: office, on: office, at: 1m, within: 5m, curve: uniform }
)";

// Whatever the shape of the run, every message's end is found again.
TEST(SentRule, FindsTheEndOfEveryMessageInEveryShapeOfARun) {
  const PlayedPlan played(kScenario);
  ASSERT_GT(played.lines().size(), 300U);
  const auto end = [&](std::size_t i, std::uint32_t target) {
    PlayedPlan::End what;
    switch ((i + target) % 7) {
      case 1:
        what = {Fate::kDropped, Reason::kTooLate, false, true};
        break;
      case 2:
        what.uncertain = true;
        break;
      case 3:
        what = {Fate::kCut, Reason::kNone, true, true};
        break;
      case 4:
        what = {Fate::kRefused, Reason::kNoBuffers, false, true};
        break;
      default:
        break;
    }
    what.due = i < played.lines().size() - 50;
    return what;
  };
  for (const Shard shard : {Shard{0, 1}, Shard{1, 3}}) {
    for (const std::uint32_t workers : {1U, 2U}) {
      for (const std::uint32_t connections : {1U, 4U}) {
        const RunRecord record = played.record({shard, workers, connections, 2, Speed{}}, end);
        for (const std::uint32_t target : {0U, 1U}) {
          SCOPED_TRACE(::testing::Message()
                       << shard.index << "/" << shard.count << " workers " << workers
                       << " connections " << connections << " target " << target);
          SentRule rule(played.plan(), &record, target);
          for (std::size_t i = 0; i < played.lines().size(); ++i) {
            const Event& event = played.lines()[i].event;
            const SentRule::Answer answer = rule.next(event);
            const PlayedPlan::End what = end(i, target);
            ASSERT_EQ(answer.due, what.due && shard.holds(event.endpoint)) << i;
            if (!answer.due) continue;
            const bool lost = what.fate == Fate::kDropped || what.fate == Fate::kRefused;
            const Sent sent = lost             ? Sent::kNotSent
                              : what.uncertain ? Sent::kUncertain
                                               : Sent::kSent;
            ASSERT_EQ(answer.sent, sent) << i;
            ASSERT_EQ(answer.exception != nullptr, sent != Sent::kSent);
          }
        }
      }
    }
  }
}

TEST(SentRule, WithoutARecordAllWasSent) {
  const PlayedPlan played(kScenario);
  SentRule rule(played.plan(), nullptr, 0);
  const SentRule::Answer answer = rule.next(played.lines().front().event);
  EXPECT_TRUE(answer.due);
  EXPECT_EQ(answer.sent, Sent::kSent);
}

TEST(SentRule, WhatIsNotListedInALaneThatOverflowedIsUncertain) {
  const PlayedPlan played(kScenario);
  RunRecord record = played.record({}, [](std::size_t i, std::uint32_t) {
    return i == 0 ? PlayedPlan::End{Fate::kDropped, Reason::kTooLate, false, true}
                  : PlayedPlan::End{};
  });
  for (LaneRecord& lane : record.lanes) lane.exceptions_overflowed = true;
  SentRule rule(played.plan(), &record, 0);
  EXPECT_EQ(rule.next(played.lines()[0].event).sent, Sent::kNotSent);
  EXPECT_EQ(rule.next(played.lines()[1].event).sent, Sent::kUncertain);
}

TEST(SentRule, NothingWasDueInARunWithoutLanes) {
  const PlayedPlan played(kScenario);
  const RunRecord record;
  SentRule rule(played.plan(), &record, 0);
  EXPECT_FALSE(rule.next(played.lines().front().event).due);
}

TEST(Sent, IsDescribedForPeople) {
  const FateInterval dropped{1, 1, Fate::kDropped, Reason::kTooLate, 0};
  const FateInterval refused{1, 1, Fate::kRefused, Reason::kTooLong, 90};
  const FateInterval cut{1, 1, Fate::kCut, Reason::kNone, 104};
  const FateInterval open{1, 1, Fate::kWritten, Reason::kNone, 0};
  const struct {
    SentRule::Answer answer;
    const char* text;
  } rows[] = {
      {{false, Sent::kSent, nullptr}, "never due"},
      {{true, Sent::kSent, nullptr}, "sent"},
      {{true, Sent::kNotSent, &dropped}, "dropped (too-late)"},
      {{true, Sent::kNotSent, &refused}, "refused (too-long, error 90)"},
      {{true, Sent::kUncertain, &cut}, "uncertain (only its first bytes were written)"},
      {{true, Sent::kUncertain, &open}, "uncertain (its connection ended badly)"},
      {{true, Sent::kUncertain, nullptr}, "uncertain (the record had no room for all exceptions)"},
  };
  for (const auto& row : rows) EXPECT_EQ(describe(row.answer), row.text);

  const PlayedPlan played(kScenario);
  Event event;
  event.due = std::chrono::minutes{35};
  event.endpoint = 6;
  event.user = 6;
  EXPECT_EQ(describe(played.plan(), event),
            "heartbeat of user00007 at PC-00007 (10.20.0.7), due at 35m");
  event.kind = EventKind::kLogon;
  event.user = kNobody;
  EXPECT_EQ(describe(played.plan(), event), "logon of nobody at PC-00007 (10.20.0.7), due at 35m");

  const PlayedPlan noisy(std::string(kScenario) +
                         "noise: [ { message: traps-leef-threat, on: office, every: 1h } ]\n");
  event.kind = EventKind::kNoise;
  event.message = 1;
  EXPECT_EQ(describe(noisy.plan(), event),
            "noise traps-leef-threat of nobody at PC-00007 (10.20.0.7), due at 35m");
}

}  // namespace
}  // namespace esm
