#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

#include "sender/verify/verify.h"

#include "tests/support/played_plan.h"

namespace esm {
namespace {

using namespace std::chrono_literals;
using test::PlayedPlan;
using Kind = Finding::Kind;

// alice takes PC-00007 over at 35m, everybody else stays; the last three log off at 1h.
const std::string kScenario = R"(
length: 3h
start: 2026-03-02T07:55:00Z
users:
  office: { count: 12, name: "user{:05}" }
  guests: { count: 3, name: "guest{}" }
  alice: { name: alice }
endpoints:
  office: { count: 12, host: "PC-{:05}", pool: 10.20.0.0/24, heartbeat: 20m }
  lobby: { count: 3, host: "LOBBY-{}", pool: 10.30.0.0/28, heartbeat: 20m }
activity:
  - { logon: office, on: office, at: 1m, within: 15m, curve: uniform }
  - { logon: guests, on: lobby, at: 5m, curve: at-once }
  - { logoff: guests, on: lobby, at: 1h, curve: at-once }
steps:
  - { at: 35m, logon: alice, on: PC-00007 }
  - { at: 36m, expect: { PC-00007: alice, PC-00008: user00008 } }
  - { at: 2h30m, expect: { LOBBY-1: none } }
)";

const PlayedPlan& morning() {
  static const PlayedPlan played(kScenario);
  return played;
}

using Table = std::vector<TableRow>;

TableRow row(const std::string& address, const std::string& user) {
  TableRow out;
  out.address = *IpAddress::parse(address);
  out.user = user;
  return out;
}

// What a correct receiver holds.
Table right_table(SimTime at, SimTime timeout = 45min, const PlayedPlan& played = morning()) {
  TruthOptions options;
  options.epoch = played.epoch();
  options.timeout = timeout;
  const ProfileSet reader(played.profiles());
  const std::vector<SimTime> moments{at};
  const std::vector<TruthAt> tables =
      truth(played.plan(), played.templates(), reader, options, moments);
  Table table;
  for (const Mapping& mapping : tables.front().mappings) {
    table.push_back(row(mapping.address.to_string(), mapping.user));
    table.back().idle_seconds = (mapping.expires - at) / 1s;
  }
  return table;
}

struct Options {
  const RunRecord* record = nullptr;
  SimTime timeout = 45min;
  std::optional<SimTime> receiver_timeout = std::nullopt;
  SimTime tolerance = 1s;
  std::size_t findings_max = 20;
};

Verdict verify(const Table& table, SimTime at, const Options& options = {},
               const PlayedPlan& played = morning()) {
  const VerifyInput input{.plan = played.plan(),
                          .templates = played.templates(),
                          .epoch = played.epoch(),
                          .shard = {},
                          .record = options.record,
                          .findings_max = options.findings_max,
                          .at_tolerance = options.tolerance,
                          .receiver_timeout = options.receiver_timeout};
  TruthOptions truth_options;
  truth_options.epoch = played.epoch();
  truth_options.timeout = options.timeout;
  const ProfileSet reader(played.profiles());
  return verify_mappings(input, reader, truth_options, table, at);
}

Table::iterator at_address(Table& table, const std::string& address) {
  return std::find_if(table.begin(), table.end(),
                      [&](const TableRow& r) { return r.address.to_string() == address; });
}

TEST(VerifyMappings, TheRightTableIsRightAtAnyMoment) {
  for (const SimTime at : {SimTime{0}, SimTime{10min}, SimTime{35min}, SimTime{1h}, SimTime{2h},
                           SimTime{3h}, SimTime{4h}}) {
    SCOPED_TRACE(at.count());
    Table table = right_table(at);
    std::reverse(table.begin(), table.end());
    const Verdict verdict = verify(table, at);
    EXPECT_TRUE(verdict.ok()) << verdict_text(verdict, "mappings");
    EXPECT_EQ(verdict.matched, verdict.expected);
    EXPECT_EQ(verdict.matched + verdict.uncertain_received, table.size());
  }
  EXPECT_EQ(right_table(2h).size(), 12U) << "the lobby's mappings have ended";
}

TEST(VerifyMappings, EveryDamageIsFoundAndNamedAndNothingElseIs) {
  const struct {
    const char* name;
    std::function<void(Table&)> act;
    Kind kind;
    const char* subject;
    const char* expected;
    const char* found;
    const char* reason;
  } rows[] = {
      {"lost", [](Table& t) { t.erase(at_address(t, "10.20.0.7")); }, Kind::kMappingMissing,
       "10.20.0.7", "alice", "", "made by the heartbeat of alice at PC-00007 (10.20.0.7), due at "},
      {"not taken over", [](Table& t) { at_address(t, "10.20.0.7")->user = "user00007"; },
       Kind::kWrongUser, "10.20.0.7", "alice", "user00007",
       "what was found was right until then, since the "},
      {"garbled", [](Table& t) { at_address(t, "10.20.0.3")->user = "user0"; }, Kind::kWrongUser,
       "10.20.0.3", "user00003", "user0", "made by the heartbeat of user00003 at PC-00003"},
      {"not ended", [](Table& t) { t.push_back(row("10.30.0.1", "guest1")); }, Kind::kLingering,
       "10.30.0.1", "", "guest1",
       "the last message there was the heartbeat of guest1 at LOBBY-1 (10.30.0.1), due at "},
      {"from nowhere", [](Table& t) { t.push_back(row("192.0.2.1", "mallory")); },
       Kind::kMappingExtra, "192.0.2.1", "", "mallory", "no message speaks of this address"},
  };
  for (const auto& damage : rows) {
    SCOPED_TRACE(damage.name);
    Table table = right_table(2h);
    damage.act(table);
    const Verdict verdict = verify(table, 2h);
    EXPECT_EQ(verdict.findings_total, 1U);
    ASSERT_EQ(verdict.findings.size(), 1U);
    const Finding& finding = verdict.findings[0];
    EXPECT_EQ(finding.kind, damage.kind);
    EXPECT_EQ(finding.subject, damage.subject);
    EXPECT_EQ(finding.expected, damage.expected);
    EXPECT_EQ(finding.found, damage.found);
    EXPECT_EQ(finding.reason.find(damage.reason) == std::string::npos, false) << finding.reason;
    EXPECT_EQ(verdict.missing, damage.kind == Kind::kMappingMissing ? 1U : 0U);
    EXPECT_EQ(verdict.wrong_user, damage.kind == Kind::kWrongUser ? 1U : 0U);
    const bool extra = damage.kind == Kind::kMappingExtra || damage.kind == Kind::kLingering;
    EXPECT_EQ(verdict.extra, extra ? 1U : 0U);
    EXPECT_EQ(verdict.matched, 12U - (extra ? 0U : 1U));
  }
}

// Decoys among the heartbeats, and a receiver that tells them apart.
const PlayedPlan& noisy(const std::string& profile) {
  static const std::string text =
      std::string(kScenario) +
      "noise:\n  - { message: traps-leef-decoy, on: office, every: 1h }\n"
      "  - { message: traps-leef-threat, on: office, every: 10m }\n";
  static const PlayedPlan safe(text, "traps-leef-heartbeat", "traps-safe");
  static const PlayedPlan careless(text, "traps-leef-heartbeat", "traps-kb");
  return profile == "traps-safe" ? safe : careless;
}

TEST(VerifyMappings, AReceiverThatTakesNoiseForAHeartbeatIsFoundOutAndTheNoiseIsNamed) {
  const PlayedPlan& careful = noisy("traps-safe");
  const Table right = right_table(2h, 45min, careful);
  EXPECT_TRUE(verify(right, 2h, {}, careful).ok());
  // What a receiver with the article's profile has learnt.
  const Table careless = right_table(2h, 45min, noisy("traps-kb"));
  EXPECT_EQ(careless.size(), right.size() + 1);
  const Verdict verdict = verify(careless, 2h, {}, careful);
  EXPECT_EQ(verdict.findings_total, 1U);
  ASSERT_EQ(verdict.findings.size(), 1U);
  EXPECT_EQ(verdict.findings[0].kind, Kind::kMappingExtra);
  EXPECT_EQ(verdict.findings[0].subject, "192.0.2.66");
  EXPECT_EQ(verdict.findings[0].found, "mallory");
  EXPECT_EQ(verdict.findings[0].reason.find("its words stand in the noise traps-leef-decoy of "),
            0U)
      << verdict.findings[0].reason;
  EXPECT_NE(verdict.findings[0].reason.find(", which is no heartbeat"), std::string::npos);
  // To the article's profile it is right, and so says verify with that profile.
  EXPECT_TRUE(verify(careless, 2h, {}, noisy("traps-kb")).ok());
}

TEST(VerifyMappings, AnExpectationKnowsWhatNoiseTeachesTheReceiver) {
  // The decoy speaks of an address at which there is an endpoint of ours.
  const std::string text =
      "length: 1h\nstart: 2026-03-02T07:55:00Z\nusers: { u: { name: jdoe }, v: { name: anna } }\n"
      "endpoints:\n  e: { host: pc, pool: 10.20.0.1/32 }\n  f: { host: victim, pool: "
      "192.0.2.66/32 }\n"
      "steps:\n  - { at: 1m, logon: anna, on: victim }\n  - { at: 2m, logon: jdoe, on: pc }\n"
      "  - { at: 30m, expect: { victim: anna } }\n"
      "noise: [ { message: traps-leef-decoy, on: e, every: 10m } ]\n";
  for (const char* profile : {"traps-safe", "traps-kb"}) {
    SCOPED_TRACE(profile);
    const bool careful = profile == std::string("traps-safe");
    const PlayedPlan played(text, "traps-leef-heartbeat", profile);
    const Verdict verdict = verify(right_table(30min, 45min, played), 30min, {}, played);
    EXPECT_EQ(verdict.expectations, 1U);
    EXPECT_EQ(verdict.expectations_failed, careful ? 0U : 1U);
    if (!careful) {
      EXPECT_EQ(verdict.findings.at(0).found, "mallory");
    }
  }
}

TEST(VerifyMappings, WhatNeverLeftIsNotBlamedOnTheReceiver) {
  // alice's messages were all dropped: user00007 stays, until the timeout.
  const RunRecord record = morning().record({.workers = 2}, [](std::size_t i, std::uint32_t) {
    const Event& event = morning().lines()[i].event;
    return event.user == 15 ? PlayedPlan::End{Fate::kDropped, Reason::kDisconnected, false, true}
                            : PlayedPlan::End{};
  });
  Table table = right_table(40min);
  at_address(table, "10.20.0.7")->user = "user00007";
  Verdict verdict = verify(table, 40min, {.record = &record});
  EXPECT_EQ(verdict.wrong_user, 0U);
  EXPECT_EQ(verdict.missing, 0U);
  EXPECT_GE(verdict.not_sent, 1U);
  // The scenario's expectation fails, and says why.
  EXPECT_EQ(verdict.expectations, 2U);
  EXPECT_EQ(verdict.expectations_failed, 1U);
  ASSERT_EQ(verdict.findings.size(), 1U);
  EXPECT_EQ(verdict.findings[0].kind, Kind::kExpectationFailed);
  EXPECT_EQ(verdict.findings[0].subject, "PC-00007 (10.20.0.7) at 36m");
  EXPECT_EQ(verdict.findings[0].expected, "alice");
  EXPECT_EQ(verdict.findings[0].found, "user00007");
  EXPECT_EQ(verdict.findings[0].reason,
            "test.yaml:17; logon of alice at PC-00007 (10.20.0.7), due at 35m: dropped "
            "(disconnected)");
  // A receiver that has alice all the same has her from somebody else.
  at_address(table, "10.20.0.7")->user = "alice";
  verdict = verify(table, 40min, {.record = &record});
  EXPECT_EQ(verdict.wrong_user, 1U);
  EXPECT_NE(verdict.findings.back().reason.find(
                "the logon of alice at PC-00007 (10.20.0.7), due at 35m, did not leave: dropped "
                "(disconnected)"),
            std::string::npos)
      << verdict.findings.back().reason;
}

TEST(VerifyMappings, WhatIsUncertainIsAcceptedEitherWay) {
  const RunRecord record = morning().record({}, [](std::size_t i, std::uint32_t) {
    PlayedPlan::End end;
    end.uncertain = morning().lines()[i].event.user == 15;  // alice
    return end;
  });
  Table table = right_table(40min);
  for (const char* user : {"alice", "user00007"}) {
    SCOPED_TRACE(user);
    at_address(table, "10.20.0.7")->user = user;
    const Verdict verdict = verify(table, 40min, {.record = &record});
    EXPECT_TRUE(verdict.ok()) << verdict_text(verdict, "mappings");
  }
  at_address(table, "10.20.0.7")->user = "bob";
  EXPECT_EQ(verify(table, 40min, {.record = &record}).wrong_user, 1U);
  // At 2h user00007's mapping has ended: alice or nobody.
  table = right_table(2h);
  EXPECT_TRUE(verify(table, 2h, {.record = &record}).ok());
  table.erase(at_address(table, "10.20.0.7"));
  EXPECT_TRUE(verify(table, 2h, {.record = &record}).ok());
  table.push_back(row("10.20.0.7", "user00007"));
  EXPECT_EQ(verify(table, 2h, {.record = &record}).wrong_user, 1U);
}

TEST(VerifyMappings, TwoLoginsAtOnceMayEndEitherWay) {
  const PlayedPlan played(R"(
length: 1h
start: 2026-03-02T07:55:00Z
users:
  a: { name: ann }
  b: { name: bob }
endpoints:
  pc: { host: pc, pool: 10.0.0.1/32, heartbeat: 59m, heartbeat-clock: logon }
steps:
  - { at: 10m, logon: a, on: pc }
  - { at: 600500ms, logon: b, on: pc }
)");
  for (const char* user : {"ann", "bob"}) {
    const Verdict verdict = verify({row("10.0.0.1", user)}, 20min, {}, played);
    EXPECT_TRUE(verdict.ok()) << user;
    EXPECT_EQ(verdict.contested, 1U);
    EXPECT_EQ(verdict.matched, 1U);
  }
  const Verdict verdict = verify({row("10.0.0.1", "eve")}, 20min, {}, played);
  EXPECT_EQ(verdict.wrong_user, 1U);
  EXPECT_EQ(verdict.contested, 0U);
}

// Ann is gone as soon as she came, and Bob is back as soon as he went: over UDP a receiver may see
// each the other way round.
TEST(VerifyMappings, ALoginAndALogoutAtOnceMayEndEitherWay) {
  const PlayedPlan played(R"(
length: 1h
start: 2026-03-02T07:55:00Z
receiver: { profile: [fsso-logon, fsso-logoff] }
users:
  a: { name: ann }
  b: { name: bob }
endpoints:
  pc: { count: 2, host: "pc{}", pool: 10.0.0.0/29, heartbeat: 59m, heartbeat-clock: logon, logoff-message: fsso-logoff }
steps:
  - { at: 10m, logon: a, on: pc1 }
  - { at: 10m, logon: b, on: pc2 }
  - { at: 600300ms, logoff: a, on: pc1 }
  - { at: 12m, logoff: b, on: pc2 }
  - { at: 720900ms, logon: b, on: pc2 }
  - { at: 13m, expect: { pc1: ann, pc2: none } }
  - { at: 14m, expect: { pc1: none, pc2: bob } }
)",
                          "fsso-logon");
  for (const Table& table : {Table{}, Table{row("10.0.0.1", "ann")}, Table{row("10.0.0.2", "bob")},
                             Table{row("10.0.0.1", "ann"), row("10.0.0.2", "bob")}}) {
    const Verdict verdict = verify(table, 20min, {}, played);
    EXPECT_TRUE(verdict.ok()) << verdict_text(verdict, "mappings");
    EXPECT_EQ(verdict.expectations, 4U);
    EXPECT_EQ(verdict.uncertain_received, table.size());
  }
  EXPECT_EQ(verify({row("10.0.0.1", "bob")}, 20min, {}, played).wrong_user, 1U);
  EXPECT_EQ(verify({row("10.0.0.2", "ann")}, 20min, {}, played).wrong_user, 1U);
  EXPECT_EQ(verify({row("10.0.0.3", "ann")}, 20min, {}, played).extra, 1U);
}

TEST(VerifyMappings, WhatBeginsOrEndsAboutThenIsAcceptedEitherWay) {
  // The guests log on at 5m.
  const Table before = right_table(5min - 1ms), after = right_table(5min);
  ASSERT_EQ(after.size(), before.size() + 3);
  EXPECT_TRUE(verify(before, 5min).ok());
  EXPECT_TRUE(verify(after, 5min).ok());
  EXPECT_TRUE(verify(after, 5min - 1ms).ok());
  EXPECT_EQ(verify(before, 5min + 2s).missing, 3U);
  EXPECT_EQ(verify(after, 5min - 2s).extra, 3U);
  EXPECT_TRUE(verify(before, 5min + 2s, {.tolerance = 3s}).ok());
  // After the end nothing begins, but mappings end.
  const Table at_end = right_table(3h);
  const Table later = right_table(3h + 30min);
  ASSERT_LT(later.size(), at_end.size());
  EXPECT_FALSE(verify(later, 3h).ok());
  EXPECT_TRUE(verify(later, 3h, {.tolerance = 30min}).ok());
  EXPECT_TRUE(verify(at_end, 3h + 20min, {.tolerance = 20min}).ok());
}

TEST(VerifyMappings, AtAnotherSpeedTheSameSecondsAreMoreOfTheScenario) {
  const RunRecord record = morning().record({.speed = Speed{60, 1}});
  const Table before = right_table(5min - 1ms, 45h);
  EXPECT_TRUE(verify(before, 5min + 59s, {.record = &record, .timeout = 45h}).ok());
  EXPECT_FALSE(verify(before, 5min + 61s, {.record = &record, .timeout = 45h}).ok());
}

TEST(VerifyMappings, RemainingSecondsAreComparedOnRequest) {
  Table table = right_table(2h);
  EXPECT_TRUE(verify(table, 2h, {.receiver_timeout = 45min}).ok());
  *table[3].idle_seconds += 2;
  EXPECT_TRUE(verify(table, 2h, {.receiver_timeout = 45min}).ok());
  *table[3].idle_seconds += 10;
  EXPECT_TRUE(verify(table, 2h).ok()) << "not asked for";
  const Verdict verdict = verify(table, 2h, {.receiver_timeout = 45min});
  EXPECT_EQ(verdict.wrong_remaining, 1U);
  ASSERT_EQ(verdict.findings.size(), 1U);
  EXPECT_EQ(verdict.findings[0].kind, Kind::kWrongRemaining);
  EXPECT_EQ(verdict.findings[0].subject, table[3].address.to_string());
  table[3].idle_seconds.reset();
  EXPECT_TRUE(verify(table, 2h, {.receiver_timeout = 45min}).ok());
  // A receiver whose 45 s are the scenario's 45 min.
  Table fast = right_table(2h);
  for (TableRow& one : fast) *one.idle_seconds /= 60;
  EXPECT_TRUE(verify(fast, 2h, {.receiver_timeout = 45s}).ok());
}

TEST(VerifyMappings, AUserShownEscapedIsTheSameUser) {
  Table table = right_table(2h);
  table[0].user = escape_for_display(table[0].user);
  EXPECT_TRUE(verify(table, 2h).ok());
}

TEST(VerifyMappings, ExpectationsAreEvaluatedUpToTheMoment) {
  EXPECT_EQ(verify(right_table(35min), 35min).expectations, 0U);
  EXPECT_EQ(verify(right_table(36min), 36min).expectations, 2U);
  EXPECT_EQ(verify(right_table(3h), 3h).expectations, 3U);
  EXPECT_EQ(verify(right_table(3h), 3h).expectations_failed, 0U);
}

TEST(VerifyMappings, AnExpectationThatTheScenarioCannotMeetFails) {
  std::string scenario = kScenario;
  scenario.replace(scenario.find("LOBBY-1: none"), 13, "LOBBY-1: guest1");
  const PlayedPlan played(scenario);
  const Verdict verdict = verify(right_table(3h, 45min, played), 3h, {}, played);
  EXPECT_EQ(verdict.expectations_failed, 1U);
  EXPECT_EQ(verdict.findings_total, 1U);
  ASSERT_EQ(verdict.findings.size(), 1U);
  EXPECT_EQ(verdict.findings[0].subject, "LOBBY-1 (10.30.0.1) at 2h30m");
  EXPECT_EQ(verdict.findings[0].expected, "guest1");
  EXPECT_EQ(verdict.findings[0].found, "nobody");
}

TEST(VerifyMappings, FindingsAreCappedAndCounted) {
  const Verdict verdict = verify({}, 2h, {.findings_max = 5});
  EXPECT_EQ(verdict.missing, 12U);
  EXPECT_EQ(verdict.findings.size(), 5U);
  const std::string text = verdict_text(verdict, "mappings");
  EXPECT_NE(text.find("… and 7 more\n"), std::string::npos) << text;
}

TEST(VerifyMappings, AnInterruptedRunIsComparedWithWhatWasDue) {
  const RunRecord record = morning().record({}, [](std::size_t i, std::uint32_t) {
    PlayedPlan::End end;
    end.due = morning().lines()[i].event.due < 35min;
    return end;
  });
  Table table = right_table(34min);
  const Verdict verdict = verify(table, 34min, {.record = &record});
  EXPECT_TRUE(verdict.ok()) << verdict_text(verdict, "mappings");
}

}  // namespace
}  // namespace esm
