#include <algorithm>
#include <functional>
#include <sstream>

#include <gtest/gtest.h>

#include "sender/base/random.h"
#include "sender/verify/verify.h"

#include "tests/support/played_plan.h"

namespace esm {
namespace {

using test::PlayedPlan;
using Lines = std::vector<std::string>;
using Kind = Finding::Kind;

const std::string kScenario = R"(
length: 2h
start: 2026-03-02T07:55:00Z
users:
  office: { count: 60, name: "user{:05}" }
endpoints:
  office: { count: 60, host: "PC-{:05}", pool: 10.20.0.0/24, heartbeat: 17m }
activity:
  - { logon: office, on: office, at: 1m, within: 15m, curve: normal }
)";

const PlayedPlan& morning() {
  static const PlayedPlan played(kScenario);
  return played;
}

Lines all_lines(const PlayedPlan& played) {
  Lines lines;
  for (const PlayedPlan::Line& line : played.lines()) lines.push_back(line.text);
  return lines;
}

std::string joined(const Lines& lines, const char* end = "\n") {
  std::string text;
  for (const std::string& line : lines) text += line + end;
  return text;
}

Verdict verify(const PlayedPlan& played, const std::string& received,
               const RunRecord* record = nullptr, Shard shard = {}, std::uint32_t target = 0,
               std::size_t findings_max = 20) {
  std::istringstream stream(received);
  const VerifyInput input{.plan = played.plan(),
                          .templates = played.templates(),
                          .epoch = played.epoch(),
                          .shard = shard,
                          .record = record,
                          .findings_max = findings_max,
                          .target = target,
                          .receiver_timeout = std::nullopt};
  return verify_received(input, stream);
}

struct Sums {
  std::uint64_t missing = 0, altered = 0, duplicated = 0, invented = 0;
};

void expect_sums(const Verdict& verdict, const Sums& sums) {
  EXPECT_EQ(verdict.missing, sums.missing);
  EXPECT_EQ(verdict.altered, sums.altered);
  EXPECT_EQ(verdict.duplicated, sums.duplicated);
  EXPECT_EQ(verdict.invented, sums.invented);
  EXPECT_EQ(verdict.findings_total, sums.missing + sums.altered + sums.duplicated + sums.invented);
  EXPECT_EQ(verdict.ok(), verdict.findings_total == 0);
}

TEST(VerifyReceived, WhatWasSentIsRightInAnyOrderAndWithAnyLineEnd) {
  Lines lines = all_lines(morning());
  ASSERT_GT(lines.size(), 300U);
  std::string without_end = joined(lines);
  without_end.pop_back();
  std::string reversed = joined({lines.rbegin(), lines.rend()});
  for (const std::string& text : {joined(lines), joined(lines, "\r\n"), without_end, reversed}) {
    const Verdict verdict = verify(morning(), text);
    expect_sums(verdict, {});
    EXPECT_TRUE(verdict.ok());
    EXPECT_EQ(verdict.expected, lines.size());
    EXPECT_EQ(verdict.matched, lines.size());
    EXPECT_EQ(verdict.received, lines.size());
    EXPECT_TRUE(verdict.findings.empty());
  }
}

// A kind of damage done to one line, and what must be found: that and nothing else.
struct Damage {
  const char* name;
  std::function<void(Lines&, std::size_t)> act;
  Sums sums;
  Kind kind;
  const char* reason;  // a part of the finding's reason
};

const std::vector<Damage>& damages() {
  const auto change = [](std::function<void(std::string&)> how) {
    return [how](Lines& lines, std::size_t i) { how(lines[i]); };
  };
  static const std::vector<Damage> list{
      {"lost",
       [](Lines& lines, std::size_t i) {
         lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(i));
       },
       {1, 0, 0, 0},
       Kind::kMissing,
       ", due at "},
      {"doubled",
       [](Lines& lines, std::size_t i) { lines.push_back(lines[i]); },
       {0, 0, 1, 0},
       Kind::kDuplicated,
       ", due at "},
      {"a byte changed",
       change([](std::string& line) { line[line.size() / 2] ^= 1; }),
       {0, 1, 0, 0},
       Kind::kAltered,
       "another"},
      {"first byte lost",
       change([](std::string& line) { line.erase(0, 1); }),
       {0, 1, 0, 0},
       Kind::kAltered,
       "the first 1 bytes, '<', are missing"},
      {"last byte lost",
       change([](std::string& line) { line.pop_back(); }),
       {0, 1, 0, 0},
       Kind::kAltered,
       "cut after "},
      {"half lost",
       change([](std::string& line) { line.resize(line.size() / 2); }),
       {0, 1, 0, 0},
       Kind::kAltered,
       "cut after "},
      {"a space at the end",
       change([](std::string& line) { line += ' '; }),
       {0, 1, 0, 0},
       Kind::kAltered,
       "white space was added at the end"},
      {"counted",
       change([](std::string& line) { line = std::to_string(line.size()) + " " + line; }),
       {0, 1, 0, 0},
       Kind::kAltered,
       "does not count octets"},
      {"tabs escaped",
       change([](std::string& line) {
         for (std::size_t at = 0; (at = line.find('\t')) != std::string::npos;)
           line.replace(at, 1, "#011");
       }),
       {0, 1, 0, 0},
       Kind::kAltered,
       "control characters became #ooo"},
      {"another user",
       change([](std::string& line) { line.replace(line.find("duser=user") + 6, 4, "root"); }),
       {0, 1, 0, 0},
       Kind::kAltered,
       "another"},
      {"a stranger",
       [](Lines& lines, std::size_t i) {
         lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(i),
                      "<13>Mar  2 08:00:00 host sshd[1]: hello");
       },
       {0, 0, 0, 1},
       Kind::kInvented,
       ""},
      {"an empty line",
       [](Lines& lines, std::size_t i) {
         lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(i), "");
       },
       {0, 0, 0, 1},
       Kind::kInvented,
       "an empty line"},
      {"a machine that is not there",
       [](Lines& lines, std::size_t i) {
         std::string line = lines[i];
         line.replace(line.find("PC-"), 8, "XX-00999");
         line.replace(line.find("user0"), 9, "root00999");
         line.replace(line.find("dst=10.20.0."), 12, "dst=10.99.9.");
         lines.push_back(line);
       },
       {0, 0, 0, 1},
       Kind::kInvented,
       ""},
      {"two in one line",
       [](Lines& lines, std::size_t i) {
         const std::size_t other = (i + 1) % lines.size();
         lines[i] += lines[other];
         lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(other));
       },
       {1, 1, 0, 0},
       Kind::kAltered,
       " in the same line"},
  };
  return list;
}

TEST(VerifyReceived, EveryDamageIsFoundAndNamedAndNothingElseIs) {
  const Lines right = all_lines(morning());
  for (const Damage& damage : damages()) {
    for (std::uint32_t seed = 1; seed <= 6; ++seed) {
      const auto i =
          static_cast<std::size_t>(scale(draw(seed, {1, 0}, Purpose::kArrival, 0), right.size()));
      SCOPED_TRACE(::testing::Message() << damage.name << " at line " << i);
      Lines lines = right;
      damage.act(lines, i);
      const Verdict verdict = verify(morning(), joined(lines));
      expect_sums(verdict, damage.sums);
      const auto finding = std::find_if(verdict.findings.begin(), verdict.findings.end(),
                                        [&](const Finding& f) { return f.kind == damage.kind; });
      ASSERT_NE(finding, verdict.findings.end());
      EXPECT_NE(finding->reason.find(damage.reason), std::string::npos) << finding->reason;
      if (damage.kind != Kind::kInvented && damage.sums.missing + damage.sums.altered < 2) {
        EXPECT_EQ(finding->subject, right[i]);
      }
      EXPECT_EQ(verdict.expected, right.size());
      EXPECT_EQ(verdict.matched + verdict.missing + verdict.altered, right.size());
    }
  }
}

TEST(VerifyReceived, DamagesTogetherAreFoundEachByItself) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Lines lines = all_lines(morning());
    const Lines right = lines;
    Sums sums;
    // Lines apart from each other, from the end so that positions stay right; two damages do not
    // meet in one line.
    std::size_t at = lines.size();
    for (std::uint32_t k = 0; at > 25; ++k) {
      at -= 5 + static_cast<std::size_t>(draw(seed, {2, k}, Purpose::kArrival, 0) % 17);
      const Damage& damage = damages()[draw(seed, {3, k}, Purpose::kArrival, 0) % damages().size()];
      damage.act(lines, at);
      sums.missing += damage.sums.missing;
      sums.altered += damage.sums.altered;
      sums.duplicated += damage.sums.duplicated;
      sums.invented += damage.sums.invented;
    }
    const Verdict verdict = verify(morning(), joined(lines));
    expect_sums(verdict, sums);
    EXPECT_EQ(verdict.expected, right.size());
  }
}

TEST(VerifyReceived, AReceiverThatAltersEverythingIsSaidToDoSo) {
  Lines lines = all_lines(morning());
  for (std::string& line : lines) {
    for (std::size_t at = 0; (at = line.find('\t')) != std::string::npos;) {
      line.replace(at, 1, "#011");
    }
  }
  const Verdict verdict = verify(morning(), joined(lines));
  expect_sums(verdict, {0, lines.size(), 0, 0});
  EXPECT_EQ(verdict.findings.size(), 20U);
}

TEST(VerifyReceived, NothingReceivedIsAllMissing) {
  const Verdict verdict = verify(morning(), "");
  expect_sums(verdict, {morning().lines().size(), 0, 0, 0});
  EXPECT_EQ(verdict.findings.size(), 20U);
  // In the order in which they were due.
  EXPECT_EQ(verdict.findings[0].subject, morning().lines()[0].text);
  EXPECT_EQ(verdict.findings[19].subject, morning().lines()[19].text);
}

TEST(VerifyReceived, EveryKindOfDamageIsAmongWhatIsShown) {
  Lines lines = all_lines(morning());
  const std::string doubled = lines[200];
  lines.erase(lines.begin(), lines.begin() + 100);
  lines.push_back("stranger one");
  lines.push_back(doubled);
  lines[50].pop_back();
  const Verdict verdict = verify(morning(), joined(lines), nullptr, {}, 0, 4);
  expect_sums(verdict, {100, 1, 1, 1});
  ASSERT_EQ(verdict.findings.size(), 4U);
  EXPECT_EQ(verdict.findings[0].kind, Kind::kMissing);
  EXPECT_EQ(verdict.findings[1].kind, Kind::kAltered);
  EXPECT_EQ(verdict.findings[2].kind, Kind::kDuplicated);
  EXPECT_EQ(verdict.findings[3].kind, Kind::kInvented);
  EXPECT_EQ(verify(morning(), joined(lines), nullptr, {}, 0, 0).findings.size(), 0U);
}

TEST(VerifyReceived, OurOwnDropsAreNotBlamedOnTheReceiver) {
  const auto dropped = [](std::size_t i) { return i % 10 == 3; };
  const RunRecord record =
      morning().record({.workers = 2, .connections = 3}, [&](std::size_t i, std::uint32_t) {
        return dropped(i) ? PlayedPlan::End{Fate::kDropped, Reason::kTooLate, false, true}
                          : PlayedPlan::End{};
      });
  Lines lines;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < morning().lines().size(); ++i) {
    if (dropped(i)) {
      ++count;
    } else {
      lines.push_back(morning().lines()[i].text);
    }
  }
  Verdict verdict = verify(morning(), joined(lines), &record);
  expect_sums(verdict, {});
  EXPECT_EQ(verdict.not_sent, count);
  EXPECT_EQ(verdict.expected, lines.size());

  // And what never left cannot have been received.
  lines.push_back(morning().lines()[13].text);
  verdict = verify(morning(), joined(lines), &record);
  expect_sums(verdict, {0, 0, 0, 1});
  EXPECT_EQ(verdict.findings[0].subject, morning().lines()[13].text);
  EXPECT_EQ(verdict.findings[0].found, "once");
  EXPECT_EQ(verdict.findings[0].reason, "by the run record it never left: dropped (too-late)");
}

TEST(VerifyReceived, TheUncertainAreAcceptedEitherWay) {
  const RunRecord record = morning().record({}, [](std::size_t i, std::uint32_t) {
    PlayedPlan::End end;
    end.uncertain = i >= 100 && i < 120;
    if (i == 119) end.fate = Fate::kCut;
    return end;
  });
  Lines lines = all_lines(morning());
  // A receiver that was killed: 8 of 20 arrived whole, the next in part.
  const std::string part = lines[108].substr(0, 150);
  lines.erase(lines.begin() + 108, lines.begin() + 120);
  lines.push_back(part);
  Verdict verdict = verify(morning(), joined(lines), &record);
  expect_sums(verdict, {});
  EXPECT_EQ(verdict.uncertain_received, 9U);
  EXPECT_EQ(verdict.uncertain_cut, 1U);
  EXPECT_EQ(verdict.uncertain_missing, 11U);
  EXPECT_EQ(verdict.expected, morning().lines().size() - 20);

  // But what arrived must be what was sent, and once.
  lines[105][60] ^= 1;
  lines.push_back(lines[104]);
  verdict = verify(morning(), joined(lines), &record);
  expect_sums(verdict, {0, 1, 1, 0});
}

TEST(VerifyReceived, WhatWasNotDueWhenTheRunWasStoppedIsNotExpected) {
  const RunRecord record = morning().record({}, [](std::size_t i, std::uint32_t) {
    PlayedPlan::End end;
    end.due = i < 150;
    return end;
  });
  Lines lines = all_lines(morning());
  const std::string later = lines[150];
  lines.resize(150);
  expect_sums(verify(morning(), joined(lines), &record), {});
  lines.push_back(later);
  expect_sums(verify(morning(), joined(lines), &record), {0, 0, 0, 1});
}

TEST(VerifyReceived, AShardIsComparedWithItsOwnPart) {
  const Shard shard{1, 3};
  const RunRecord record = morning().record({.shard = shard, .workers = 2});
  Lines lines;
  for (const PlayedPlan::Line& line : morning().lines()) {
    if (shard.holds(line.event.endpoint)) lines.push_back(line.text);
  }
  expect_sums(verify(morning(), joined(lines), &record, shard), {});
  expect_sums(verify(morning(), joined(lines), nullptr, shard), {});
  const Verdict whole = verify(morning(), joined(lines), nullptr);
  EXPECT_EQ(whole.missing, morning().lines().size() - lines.size());
}

TEST(VerifyReceived, EachTargetHasItsOwnEnds) {
  const RunRecord record =
      morning().record({.targets = 2}, [](std::size_t i, std::uint32_t target) {
        return target == 1 && i == 7
                   ? PlayedPlan::End{Fate::kRefused, Reason::kNoBuffers, false, true}
                   : PlayedPlan::End{};
      });
  Lines lines = all_lines(morning());
  lines.erase(lines.begin() + 7);
  expect_sums(verify(morning(), joined(lines), &record, {}, 1), {});
  expect_sums(verify(morning(), joined(lines), &record, {}, 0), {1, 0, 0, 0});
}

TEST(VerifyReceived, ARecordOfOtherMessagesIsFoundOut) {
  const PlayedPlan other(kScenario, "traps-leef-heartbeat", "traps-kb", 2);
  RunRecord record = morning().record({});
  const Verdict verdict = verify(other, joined(all_lines(other)), &record);
  ASSERT_FALSE(verdict.findings.empty());
  EXPECT_EQ(verdict.findings[0].kind, Kind::kRecordMismatch);
  EXPECT_FALSE(verdict.ok());
  record.digest[5] = record.digest[5] == '0' ? '1' : '0';
  const Verdict changed = verify(morning(), joined(all_lines(morning())), &record);
  EXPECT_EQ(changed.findings_total, 1U);
  EXPECT_EQ(changed.findings[0].kind, Kind::kRecordMismatch);
}

TEST(VerifyReceived, EqualLinesAreCounted) {
  // Five messages within one second from one machine, with nothing to tell them apart.
  const PlayedPlan played(R"(
length: 1s
start: 2026-03-02T07:55:00Z
users:
  one: { name: jdoe }
endpoints:
  one: { host: w10, pool: 10.0.1.51/32, rate: 5 }
activity:
  - { logon: one, on: one, at: 0s, curve: at-once }
)");
  const Lines lines = all_lines(played);
  ASSERT_EQ(lines.size(), 5U);
  ASSERT_EQ(lines.front(), lines.back());
  expect_sums(verify(played, joined(lines)), {});

  Verdict verdict = verify(played, joined({lines[0], lines[0], lines[0]}));
  expect_sums(verdict, {2, 0, 0, 0});
  EXPECT_EQ(verdict.findings.size(), 2U);
  EXPECT_EQ(verdict.findings[0].reason,
            "heartbeat of jdoe at w10 (10.0.1.51), due at 0s; 4 messages are equal to this one");

  verdict = verify(played,
                   joined({lines[0], lines[0], lines[0], lines[0], lines[0], lines[0], lines[0]}));
  expect_sums(verdict, {0, 0, 2, 0});
  EXPECT_EQ(verdict.findings[0].expected, "5 times");
  EXPECT_EQ(verdict.findings[0].found, "7 times");
  EXPECT_EQ(verdict.findings[0].count, 2U);

  verdict = verify(played, joined({lines[0], lines[0], lines[0] + "x", lines[0] + "y"}));
  expect_sums(verdict, {1, 2, 0, 0});
}

TEST(VerifyReceived, AFileThatBreaksOffIsNotRight) {
  class Breaking : public std::streambuf {
   public:
    explicit Breaking(std::string text) : text_(std::move(text)) {
      setg(text_.data(), text_.data(), text_.data() + text_.size());
    }
    int_type underflow() override { throw std::runtime_error("input/output error"); }

   private:
    std::string text_;
  };
  Breaking buffer(joined(all_lines(morning())));
  std::istream stream(&buffer);
  const VerifyInput input{.plan = morning().plan(),
                          .templates = morning().templates(),
                          .epoch = morning().epoch(),
                          .shard = {},
                          .receiver_timeout = std::nullopt};
  const Verdict verdict = verify_received(input, stream);
  EXPECT_FALSE(verdict.ok());
  EXPECT_NE(verdict.trouble.find("reading what was received failed after "), std::string::npos);
}

TEST(VerifyReceived, AFloodOfStrangeLinesIsBounded) {
  std::string text = joined(all_lines(morning()));
  for (int i = 0; i < 30'000; ++i) text += "stranger " + std::to_string(i) + "\n";
  text += std::string(3'000'000, 'x') + "\n";
  const Verdict verdict = verify(morning(), text);
  expect_sums(verdict, {0, 0, 0, 30'001});
  EXPECT_EQ(verdict.findings.size(), 20U);
}

TEST(VerdictText, IsForPeople) {
  Lines lines = all_lines(morning());
  const std::string line = lines[100];
  lines.erase(lines.begin() + 100);
  lines[10].pop_back();
  const PlayedPlan::Line& gone = morning().lines()[100];
  const Verdict verdict = verify(morning(), joined(lines), nullptr, {}, 0, 1);
  const std::string host = "PC-000" + std::string(gone.event.endpoint < 9 ? "0" : "") +
                           std::to_string(gone.event.endpoint + 1);
  const std::string text = verdict_text(verdict, "messages");
  EXPECT_EQ(text.substr(0, 60), "missing: " + escape_for_display(line).substr(0, 51));
  EXPECT_NE(text.find("    because  "), std::string::npos);
  EXPECT_NE(text.find(" at " + host + " ("), std::string::npos) << text;
  const std::string count = std::to_string(lines.size() + 1);
  const std::string matched = std::to_string(lines.size() - 1);
  EXPECT_EQ(text.substr(text.find("… and")),
            "… and 1 more\n"
            "messages: " +
                count + " expected, " + matched +
                " matched, 1 missing, 1 altered\n"
                "2 endpoints have something wrong, most of all " +
                verdict.endpoints.at(0).host + " (1)\nMISMATCH\n");
}

TEST(VerdictText, SaysWhatWasAcceptedAndWhatIsNotKnown) {
  Verdict verdict;
  verdict.expected = 12'345;
  verdict.matched = 12'345;
  verdict.not_sent = 3;
  verdict.uncertain_received = 5;
  verdict.uncertain_cut = 1;
  verdict.uncertain_missing = 7;
  EXPECT_EQ(verdict_text(verdict, "messages"),
            "messages: 12,345 expected, 12,345 matched, 0 missing\n"
            "3 messages never left the sender and are not blamed on the receiver\n"
            "of those that are uncertain 5 came (1 of them cut), 7 did not: both are right\n"
            "OK\n");
  verdict.findings_total = 4;
  verdict.altered = 4;
  verdict.not_compared = 9;
  verdict.contested = 2;
  verdict.expectations = 3;
  verdict.expectations_failed = 1;
  verdict.trouble = "reading failed";
  Finding finding;
  finding.kind = Kind::kAltered;
  finding.subject = "a\tb";
  finding.expected = "x";
  finding.count = 3;
  verdict.findings = {finding};
  EXPECT_EQ(verdict_text(verdict, "lines"),
            "altered: a\\x09b\n"
            "    expected x\n"
            "… and 1 more\n"
            "lines: 12,345 expected, 12,345 matched, 0 missing, 4 altered, 2 contested (either "
            "user is right)\n"
            "expectations of the scenario: 2 of 3 met\n"
            "3 messages never left the sender and are not blamed on the receiver\n"
            "of those that are uncertain 5 came (1 of them cut), 7 did not: both are right\n"
            "9 lines were too many to be compared with missing ones: they are counted as invented, "
            "and may be altered\n"
            "reading failed\n"
            "MISMATCH\n");
}

}  // namespace
}  // namespace esm
