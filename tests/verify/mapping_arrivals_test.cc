// Whose fault a missing mapping is: the receiver's own lines tell.
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/base/units.h"
#include "sender/verify/sent.h"
#include "sender/verify/verify.h"

#include "tests/support/played_plan.h"

namespace esm {
namespace {

using namespace std::chrono_literals;
using test::PlayedPlan;
using Kind = Finding::Kind;

constexpr SimTime kTaken = 2h;
constexpr SimTime kTimeout = 45min;

const std::string kScenario = R"(
length: 3h
start: 2026-03-02T07:55:00Z
users:
  office: { count: 3, name: "user{}" }
endpoints:
  office: { count: 3, host: "PC-{}", pool: 10.20.0.1-10.20.0.3, heartbeat: 20m, jitter: 5% }
activity:
  - { logon: office, on: office, at: 1m, within: 10m, curve: uniform }
)";

// Which messages of one endpoint are meant, counted back from the last before the table was taken.
std::vector<std::size_t> last_of(const PlayedPlan& played, std::uint32_t endpoint) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < played.lines().size(); ++i) {
    const Event& event = played.lines()[i].event;
    if (event.endpoint == endpoint && event.due <= kTaken) out.insert(out.begin(), i);
  }
  return out;
}

// All users but these are in the table.
std::vector<TableRow> table_without(const PlayedPlan& played, const std::set<std::string>& users) {
  std::vector<TableRow> table;
  for (std::uint32_t i = 0; i < 3; ++i) {
    TableRow row;
    row.address = played.plan().address(played.lines()[last_of(played, i).front()].event);
    row.user = fmt::format("user{}", i + 1);
    if (!users.contains(row.user)) table.push_back(row);
  }
  return table;
}

struct Options {
  const RunRecord* record = nullptr;
  SimTime maximum = kNever;
  ReceivedForm form = {};
};

Verdict verify(const PlayedPlan& played, const std::vector<TableRow>& table,
               const std::string& received, const Options& options = {}) {
  std::istringstream stream(received);
  const VerifyInput input{.plan = played.plan(),
                          .templates = played.templates(),
                          .epoch = played.epoch(),
                          .shard = {},
                          .record = options.record,
                          .received_lines = &stream,
                          .form = options.form};
  TruthOptions truth;
  truth.epoch = played.epoch();
  truth.timeout = kTimeout;
  truth.maximum_timeout = options.maximum;
  return verify_mappings(input, ProfileSet(played.profiles()), truth, table, kTaken);
}

std::string stored(const PlayedPlan& played, const std::set<std::size_t>& without,
                   const std::string& before = "") {
  std::string out;
  for (std::size_t i = 0; i < played.lines().size(); ++i) {
    if (!without.contains(i)) out += before + played.lines()[i].text + "\n";
  }
  return out;
}

TEST(MappingArrivals, AMissingMappingSaysWhetherItsMessageCame) {
  const PlayedPlan played(kScenario);
  // user2's: three messages still count.
  const std::vector<std::size_t> last = last_of(played, 1);
  const auto event = [&](std::size_t back) { return played.lines()[last[back]].event; };
  const auto words = [&](std::size_t back) { return describe(played.plan(), event(back)); };
  ASSERT_LT(kTaken - event(1).due, kTimeout);
  ASSERT_LE(event(2).due + 45min, kTaken + 20min);
  const bool third_counts = kTaken - event(2).due < kTimeout;
  const std::size_t counting = third_counts ? 3 : 2;
  std::set<std::size_t> none(last.begin(), last.begin() + static_cast<std::ptrdiff_t>(counting));
  struct Row {
    std::string name;
    std::set<std::size_t> lost;
    std::string reason;
    bool came;
  };
  const std::vector<Row> rows{
      {"all came",
       {},
       fmt::format("it was received (line {}): the receiver should have mapped it", last[0] + 1),
       true},
      {"the last did not",
       {last[0]},
       fmt::format(
           "it was not received, or not as it was sent; the {}, was (line {}): the receiver "
           "should still have it",
           words(1), last[1] + 1),
       true},
      {"none came that counts", none,
       fmt::format("it was not received, or not as it was sent; nor were the {} before it that "
                   "would still count",
                   counting - 1),
       false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const Verdict verdict =
        verify(played, table_without(played, {"user2"}), stored(played, row.lost));
    EXPECT_EQ(verdict.missing, 1U);
    EXPECT_EQ(verdict.not_mapped, row.came ? 1U : 0U);
    EXPECT_EQ(verdict.not_received, row.came ? 0U : 1U);
    ASSERT_EQ(verdict.findings.size(), 1U);
    EXPECT_EQ(verdict.findings[0].reason,
              fmt::format("made by the {}; {}; ends at {}", words(0), row.reason,
                          format_moment(event(0).due + kTimeout)));
  }
}

TEST(MappingArrivals, AllOfThemAreCountedAndToldInEveryForm) {
  const PlayedPlan played(kScenario);
  std::set<std::size_t> lost;
  for (const std::size_t i : last_of(played, 0)) lost.insert(i);
  const Verdict verdict =
      verify(played, table_without(played, {"user1", "user2", "user3"}), stored(played, lost));
  EXPECT_EQ(verdict.missing, 3U);
  EXPECT_EQ(verdict.not_mapped, 2U);
  EXPECT_EQ(verdict.not_received, 1U);
  const std::string text = verdict_text(verdict, "mappings");
  EXPECT_NE(text.find("2 of the missing had a message that was received: the receiver did not map "
                      "it\n1 of the missing had none that was received: lost on the way, or "
                      "there\n"),
            std::string::npos)
      << text;
  EXPECT_NE(verdict_json(verdict).find("\"not_mapped\":2,\"not_received\":1"), std::string::npos);
  const std::vector<NamedVerdict> named{{"mappings", verdict}};
  EXPECT_NE(verdict_junit(named, played.epoch())
                .find("message=\"3 missing: 2 received and not mapped, 1 not received\""),
            std::string::npos);
}

TEST(MappingArrivals, AWrongUserSaysItToo) {
  const PlayedPlan played(kScenario);
  std::vector<TableRow> table = table_without(played, {});
  table[0].user = "somebody";
  const std::size_t last = last_of(played, 0).front();
  const Verdict came = verify(played, table, stored(played, {}));
  ASSERT_EQ(came.findings.size(), 1U);
  EXPECT_EQ(came.findings[0].kind, Kind::kWrongUser);
  EXPECT_NE(came.findings[0].reason.find(fmt::format("it was received (line {})", last + 1)),
            std::string::npos)
      << came.findings[0].reason;
  EXPECT_EQ(came.not_mapped + came.not_received, 0U) << "these are parts of the missing";
}

TEST(MappingArrivals, WhatThisSenderDidNotSendIsNotExpectedToHaveCome) {
  const PlayedPlan played(kScenario);
  const std::vector<std::size_t> last = last_of(played, 0);
  const RunRecord record = played.record({}, [&](std::size_t i, std::uint32_t) {
    PlayedPlan::End end;
    if (i == last[0]) end = {Fate::kDropped, Reason::kTooLate};
    return end;
  });
  const Verdict verdict = verify(played, table_without(played, {"user1"}),
                                 stored(played, {last[0]}), {.record = &record});
  ASSERT_EQ(verdict.findings.size(), 1U);
  const std::string& reason = verdict.findings[0].reason;
  EXPECT_NE(reason.find(fmt::format(
                "made by the {}; it was received (line {}): the receiver should have mapped it",
                describe(played.plan(), played.lines()[last[1]].event), last[1] + 1)),
            std::string::npos)
      << reason;
  EXPECT_NE(reason.find("did not leave: dropped (too-late)"), std::string::npos) << reason;
}

TEST(MappingArrivals, AMaximumTimeoutEndsWhatCounts) {
  const PlayedPlan played(kScenario);
  const std::vector<std::size_t> last = last_of(played, 0);
  const SimTime last_due = played.lines()[last[0]].event.due;
  // An entry that ends between its last login but one and the last: that one alone counts.
  const SimTime first_due = played.lines()[last.back()].event.due;
  const SimTime before = played.lines()[last[1]].event.due;
  const Verdict verdict =
      verify(played, table_without(played, {"user1"}), stored(played, {last[0]}),
             {.maximum = before + (last_due - before) / 2 - first_due});
  EXPECT_EQ(verdict.not_received, 1U) << verdict_text(verdict, "mappings");
}

TEST(MappingArrivals, EqualLinesTellNothing) {
  // With its head taken off no time is left in it.
  const PlayedPlan played(kScenario, "fsso-logon", "fsso-logon");
  const std::vector<std::size_t> last = last_of(played, 0);
  const ReceivedForm form = *ReceivedForm::parse("rsyslog");
  std::string one, other;
  ASSERT_EQ(form.sent(played.lines()[last[0]].text, one),
            form.sent(played.lines()[last[1]].text, other));
  const Verdict verdict =
      verify(played, table_without(played, {"user1"}), stored(played, {}), {.form = form});
  EXPECT_EQ(verdict.missing, 1U);
  EXPECT_EQ(verdict.not_mapped + verdict.not_received, 0U);
}

TEST(MappingArrivals, AreFoundBehindWhatAReceiverPutsBeforeThem) {
  const PlayedPlan played(kScenario);
  const Verdict verdict =
      verify(played, table_without(played, {"user1"}), stored(played, {}, "host7 esm: "),
             {.form = *ReceivedForm::parse("regex:^host7 esm: (.*)$")});
  EXPECT_EQ(verdict.not_mapped, 1U);
  const Verdict raw =
      verify(played, table_without(played, {"user1"}), stored(played, {}, "host7 esm: "));
  EXPECT_EQ(raw.not_received, 1U);
}

}  // namespace
}  // namespace esm
