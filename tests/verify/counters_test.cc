// What a firewall counted, against what it should have.
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/verify/verify.h"

#include "tests/support/played_plan.h"

namespace esm {
namespace {

using test::PlayedPlan;

const PlayedPlan& two_esms() {
  static const PlayedPlan played(R"(
length: 1h
start: 2026-03-02T07:55:00Z
esm:
  - { name: esm01, address: 10.0.1.20 }
  - { name: esm02, address: 10.0.1.21 }
users:
  office: { count: 40, name: "user{:05}" }
endpoints:
  office: { count: 40, host: "PC-{:05}", pool: 10.20.0.0/24, heartbeat: 10m }
activity:
  - { logon: office, on: office, at: 1m, within: 5m, curve: uniform }
noise:
  - { message: traps-leef-threat, on: office, every: 30m }
)");
  return played;
}

// What a receiver counts that got everything.
std::vector<MonitorCounters> right_counters() {
  std::vector<MonitorCounters> out{{"esm01", "10.0.1.20", 0, 0, 1, 1},
                                   {"esm02", "10.0.1.21", 0, 0, 1, 1}};
  const ProfileSet profiles(two_esms().profiles());
  for (const PlayedPlan::Line& line : two_esms().lines()) {
    MonitorCounters& of = out[two_esms().plan().esm(line.event.endpoint)];
    ++of.log_messages;
    if (profiles.read(line.text).verdict == Reading::Verdict::kMapped) ++of.auth_success;
  }
  return out;
}

Verdict verify(const std::vector<MonitorCounters>& counters,
               const std::vector<MonitorCounters>& before = {}, const RunRecord* record = nullptr) {
  const VerifyInput input{.plan = two_esms().plan(),
                          .templates = two_esms().templates(),
                          .epoch = two_esms().epoch(),
                          .shard = {},
                          .record = record};
  return verify_counters(input, ProfileSet(two_esms().profiles()), counters, before);
}

TEST(VerifyCounters, WhatWasSentIsWhatIsCounted) {
  const std::vector<MonitorCounters> right = right_counters();
  ASSERT_GT(right[0].log_messages, right[0].auth_success);
  const Verdict verdict = verify(right);
  EXPECT_TRUE(verdict.ok()) << verdict_text(verdict, "counters");
  EXPECT_EQ(verdict.matched, 4U);
  // One sender in front of both, as behind one address.
  const MonitorCounters all{"ESM",
                            "127.0.0.1",
                            right[0].log_messages + right[1].log_messages,
                            right[0].auth_success + right[1].auth_success,
                            1,
                            1};
  EXPECT_TRUE(verify({all}).ok());
}

TEST(VerifyCounters, WhatWasCountedBeforeIsTakenOff) {
  const std::vector<MonitorCounters> before{{"esm01", "10.0.1.20", 100, 50, 1, 1}};
  std::vector<MonitorCounters> after = right_counters();
  after[0].log_messages += 100;
  after[0].auth_success += 50;
  EXPECT_FALSE(verify(after).ok());
  EXPECT_TRUE(verify(after, before).ok());
}

TEST(VerifyCounters, LossAndLinesThatTaughtNothingAreToldApart) {
  std::vector<MonitorCounters> counters = right_counters();
  counters[1].log_messages -= 3;
  counters[1].auth_success -= 3;
  Verdict verdict = verify(counters);
  EXPECT_EQ(verdict.wrong_counters, 2U);
  ASSERT_EQ(verdict.findings.size(), 2U);
  EXPECT_EQ(verdict.findings[0].subject, "log messages of esm02 (10.0.1.21)");
  EXPECT_EQ(verdict.findings[0].reason, "3 messages were not received");
  EXPECT_EQ(verdict.findings[1].reason,
            "3 messages taught nothing, those among them that were not received");

  counters = right_counters();
  counters[0].auth_success = 0;
  verdict = verify(counters);
  ASSERT_EQ(verdict.findings.size(), 1U);
  EXPECT_EQ(verdict.findings[0].subject, "auth. success messages of esm01 (10.0.1.20)");
  EXPECT_NE(verdict.findings[0].reason.find("no parse profile matches them"), std::string::npos);

  counters = right_counters();
  counters[0].log_messages += 5;
  EXPECT_EQ(
      verify(counters).findings[0].reason,
      "5 messages more than were sent: somebody else sends, too, or they were counted before");
}

TEST(VerifyCounters, OurOwnDropsAreNotExpectedAndTheUncertainMayBeThere) {
  const RunRecord record = two_esms().record({}, [](std::size_t i, std::uint32_t) {
    PlayedPlan::End end;
    if (i == 5) end = {Fate::kDropped, Reason::kTooLate, false, true};
    if (i == 6) end.uncertain = true;
    return end;
  });
  std::vector<MonitorCounters> counters = right_counters();
  const auto esm = [](std::size_t i) {
    return two_esms().plan().esm(two_esms().lines()[i].event.endpoint);
  };
  --counters[esm(5)].log_messages;
  --counters[esm(5)].auth_success;
  EXPECT_TRUE(verify(counters, {}, &record).ok());
  EXPECT_EQ(verify(counters, {}, &record).not_sent, 1U);
  --counters[esm(6)].log_messages;
  --counters[esm(6)].auth_success;
  EXPECT_TRUE(verify(counters, {}, &record).ok());
  --counters[esm(6)].log_messages;
  EXPECT_FALSE(verify(counters, {}, &record).ok());
}

}  // namespace
}  // namespace esm
