// Messages that are broken on purpose are expected as a receiver of lines gets them.
#include <algorithm>
#include <functional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "sender/base/lines.h"
#include "sender/verify/verify.h"

#include "tests/support/played_plan.h"

namespace esm {
namespace {

using test::PlayedPlan;
using Lines = std::vector<std::string>;
using Kind = Finding::Kind;

PlayedPlan with_fault(const std::string& fault, int count = 5) {
  return PlayedPlan(
      "length: 1h\nstart: 2026-03-02T07:55:00Z\n"
      "users:\n  u: { count: " +
      std::to_string(count) +
      ", name: \"user{}\" }\nendpoints:\n  e: { count: " + std::to_string(count) +
      ", host: \"w{}\", pool: 10.0.1.0/24, heartbeat: 20m }\n"
      "activity:\n  - { logon: u, on: e, at: 1m, within: 5m }\n"
      "faults:\n  - { kind: " +
      fault + ", on: e, share: 100% }\n");
}

// As a receiver of lines finds them, none longer than it takes.
Lines received_lines(const PlayedPlan& played, std::size_t line_max = SIZE_MAX) {
  Lines lines;
  for (const PlayedPlan::Line& line : played.lines()) {
    for_each_line(line.text, [&](std::string_view one) {
      if (one.size() <= line_max) lines.emplace_back(one);
    });
  }
  return lines;
}

Verdict verify(const PlayedPlan& played, const Lines& lines, const RunRecord* record = nullptr,
               std::size_t line_max = SIZE_MAX) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  std::istringstream stream(text);
  const VerifyInput input{.plan = played.plan(),
                          .templates = played.templates(),
                          .epoch = played.epoch(),
                          .shard = {},
                          .record = record,
                          .message_bytes_max = line_max,
                          .receiver_timeout = std::nullopt};
  return verify_received(input, stream);
}

const std::vector<std::string> kFaults = {
    "truncated",       "no-pri",    "wrong-pri",   "missing-key",         "empty-user",
    "two-users",       "bom",       "embedded-lf", "embedded-nul",        "invalid-utf8",
    "wrong-delimiter", "duplicate", "several",     "time-skew, skew: 1h", "over-long, bytes: 2049"};

TEST(VerifyFaults, WhatAReceiverOfLinesGetsIsExpected) {
  for (const std::string& fault : kFaults) {
    SCOPED_TRACE(fault);
    const PlayedPlan played = with_fault(fault);
    const Lines lines = received_lines(played);
    for (const bool recorded : {false, true}) {
      const RunRecord record = played.record({.workers = 2, .connections = 2});
      const Verdict verdict = verify(played, lines, recorded ? &record : nullptr);
      EXPECT_TRUE(verdict.ok()) << verdict_text(verdict, "messages");
      EXPECT_EQ(verdict.expected, lines.size());
      EXPECT_EQ(verdict.matched, lines.size());
      EXPECT_EQ(verdict.out_of_order, 0U);
    }
  }
}

TEST(VerifyFaults, CountsLinesAndNotMessages) {
  EXPECT_EQ(received_lines(with_fault("embedded-lf")).size(),
            2 * with_fault("embedded-lf").lines().size());
  EXPECT_EQ(received_lines(with_fault("several, times: 4")).size(),
            4 * with_fault("several").lines().size());
  const std::size_t whole = with_fault("bom").lines().size();
  EXPECT_EQ(with_fault("duplicate").lines().size(), 2 * whole);
}

TEST(VerifyFaults, ALineThatIsMissingOfAMessageOfTwoIsNamedWithItsFault) {
  const PlayedPlan played = with_fault("embedded-lf");
  Lines lines = received_lines(played);
  const std::string gone = lines[2];  // the first of message 1
  lines.erase(lines.begin() + 2);
  const Verdict verdict = verify(played, lines);
  EXPECT_EQ(verdict.missing, 1U);
  EXPECT_EQ(verdict.findings_total, 1U);
  ASSERT_EQ(verdict.findings.size(), 1U);
  EXPECT_EQ(verdict.findings[0].subject, gone);
  EXPECT_NE(verdict.findings[0].reason.find("logon (embedded-lf) of user"), std::string::npos)
      << verdict.findings[0].reason;
}

// A receiver that takes a duplicate for the same message loses one.
TEST(VerifyFaults, ADuplicateThatCameOnceIsMissingOnce) {
  const PlayedPlan played = with_fault("duplicate");
  Lines lines = received_lines(played);
  lines.erase(lines.begin());
  const Verdict verdict = verify(played, lines);
  EXPECT_EQ(verdict.missing, 1U);
  EXPECT_EQ(verdict.matched, lines.size());
  EXPECT_EQ(verdict.duplicated, 0U);
  lines.push_back(lines.front());
  lines.push_back(lines.front());
  const Verdict more = verify(played, lines);
  EXPECT_EQ(more.missing, 0U);
  EXPECT_EQ(more.duplicated, 1U);
}

// One that repairs what was broken has changed it.
TEST(VerifyFaults, AMessageThatCameWholeIsAltered) {
  const PlayedPlan played = with_fault("bom");
  Lines lines = received_lines(played);
  lines[2].erase(0, 3);
  const Verdict verdict = verify(played, lines);
  EXPECT_EQ(verdict.altered, 1U);
  EXPECT_EQ(verdict.missing + verdict.invented, 0U);
}

TEST(VerifyFaults, WhatIsTooLongForTheReceiverMayBeMissingOrCut) {
  const PlayedPlan played = with_fault("over-long, bytes: 2049");
  const Lines all = received_lines(played);
  const Verdict none = verify(played, {}, nullptr, 2048);
  EXPECT_TRUE(none.ok()) << verdict_text(none, "messages");
  EXPECT_EQ(none.expected, 0U);
  EXPECT_EQ(none.uncertain_missing, all.size());
  Lines cut = all;
  for (std::string& line : cut) line.resize(2048);
  cut.pop_back();
  cut[0] = all[0];
  const Verdict some = verify(played, cut, nullptr, 2048);
  EXPECT_TRUE(some.ok()) << verdict_text(some, "messages");
  EXPECT_EQ(some.uncertain_received, all.size() - 1);
  EXPECT_EQ(some.uncertain_cut, all.size() - 2);
  // At the limit they are owed.
  EXPECT_EQ(verify(played, {}, nullptr, 2049).missing, all.size());
}

TEST(VerifyFaults, WhatWasNotSentIsNotExpectedLineByLine) {
  const PlayedPlan played = with_fault("several");
  const RunRecord record = played.record({}, [](std::size_t index, std::uint32_t) {
    return index == 2 ? PlayedPlan::End{Fate::kDropped, Reason::kTooLate} : PlayedPlan::End{};
  });
  Lines lines = received_lines(played);
  lines.erase(lines.begin() + 6, lines.begin() + 9);
  const Verdict verdict = verify(played, lines, &record);
  EXPECT_TRUE(verdict.ok()) << verdict_text(verdict, "messages");
  EXPECT_EQ(verdict.not_sent, 3U);
}

TEST(VerifyFaults, TablesAreOfWhatTheProfileReadsOfTheBrokenMessages) {
  for (const auto& [fault, mapped] :
       {std::pair("truncated", false), std::pair("bom", true), std::pair("embedded-lf", false),
        std::pair("several", true), std::pair("over-long, bytes: 2049", false)}) {
    SCOPED_TRACE(fault);
    const PlayedPlan played = with_fault(fault);
    const ProfileSet reader(played.profiles());
    TruthOptions options;
    options.epoch = played.epoch();
    options.message_bytes_max = 2048;
    const VerifyInput input{.plan = played.plan(),
                            .templates = played.templates(),
                            .epoch = played.epoch(),
                            .shard = {},
                            .receiver_timeout = std::nullopt};
    const Verdict empty =
        verify_mappings(input, reader, options, {}, played.plan().scenario().length);
    EXPECT_EQ(empty.missing, mapped ? 5U : 0U) << verdict_text(empty, "mappings");
  }
}

}  // namespace
}  // namespace esm
