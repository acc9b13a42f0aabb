// The verdicts of faults: true of the reference message and its own profile, and where they are not
// true of another one, `check` says so.
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/base/lines.h"
#include "sender/mapping/profile_set.h"

#include "tests/check/warnings.h"
#include "tests/support/played_plan.h"

namespace esm {
namespace {

using test::check;
using test::PlayedPlan;
using test::text_of;

// Every message has the fault.
std::string with_fault(const std::string& fault, const std::string& more = "") {
  return "length: 2h\nstart: 2026-03-02T07:55:00Z\n" + more +
         "users:\n  u: { count: 20, name: \"user{:02}\" }\n"
         "endpoints:\n  e: { count: 20, host: \"w{}\", pool: 10.0.1.0/24, heartbeat: 10m }\n"
         "activity:\n  - { logon: u, on: e, at: 1m, curve: at-once }\n"
         "faults:\n  - { " +
         fault + ", on: e, share: 100% }\n";
}

const std::vector<std::string> kKinds = {"kind: truncated",
                                         "kind: no-pri",
                                         "kind: wrong-pri",
                                         "kind: missing-key",
                                         "kind: empty-user",
                                         "kind: two-users",
                                         "kind: wrong-delimiter",
                                         "kind: embedded-lf",
                                         "kind: embedded-nul",
                                         "kind: invalid-utf8",
                                         "kind: bom",
                                         "kind: duplicate",
                                         "kind: several",
                                         "kind: time-skew, skew: 1h",
                                         "kind: over-long, bytes: 2047",
                                         "kind: over-long, bytes: 2048",
                                         "kind: over-long, bytes: 2049",
                                         "kind: over-long, bytes: 7999",
                                         "kind: over-long, bytes: 8000",
                                         "kind: over-long, bytes: 8001"};

TEST(FaultReading, EveryVerdictIsTrueOfTheReferenceMessageAndProfile) {
  for (const std::string& kind : kKinds) {
    const PlayedPlan played(with_fault(kind));
    EXPECT_GE(played.lines().size(), 240U);
    for (const std::size_t limit : {2048U, 8000U}) {
      EXPECT_EQ(text_of(check(played, {.message_bytes_max = limit})), "") << kind << ' ' << limit;
    }
  }
}

// The other way round: each other verdict is found out, in every message.
TEST(FaultReading, AVerdictThatIsNotTrueIsNamed) {
  for (const std::string& kind : kKinds) {
    const Fault fault = PlayedPlan(with_fault(kind)).plan().scenario().faults.front();
    const bool maps = verdict_of(fault, 8000) == FaultVerdict::kMap;
    const PlayedPlan wrong(with_fault(kind + ", verdict: " + (maps ? "fail" : "map")));
    const std::vector<Warning> warnings = check(wrong);
    ASSERT_EQ(warnings.size(), 1U) << kind;
    EXPECT_EQ(warnings[0].code, "fault-misread");
    EXPECT_EQ(warnings[0].samples.size(), wrong.lines().size());
  }
}

TEST(FaultReading, SaysWhatIsReadOfEach) {
  const std::string scenario =
      "length: 20m\nstart: 2026-03-02T07:55:00Z\nusers:\n  u: { name: jdoe }\n"
      "endpoints:\n  e: { host: w10, pool: 10.0.1.51/32, heartbeat: 30m, heartbeat-clock: logon }\n"
      "steps:\n";
  EXPECT_EQ(text_of(check(
                PlayedPlan(scenario + "  - { at: 1m, logon: u, on: w10, fault: wrong-delimiter }\n",
                           "traps-leef-heartbeat", "traps-safe"))),
            "fault-misread: 1 of 1 message with the fault wrong-delimiter is read by the profile "
            "traps-safe otherwise than the verdict 'map' says\n"
            "  logon of w10 at 1m is read as nothing, undamaged as jdoe at 10.0.1.51\n"
            "  hint: if that is right for this receiver, declare it: verdict: fail, or verdict: "
            "ignore\n");
  EXPECT_EQ(
      text_of(check(PlayedPlan(scenario + "  - { at: 1m, logon: u, on: w10, "
                                          "fault: { kind: invalid-utf8, verdict: fail } }\n"))),
      "fault-misread: 1 of 1 message with the fault invalid-utf8 is read by the profile "
      "traps-kb otherwise than the verdict 'fail' says\n"
      "  logon of w10 at 1m is read as jdoe at 10.0.1.51\n"
      "  hint: if that is right for this receiver, declare it: verdict: map\n");
}

// "truncated" leaves at most half of a message, so this is true of them all.
TEST(FaultReading, NoShippedTemplateIsReadWhenItIsTruncated) {
  const std::vector<std::pair<const char*, const char*>> forms = {
      {"traps-leef-heartbeat", "traps-kb"},
      {"traps-leef-heartbeat", "traps-safe"},
      {"traps-leef-heartbeat", "traps-kb-field"},
      {"traps-leef2-heartbeat", "traps-kb"},
      {"traps-cef-heartbeat", "traps-kb"},
      {"traps-cef-heartbeat", "traps-cef-field"},
      {"traps-csv-heartbeat", "traps-csv"},
      {"traps-leef-load", "traps-kb"},
      {"fsso-logon", "fsso-logon"},
      {"check-point-logon", "check-point-logon"}};
  for (const auto& [message, profile] : forms) {
    const PlayedPlan played(with_fault("kind: truncated"), message, profile);
    const ProfileSet reader(played.profiles());
    for (const PlayedPlan::Line& line : played.lines()) {
      EXPECT_TRUE(reader.read(line.text).addresses().empty()) << message << ": " << line.text;
    }
  }
}

TEST(FaultReading, WhatIsBrokenOnPurposeIsNoEqualLineAndNoUnreadLogoff) {
  const PlayedPlan played(
      "length: 1h\nstart: 2026-03-02T07:55:00Z\n"
      "receiver: { profile: [fsso-logon, fsso-logoff] }\nmessage: fsso-logon\n"
      "users:\n  u: { count: 9, name: \"user{}\" }\n"
      "endpoints:\n  e: { count: 9, host: \"w{}\", pool: 10.0.1.0/24, heartbeat: 10m, "
      "logoff-message: fsso-logoff }\n"
      "activity:\n  - { logon: u, on: e, at: 1m, within: 5m }\n  - { logoff: u, at: 40m, within: "
      "5m }\n"
      "faults:\n  - { kind: embedded-lf, on: e, share: 50% }\n"
      "  - { kind: duplicate, on: e, share: 50% }\n",
      "fsso-logon");
  bool logoff = false;
  for (const PlayedPlan::Line& line : played.lines()) {
    logoff = logoff || (line.event.kind == EventKind::kLogoff && line.event.fault == 1);
  }
  EXPECT_TRUE(logoff);
  EXPECT_EQ(text_of(check(played)), "");
}

}  // namespace
}  // namespace esm
