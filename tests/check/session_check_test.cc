// What two users at one endpoint do to a receiver, which holds one of them.
#include "sender/check/session_check.h"

#include <gtest/gtest.h>

#include "sender/mapping/truth.h"

#include "tests/check/warnings.h"

namespace esm {
namespace {

using test::PlayedPlan;
using test::text_of;

// One desk that beats at 10m, 40m, 70m, …; `steps` say who is there.
std::string at_desk(const std::string& steps, const std::string& clock = "heartbeat: 30m") {
  return "length: 4h\nstart: 2026-03-02T08:00:00Z\n"
         "users:\n  ann: { name: ann }\n  bob: { name: bob }\n  cy: { name: cy }\n"
         "endpoints:\n  e: { host: w10, pool: 10.0.1.51/32, " +
         clock + " }\nsteps:\n" + steps;
}

constexpr const char* kByLogon = "heartbeat: 30m, heartbeat-clock: logon";

TEST(SessionCheck, WhoLogsOnWhereAnotherOneIsDoesNoHarm) {
  EXPECT_EQ(text_of(test::check(PlayedPlan(at_desk("  - { at: 1m, logon: ann, on: w10 }\n"
                                                   "  - { at: 20m, logon: bob, on: w10 }\n"
                                                   "  - { at: 50m, logoff: ann, on: w10 }\n"
                                                   "  - { at: 60m, logon: cy, on: w10 }\n")))),
            "");
}

TEST(SessionCheck, WhoComesBackToTheFrontIsNamedAndWhenTheReceiverHearsOfIt) {
  EXPECT_EQ(
      text_of(test::check(PlayedPlan(at_desk("  - { at: 1m, logon: ann, on: w10 }\n"
                                             "  - { at: 20m, logon: bob, on: w10 }\n"
                                             "  - { at: 55m, logoff: bob, on: w10 }\n",
                                             kByLogon)))),
      "return-unheard: 1 logoff has left somebody in front who had been behind: until the agent's "
      "next heartbeat the receiver holds the one who left, if anybody\n"
      "  w10 (10.0.1.51): bob logs off at 55m, ann is heard of at 1h20m\n"
      "  hint: right for fast user switching, of which no message tells; otherwise log off first "
      "who is behind\n");
}

// Where the endpoint tells of logoffs, the receiver forgets who left, and does not learn who is
// there.
TEST(SessionCheck, WhereLogoffsAreToldTheReceiverHoldsNobodyUntilTheNextHeartbeat) {
  const PlayedPlan played(at_desk("  - { at: 1m, logon: ann, on: w10 }\n"
                                  "  - { at: 20m, logon: bob, on: w10 }\n"
                                  "  - { at: 55m, logoff: bob, on: w10 }\n"
                                  "receiver: { profile: [fsso-logon, fsso-logoff] }\n",
                                  std::string(kByLogon) + ", logoff-message: fsso-logoff"),
                          "fsso-logon");
  EXPECT_EQ(text_of(test::check(played)),
            "return-unheard: 1 logoff has left somebody in front who had been behind: until the "
            "agent's next heartbeat the receiver, which is told of the logoff, holds nobody there\n"
            "  w10 (10.0.1.51): bob logs off at 55m, ann is heard of at 1h20m\n"
            "  hint: right for agents that tell of logoffs and not of who is in front again; "
            "otherwise log off first who is behind\n");
  // The truth is what the warning says.
  TruthOptions options;
  options.epoch = played.epoch();
  const std::vector<SimTime> moments{std::chrono::minutes{54}, std::chrono::minutes{56},
                                     std::chrono::minutes{81}};
  const auto tables =
      truth(played.plan(), played.templates(), ProfileSet(played.profiles()), options, moments);
  ASSERT_EQ(tables[0].mappings.size(), 1U);
  EXPECT_EQ(tables[0].mappings[0].user, "bob");
  EXPECT_TRUE(tables[1].mappings.empty());
  ASSERT_EQ(tables[2].mappings.size(), 1U);
  EXPECT_EQ(tables[2].mappings[0].user, "ann");
}

// The agent's clock counts from the start of a machine that was off, by whatever started it, and
// from nothing else: a boot of one that runs changes nothing.
TEST(SessionCheck, AClockCountsFromTheStartOfAMachineThatWasOff) {
  const auto heard = [](const std::string& steps) {
    const std::string text = text_of(test::check(PlayedPlan(at_desk(steps))));
    const std::size_t from = text.find("is heard of at ");
    return from == std::string::npos ? text : text.substr(from, text.find('\n', from) - from);
  };
  const std::string two =
      "  - { at: 20m, logon: ann, on: w10 }\n  - { at: 21m, logon: bob, on: w10 }\n"
      "  - { at: 22m, logoff: bob, on: w10 }\n";
  const std::string running = heard(two);
  EXPECT_NE(running, "is heard of at 50m");
  EXPECT_EQ(heard("  - { at: 10m, boot: w10 }\n" + two), running);
  EXPECT_EQ(heard("  - { at: 10m, shutdown: w10 }\n" + two), "is heard of at 50m");
  EXPECT_EQ(heard("  - { at: 5m, crash: w10 }\n  - { at: 10m, boot: w10 }\n" + two),
            "is heard of at 40m");
}

TEST(SessionCheck, WhoIsGoneBeforeTheNextHeartbeatIsNotHeardOfAgain) {
  EXPECT_EQ(
      text_of(test::check(PlayedPlan(at_desk("  - { at: 1m, logon: ann, on: w10 }\n"
                                             "  - { at: 20m, logon: bob, on: w10 }\n"
                                             "  - { at: 55m, logoff: bob, on: w10 }\n"
                                             "  - { at: 70m, logoff: ann, on: w10 }\n"
                                             "  - { at: 80m, logon: ann, on: w10 }\n"
                                             "  - { at: 90m, logon: bob, on: w10 }\n"
                                             "  - { at: 225m, logoff: bob, on: w10 }\n",
                                             kByLogon)))),
      "return-unheard: 2 logoffs have left somebody in front who had been behind: until the "
      "agent's next heartbeat the receiver holds the one who left, if anybody\n"
      "  w10 (10.0.1.51): bob logs off at 55m, ann is not heard of again\n"
      "  w10 (10.0.1.51): bob logs off at 3h45m, ann is not heard of again\n"
      "  hint: right for fast user switching, of which no message tells; otherwise log off first "
      "who is behind\n");
}

TEST(SessionCheck, AHeartbeatAtTheVeryMomentTellsOfIt) {
  const PlayedPlan played(
      at_desk("  - { at: 1m, logon: ann, on: w10 }\n"
              "  - { at: 20m, logon: bob, on: w10 }\n"
              "  - { at: 50m, logoff: bob, on: w10 }\n",
              kByLogon));
  // The plan's own word: at 50m the agent speaks of ann.
  const auto& lines = played.lines();
  ASSERT_GE(lines.size(), 3U);
  ASSERT_EQ(lines[2].event.due, std::chrono::minutes{50});
  ASSERT_NE(lines[2].text.find("duser=ann"), std::string::npos) << lines[2].text;
  EXPECT_EQ(text_of(test::check(played)), "");
}

TEST(SessionCheck, LogonsThatAReceiverMayHaveSeenInEitherOrderAreNamed) {
  const std::string close =
      "  - { at: 10m, logon: ann, on: w10 }\n"
      "  - { at: 10m999ms, logon: bob, on: w10 }\n"
      "  - { at: 10m1999ms, logon: cy, on: w10 }\n";
  EXPECT_EQ(text_of(test::check(PlayedPlan(at_desk(close)))),
            "logons-contested: 1 logon is closer than 1s behind somebody else's at the same "
            "address: the receiver may hold either\n"
            "  w10 (10.0.1.51): bob logs on at 10m999ms, 999ms behind ann\n"
            "  hint: keep them a second of real time apart; truth and verify take either for "
            "right\n");
  // Twice as fast, a second of real time is two of the scenario.
  const auto warnings = test::check(PlayedPlan(at_desk(close)), {.speed = Speed{2, 1}});
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_EQ(warnings[0].code, "logons-contested");
  EXPECT_EQ(warnings[0].samples.size(), 2U);
  EXPECT_EQ(warnings[1].code, "speed-hides-timeouts");
}

TEST(SessionCheck, OneWhoLogsOnTwiceIsNoRivalOfTheirOwn) {
  const PlayedPlan played(at_desk("  - { at: 10m, logon: ann, on: w10 }\n"
                                  "  - { at: 10m300ms, logoff: ann, on: w10 }\n"
                                  "  - { at: 10m600ms, logon: ann, on: w10 }\n"),
                          "traps-leef-load");  // its lines differ
  EXPECT_EQ(text_of(test::check(played)), "");
}

}  // namespace
}  // namespace esm
