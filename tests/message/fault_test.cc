// What each deliberate fault makes of a message.
#include "sender/message/fault.h"

#include <algorithm>
#include <array>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/base/diagnostics.h"
#include "sender/message/fault_check.h"

#include "tests/message/small_plan.h"
#include "tests/support/shipped_templates.h"

namespace esm::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

Fault fault_of(FaultKind kind) {
  Fault fault;
  fault.kind = kind;
  fault.endpoints = 0;
  fault.share_ppm = 1'000'000;
  if (kind == FaultKind::kOverLong) fault.bytes = 2049;
  if (kind == FaultKind::kSeveral) fault.times = 3;
  if (kind == FaultKind::kTimeSkew) fault.skew = -1h;
  return fault;
}

std::vector<FaultKind> all_kinds() {
  std::vector<FaultKind> kinds;
  for (std::size_t i = 0; i < kFaultKinds; ++i) kinds.push_back(static_cast<FaultKind>(i));
  return kinds;
}

// The sample's message with the fault.
std::string broken(const Fault& fault, const Template& message,
                   Scenario scenario = sample_scenario(), std::uint32_t ordinal = 0) {
  scenario.faults = {fault};
  Event event = sample_event();
  event.fault = 1;
  event.ordinal = ordinal;
  return rendered(message, scenario, event);
}
std::string broken(FaultKind kind, const std::string& name = "traps-leef-heartbeat") {
  return broken(fault_of(kind), shipped_template(name));
}

const std::string kHead = "<134>Sep 28 2016 17:38:48 172.16.183.173 ";
const std::string kHeader = "LEEF:1.0|Palo Alto Networks|Traps Agent|4.1.3.33176|Heartbeat|";
const std::string kUpToHost =
    "cat=Agent\tdevTime=Sep 28 2016 17:38:48\tdevTimeFormat=MMM dd yyyy HH:mm:ss\tsev=3\tdhost=w10";
const std::string kBefore = kHead + kHeader + kUpToHost;
const std::string kWhole = kBefore + "\tduser=demo\tdst=10.0.1.51\tmsg=Service is alive";

TEST(Fault, TheSampleIsTheReferenceMessage) {
  EXPECT_EQ(rendered(shipped_template("traps-leef-heartbeat")), kWhole);
}

TEST(Fault, OfFieldsTouchesOneField) {
  EXPECT_EQ(broken(FaultKind::kMissingKey), kBefore + "\tduser=demo\tmsg=Service is alive");
  EXPECT_EQ(broken(FaultKind::kEmptyUser),
            kBefore + "\tduser=\tdst=10.0.1.51\tmsg=Service is alive");
  EXPECT_EQ(broken(FaultKind::kTwoUsers),
            kBefore + "\tduser=demo\tduser=mallory\tdst=10.0.1.51\tmsg=Service is alive");
  EXPECT_EQ(broken(FaultKind::kEmbeddedLf),
            kBefore + "\tduser=demo\n\tdst=10.0.1.51\tmsg=Service is alive");
  EXPECT_EQ(broken(FaultKind::kEmbeddedNul),
            kBefore + "\tduser=demo\0\tdst=10.0.1.51\tmsg=Service is alive"s);
  std::string other = kWhole;
  std::replace(other.begin(), other.end(), '\t', ';');
  EXPECT_EQ(broken(FaultKind::kWrongDelimiter), other);
}

TEST(Fault, OfBytesLeavesTheRestAsItIs) {
  EXPECT_EQ(broken(FaultKind::kNoPri), kWhole.substr(5));
  EXPECT_EQ(broken(FaultKind::kBom), "\xEF\xBB\xBF" + kWhole);
  EXPECT_EQ(broken(FaultKind::kDuplicate), kWhole);  // there are two such events
  EXPECT_EQ(broken(FaultKind::kSeveral), kWhole + "\n" + kWhole + "\n" + kWhole);
  const std::string padding = "\tpad=";
  EXPECT_EQ(broken(FaultKind::kOverLong),
            kWhole + padding + std::string(2049 - kWhole.size() - padding.size(), 'x'));
}

TEST(Fault, AClockThatIsWrongIsSoEverywhereInTheMessage) {
  std::string late = kWhole;
  for (std::size_t at = 0; (at = late.find("17:38:48", at)) != std::string::npos;) {
    late.replace(at, 8, "16:38:48");
  }
  EXPECT_EQ(broken(FaultKind::kTimeSkew), late);
}

TEST(Fault, TruncatedKeepsOneByteToHalfOfThem) {
  const Template message = shipped_template("traps-leef-heartbeat");
  std::size_t shortest = kWhole.size(), longest = 0;
  for (std::uint32_t ordinal = 0; ordinal < 2'000; ++ordinal) {
    const std::string left =
        broken(fault_of(FaultKind::kTruncated), message, sample_scenario(), ordinal);
    ASSERT_TRUE(kWhole.starts_with(left)) << left;
    shortest = std::min(shortest, left.size());
    longest = std::max(longest, left.size());
  }
  EXPECT_EQ(shortest, 1U);
  EXPECT_EQ(longest, kWhole.size() / 2);
}

TEST(Fault, WhichOfSeveralIsDrawnForEachMessage) {
  const Template message = shipped_template("traps-leef-heartbeat");
  std::vector<std::string> pris, ends;
  for (std::uint32_t ordinal = 0; ordinal < 200; ++ordinal) {
    const std::string pri =
        broken(fault_of(FaultKind::kWrongPri), message, sample_scenario(), ordinal);
    ASSERT_TRUE(pri.ends_with(kWhole.substr(5))) << pri;
    pris.push_back(pri.substr(0, pri.size() - (kWhole.size() - 5)));
    const std::string utf8 =
        broken(fault_of(FaultKind::kInvalidUtf8), message, sample_scenario(), ordinal);
    ASSERT_TRUE(utf8.starts_with(kWhole));
    ends.push_back(utf8.substr(kWhole.size()));
  }
  for (std::vector<std::string>* const all : {&pris, &ends}) {
    std::sort(all->begin(), all->end());
    all->erase(std::unique(all->begin(), all->end()), all->end());
  }
  EXPECT_EQ(pris, (std::vector<std::string>{"<-1>", "<0134>", "<192>", "<1x4>", "<999>", "<>"}));
  EXPECT_EQ(ends, (std::vector<std::string>{"\x80", "\xC0\xAF", "\xC3", "\xED\xA0\x80",
                                            "\xF4\x90\x80\x80", "\xFF"}));
}

TEST(Fault, OfFieldsKnowsEveryForm) {
  struct Case {
    FaultKind kind;
    const char* name;
    std::string expected;
  };
  const std::string fsso = "<134>Sep 28 17:38:48 esm01 type=\"custom_logon\" ";
  const std::string point = "User logged on|time=2016-09-28 17:38:48|";
  const std::vector<Case> cases = {
      {FaultKind::kMissingKey, "fsso-logon", fsso + "custom_user=\"demo\" "},
      {FaultKind::kEmptyUser, "fsso-logon", fsso + "custom_user=\"\" custom_ip=\"10.0.1.51\""},
      {FaultKind::kTwoUsers, "fsso-logon",
       fsso + "custom_user=\"demo\" custom_user=\"mallory\" custom_ip=\"10.0.1.51\""},
      {FaultKind::kEmbeddedLf, "fsso-logon",
       fsso + "custom_user=\"demo\n\" custom_ip=\"10.0.1.51\""},
      {FaultKind::kWrongDelimiter, "fsso-logon",
       "<134>Sep 28 17:38:48 esm01 type=;custom_logon; custom_user=;demo; custom_ip=;10.0.1.51;"},
      {FaultKind::kMissingKey, "check-point-logon", point + "user=demo|"},
      {FaultKind::kTwoUsers, "check-point-logon",
       point + "user=demo|user=mallory|address=10.0.1.51|"},
      {FaultKind::kWrongDelimiter, "check-point-logon",
       "User logged on;time=2016-09-28 17:38:48;user=demo;address=10.0.1.51;"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(fmt::format("{} {}", name_of(one.kind), one.name));
    EXPECT_EQ(broken(one.kind, one.name), one.expected);
  }
  const std::string cef = broken(FaultKind::kTwoUsers, "traps-cef-heartbeat");
  EXPECT_NE(cef.find(" duser=demo duser=mallory dst=10.0.1.51 "), std::string::npos) << cef;
  const std::string csv = broken(FaultKind::kMissingKey, "traps-csv-heartbeat");
  EXPECT_EQ(csv.find("10.0.1.51"), std::string::npos) << csv;
  const std::string whole = rendered(shipped_template("traps-csv-heartbeat"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), ','), std::count(whole.begin(), whole.end(), ','));
}

TEST(Fault, AVersionGoesWithThePri) {
  // Alone in front, "1 " would be an octet count.
  const std::string csv = broken(FaultKind::kNoPri, "traps-csv-heartbeat");
  EXPECT_TRUE(csv.starts_with("2016-09-28T17:38:48")) << csv;
}

TEST(Fault, OfOptionalPartsStaysInThem) {
  const Template message = template_of(
      "format: text\nhead: none\n"
      "text: 'at {endpoint.host}{? user={session.user}} ip={endpoint.address}'\n");
  EXPECT_EQ(broken(fault_of(FaultKind::kTwoUsers), message),
            "at w10 user=demo user=mallory ip=10.0.1.51");
  EXPECT_EQ(broken(fault_of(FaultKind::kEmptyUser), message), "at w10 ip=10.0.1.51");
  EXPECT_EQ(broken(fault_of(FaultKind::kEmbeddedLf), message), "at w10 user=demo\n ip=10.0.1.51");
}

TEST(Fault, WhatATemplateCannotHaveIsSaid) {
  struct Case {
    const char* text;
    FaultKind kind;
    const char* expected;
  };
  const char* const words = "format: text\nhead: none\ntext: 'alive'\n";
  const std::vector<Case> cases = {
      {words, FaultKind::kNoPri, "no-pri: the template 'mine.yaml' has no PRI"},
      {words, FaultKind::kWrongPri, "wrong-pri: the template 'mine.yaml' has no PRI"},
      {words, FaultKind::kMissingKey,
       "missing-key: the template 'mine.yaml' has no {endpoint.address} to be left out"},
      {"format: text\nhead: none\ntext: '{endpoint.address}'\n", FaultKind::kMissingKey,
       "missing-key: the template 'mine.yaml' has nothing but the address"},
      {words, FaultKind::kEmptyUser, "empty-user: the template 'mine.yaml' names no user"},
      {words, FaultKind::kTwoUsers, "two-users: the template 'mine.yaml' names no user"},
      {words, FaultKind::kEmbeddedLf, "embedded-lf: the template 'mine.yaml' names no user"},
      {words, FaultKind::kEmbeddedNul, "embedded-nul: the template 'mine.yaml' names no user"},
      {"format: csv\nhead: none\nfields: [ '{session.user}', x ]\n", FaultKind::kTwoUsers,
       "two-users: the template 'mine.yaml' has columns and no keys, so none can be there twice"},
      {words, FaultKind::kWrongDelimiter,
       "wrong-delimiter: the template 'mine.yaml' has no character that ends its user"},
      {"format: csv\nhead: none\nfields: [ 'for {session.user}' ]\n", FaultKind::kWrongDelimiter,
       "wrong-delimiter: the template 'mine.yaml' has one field only"},
  };
  for (const Case& one : cases) {
    Diagnostics diagnostics;
    const auto message = read_template(SourceText("mine.yaml", one.text), diagnostics);
    ASSERT_TRUE(message) << diagnostics.render();
    Scenario scenario = sample_scenario();
    scenario.faults = {fault_of(one.kind)};
    const Plan plan(std::move(scenario), 1);
    Diagnostics found;
    EXPECT_FALSE(check_faults(*message, plan, sample_time(), found));
    EXPECT_EQ(
        found.render(),
        fmt::format("error: {}\nhint: another kind of fault, or another template\n", one.expected));
  }
}

TEST(Fault, ASizeThatMessagesHaveAlreadyIsAnError) {
  Scenario scenario = sample_scenario();
  scenario.faults = {fault_of(FaultKind::kOverLong)};
  scenario.faults[0].bytes = static_cast<std::uint32_t>(kWhole.size()) + 5;
  const Template message = shipped_template("traps-leef-heartbeat");
  {
    Diagnostics found;
    EXPECT_FALSE(check_faults(message, Plan(Scenario(scenario), 1), sample_time(), found));
    EXPECT_EQ(found.render(), fmt::format("error: over-long: messages of the template 't.yaml' "
                                          "may have {} bytes already\nhint: bytes: {} or more\n",
                                          kWhole.size() + 5, kWhole.size() + 6));
  }
  ++scenario.faults[0].bytes;
  Diagnostics found;
  EXPECT_TRUE(check_faults(message, Plan(Scenario(scenario), 1), sample_time(), found))
      << found.render();
}

TEST(Fault, AClockOutOfAllBoundsIsAnError) {
  Scenario scenario = sample_scenario();
  scenario.faults = {fault_of(FaultKind::kTimeSkew)};
  const Template message = shipped_template("traps-leef-heartbeat");
  const Plan plan(std::move(scenario), 1);
  Diagnostics early, late;
  EXPECT_FALSE(check_faults(message, plan, UtcTime{59min}, early));
  EXPECT_EQ(early.render(),
            "error: time-skew: this clock would show a time before 1970\n"
            "hint: another 'skew', or another 'start'\n");
  EXPECT_FALSE(check_faults(message, plan, UtcTime{std::chrono::nanoseconds::max()}, late));
  EXPECT_EQ(late.render(),
            "error: time-skew: this clock would show a time that is beyond what this program can "
            "write\nhint: another 'skew', or another 'start'\n");
}

// Every shipped template that can have it, with every fault: nothing is written behind what
// length_max() says, and only those with a line end inside have one.
TEST(Fault, EveryTemplateStaysWithinItsLength) {
  int made = 0;
  for (const std::string& name : shipped_template_names()) {
    const Template message = shipped_template(name);
    for (const FaultKind kind : all_kinds()) {
      if (!why_unfit(message, fault_of(kind)).empty()) continue;
      SCOPED_TRACE(fmt::format("{} {}", name, name_of(kind)));
      Scenario scenario = sample_scenario();
      scenario.faults = {fault_of(kind)};
      const Plan plan(std::move(scenario), 1);
      Renderer renderer(message, plan, sample_time());
      std::string room(renderer.room() + 64, '\x01');
      Event event = sample_event();
      event.fault = 1;
      for (event.ordinal = 0; event.ordinal < 6; ++event.ordinal) {
        std::fill(room.begin(), room.end(), '\x01');
        char* const end = renderer.render(event, room.data());
        ASSERT_LE(end, room.data() + renderer.length_max());
        EXPECT_EQ(room.find_first_not_of('\x01', renderer.room()), std::string::npos);
        const std::string_view line(room.data(), static_cast<std::size_t>(end - room.data()));
        const bool in_lines = kind == FaultKind::kEmbeddedLf || kind == FaultKind::kEmbeddedNul ||
                              kind == FaultKind::kSeveral;
        EXPECT_EQ(line.find_first_of("\n\r\0"s) != std::string_view::npos, in_lines);
        EXPECT_FALSE(line.empty());
        ++made;
      }
    }
  }
  EXPECT_GT(made, 3'000);
}

TEST(Fault, AnyBytesStayWithinTheirBound) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    std::mt19937_64 random(seed);
    for (const FaultKind kind : all_kinds()) {
      Fault fault = fault_of(kind);
      fault.bytes = static_cast<std::uint32_t>(random() % 300);
      fault.times = static_cast<std::uint32_t>(random() % (kFaultTimesMax + 1));
      std::string message(random() % 200, '\0');
      for (char& c : message) c = random() % 3 == 0 ? "<1>0 "[random() % 5] : char(random() % 256);
      if (random() % 2 == 0) message.insert(0, "<134>1 ");
      const std::size_t most = length_with_fault(fault, message.size());
      std::string room = message + std::string(most - message.size() + 16, '\x01');
      const std::uint64_t bits = random();
      char* const end =
          make_fault(fault, "\tpad=", bits, room.data(), room.data() + message.size());
      SCOPED_TRACE(fmt::format("seed {}: {} of {} bytes", seed, name_of(kind), message.size()));
      EXPECT_GE(end, room.data());
      EXPECT_LE(end, room.data() + most);
      EXPECT_EQ(room.substr(most), std::string(16, '\x01'));
      std::string again = message + std::string(most - message.size() + 16, '\x01');
      make_fault(fault, "\tpad=", bits, again.data(), again.data() + message.size());
      EXPECT_EQ(again, room);
    }
  }
}

}  // namespace
}  // namespace esm::test
