#include "sender/check/check.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/check/warnings.h"
#include "tests/support/played_plan.h"

namespace esm {
namespace {

using namespace std::chrono_literals;
using test::check;
using test::PlayedPlan;
using test::text_of;

// The parts a test's scenario is put together from.
struct Parts {
  std::string users = "  u: { name: jdoe }\n";
  std::string endpoints = "  e: { host: w10, pool: 10.0.1.51/32, heartbeat: 30m }\n";
  std::string activity = "  - { logon: u, on: e, at: 1m, curve: at-once }\n";
  std::string more = "";
};

std::string scenario_of(const Parts& parts) {
  return "length: 4h\nstart: 2026-03-02T07:55:00Z\nusers:\n" + parts.users + "endpoints:\n" +
         parts.endpoints + "activity:\n" + parts.activity + parts.more;
}

TEST(Check, AScenarioThatSuitsItsReceiverHasNoWarnings) {
  EXPECT_EQ(text_of(check(PlayedPlan(scenario_of({})))), "");
}

// facts.md, "What the article's regexes really do".
TEST(Check, EveryUserTheArticlesProfileMisreadsIsNamedAndWhatAs) {
  const PlayedPlan played(scenario_of(
      {.users = R"(  plain: { name: jdoe }
  down: { name: jdoe2, domain: CORP, form: 'DOMAIN\user' }
  dot: { name: j.doe }
  hyphen: { name: mary-ann }
  accent: { name: müller }
  quote: { name: "o'brien" }
  machine: { name: W10$ }
)",
       .endpoints = "  e: { count: 7, host: 'w{}', pool: 10.0.1.0/24, heartbeat: 30m }\n",
       .activity = "  - { logon: plain, on: e, at: 1m, curve: at-once }\n",
       .more = R"(steps:
  - { at: 2m, logon: down, on: w2 }
  - { at: 2m, logon: dot, on: w3 }
  - { at: 2m, logon: hyphen, on: w4 }
  - { at: 2m, logon: accent, on: w5 }
  - { at: 2m, logon: quote, on: w6 }
  - { at: 2m, logon: machine, on: w7 }
)"}));
  EXPECT_EQ(text_of(check(played)),
            "user-misread: 6 users are read wrongly by the profile traps-kb\n"
            "  CORP\\jdoe2 is read as CORP\n"
            "  j.doe is read as j\n"
            "  mary-ann is read as mary\n"
            "  müller is read as m\n"
            "  o'brien is read as o\n"
            "  W10$ is read as W10\n"
            "  hint: the username regex duser=([^\\s,|]+) reads every user of this scenario "
            "rightly: 7 were read with it, each out of a message of their own\n");
}

TEST(Check, UsersWhoCollapseIntoOneAreCounted) {
  const Parts parts{
      .users = R"(  office: { count: 812, name: "user{:05}", domain: CORP, form: 'DOMAIN\user' }
  others: { count: 2, name: "a.b{}" }
)",
      .endpoints =
          "  office: { count: 812, host: 'PC-{:05}', pool: 10.20.0.0/22, heartbeat: 30m }\n"
          "  others: { count: 2, host: 'X-{}', pool: 10.30.0.0/29, heartbeat: 30m }\n",
      .activity =
          "  - { logon: office, on: office, at: 5m, within: 15m }\n"
          "  - { logon: others, on: others, at: 5m }\n"};
  const std::vector<Warning> warnings = check(PlayedPlan(scenario_of(parts)));
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].problem,
            "814 users are read wrongly by the profile traps-kb: 812 become CORP, 2 become a");
  EXPECT_EQ(warnings[0].samples.size(), 814U);
  EXPECT_EQ(warnings[0].samples[0], "CORP\\user00001 is read as CORP");
  EXPECT_EQ(warnings[0].hint,
            "the username regex duser=([a-zA-Z0-9\\\\\\._]+) reads every user of this scenario "
            "rightly: 814 were read with it, each out of a message of their own");
  // The profile that the hint leads to does read them.
  EXPECT_EQ(text_of(check(PlayedPlan(scenario_of(parts), "traps-leef-heartbeat", "traps-docs"))),
            "");
  EXPECT_EQ(text_of(check(PlayedPlan(scenario_of(parts), "traps-leef-heartbeat", "traps-safe"))),
            "");
}

TEST(Check, APrincipalReadWithoutItsDomainIsMisread) {
  const PlayedPlan played(
      scenario_of({.users = "  u: { name: jdoe, domain: corp.local, form: user@domain }\n"}));
  const std::vector<Warning> warnings = check(played);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].problem, "1 user is read wrongly by the profile traps-kb");
  EXPECT_EQ(warnings[0].samples, (std::vector<std::string>{"jdoe@corp.local is read as jdoe"}));
}

TEST(Check, TheDefaultDomainIsRightWhereItIsTheUsersOwn) {
  const PlayedPlan played(scenario_of({.users = "  u: { name: jdoe, domain: CORP }\n"}));
  Profile profile = played.profile();
  CheckOptions options;
  options.epoch = played.epoch();
  profile.default_domain = "corp";
  EXPECT_EQ(text_of(check_at_receiver(played.plan(), played.templates(), {profile}, options)), "");
  profile.default_domain = "other";
  const auto warnings = check_at_receiver(played.plan(), played.templates(), {profile}, options);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].samples[0], "jdoe is read as other\\jdoe");
}

TEST(Check, AHintThatWouldNotHelpIsNotGiven) {
  // A space and a tab-less template: no candidate stops at the value's end.
  const PlayedPlan played(scenario_of({.users = "  u: { name: 'j doe' }\n"}),
                          "traps-cef-heartbeat");
  const std::vector<Warning> warnings = check(played);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].samples[0], "j doe is read as j");
  EXPECT_EQ(warnings[0].hint,
            "change the username regex so that it takes the whole value; the profiles traps-docs "
            "and traps-safe show how");
}

TEST(Check, ATemplateTheProfileDoesNotKnowIsFoundOut) {
  const PlayedPlan played(scenario_of({}), "traps-csv-heartbeat");
  const std::vector<Warning> warnings = check(played);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].code, "user-unread");
  EXPECT_EQ(warnings[0].problem,
            "of 1 user's messages the profile traps-kb reads no user: they are never mapped");
  Profile profile = played.profile();
  std::get<RegexIdentifier>(profile.identifier).event = "Service is dead";
  CheckOptions options;
  options.epoch = played.epoch();
  const auto others = check_at_receiver(played.plan(), played.templates(), {profile}, options);
  ASSERT_EQ(others.size(), 1U);
  EXPECT_EQ(others[0].code, "event-unread");
  EXPECT_EQ(others[0].problem,
            "1 message is taken for another kind of message by the profile traps-kb, and passed "
            "over");
}

TEST(Check, AnAddressReadFromAnotherFieldIsFoundOut) {
  const PlayedPlan played(scenario_of({}));
  Profile profile = played.profile();
  CheckOptions options;
  options.epoch = played.epoch();
  std::get<RegexIdentifier>(profile.identifier).address =
      "([0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+)";  // the ESM's, in the head
  auto warnings = check_at_receiver(played.plan(), played.templates(), {profile}, options);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].code, "address-misread");
  EXPECT_EQ(warnings[0].samples[0].find("w10: 10.0.1.51 is read as "), 0U)
      << warnings[0].samples[0];
  std::get<RegexIdentifier>(profile.identifier).address = "dst=([a-f0-9]+)";
  warnings = check_at_receiver(played.plan(), played.templates(), {profile}, options);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].samples[0], "w10: 10.0.1.51 is read as 10, which is no address");
  std::get<RegexIdentifier>(profile.identifier).address = "source=([0-9.]+)";
  warnings = check_at_receiver(played.plan(), played.templates(), {profile}, options);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].code, "address-unread");
  EXPECT_EQ(warnings[0].samples[0], "w10: 10.0.1.51");
}

TEST(Check, TheShareOfTimeWithoutAMappingIsExact) {
  const struct {
    const char* heartbeat;
    SimTime timeout;
    const char* text;
  } rows[] = {
      {"heartbeat: 60m", 45min,
       "heartbeat-longer-than-timeout: e: a message every 1h and a timeout of 45m: users known by "
       "heartbeats alone are unmapped 25% of the time\n"
       "  the heartbeats are spread evenly: so many users are unmapped at any moment\n"
       "  hint: raise the receiver's mapping timeout above 1h, or shorten the heartbeat below "
       "45m\n"},
      {"heartbeat: 60m, heartbeat-clock: logon", 45min,
       "heartbeat-longer-than-timeout: e: a message every 1h and a timeout of 45m: users known by "
       "heartbeats alone are unmapped 25% of the time\n"
       "  the heartbeat's clock starts at the logon: who logged on together is unmapped together, "
       "45m later, for 15m\n"
       "  hint: raise the receiver's mapping timeout above 1h, or shorten the heartbeat below "
       "45m\n"},
      {"heartbeat: 90m, jitter: 10%", 60min,
       "heartbeat-longer-than-timeout: e: a message every 1h30m and a timeout of 1h: users known "
       "by heartbeats alone are unmapped 33.3% of the time\n"
       "  the heartbeats are spread evenly: so many users are unmapped at any moment\n"
       "  hint: raise the receiver's mapping timeout above 1h48m, or shorten the heartbeat below "
       "1h\n"},
      {"heartbeat: 40m, jitter: 10%", 45min,
       "heartbeat-near-timeout: e: a message every 40m with a jitter of 10%, so up to 48m apart, "
       "and a timeout of 45m: mappings may end for a moment\n"
       "  hint: leave room between the heartbeat and the receiver's mapping timeout\n"},
      {"heartbeat: 45m", 45min,
       "heartbeat-near-timeout: e: a message every 45m with a jitter of 0%, so up to 45m apart, "
       "and a timeout of 45m: mappings may end for a moment\n"
       "  hint: leave room between the heartbeat and the receiver's mapping timeout\n"},
      {"heartbeat: 44m", 45min, ""},
      {"rate: 1/h", 45min,
       "heartbeat-longer-than-timeout: e: a message every 1h and a timeout of 45m: users known by "
       "heartbeats alone are unmapped 25% of the time\n"
       "  the heartbeats are spread evenly: so many users are unmapped at any moment\n"
       "  hint: raise the receiver's mapping timeout above 1h, or shorten the heartbeat below "
       "45m\n"},
  };
  for (const auto& row : rows) {
    const PlayedPlan played(
        scenario_of({.endpoints = fmt::format("  e: {{ host: w10, pool: 10.0.1.51/32, {} }}\n",
                                              row.heartbeat)}));
    EXPECT_EQ(text_of(check(played, {.mapping_timeout = row.timeout})), row.text) << row.heartbeat;
  }
}

TEST(Check, AMaximumTimeoutThatUnmapsUsersIsNamedWithItsFigures) {
  using std::chrono_literals::operator""min;
  struct Row {
    std::string heartbeat;
    SimTime timeout, maximum;
    std::string text;
  };
  const std::vector<Row> rows{
      {"heartbeat: 25m", 45min, 60min,
       "maximum-timeout-unmaps: e: a message every 25m and a maximum timeout of 1h: who stays "
       "logged on is unmapped for 15m of every 1h15m\n"
       "  hint: a firewall has no maximum timeout for what syslog teaches it\n"},
      {"heartbeat: 25m, jitter: 5%", 45min, 60min,
       "maximum-timeout-unmaps: e: a message every 25m and a maximum timeout of 1h: who stays "
       "logged on is unmapped for about 15m of every 1h15m\n"
       "  hint: a firewall has no maximum timeout for what syslog teaches it\n"},
      // The heartbeat that comes as it ends begins a new one.
      {"heartbeat: 20m", 45min, 60min, ""},
      // Nobody stays that long.
      {"heartbeat: 25m", 45min, 240min, ""},
      // The shorter of both is what counts.
      {"heartbeat: 40m", 45min, 30min,
       "heartbeat-longer-than-timeout: e: a message every 40m and a timeout of 30m: users known "
       "by heartbeats alone are unmapped 25% of the time\n"
       "  the heartbeats are spread evenly: so many users are unmapped at any moment\n"
       "  hint: raise the receiver's maximum mapping timeout above 40m, or shorten the heartbeat "
       "below 30m\n"},
  };
  for (const auto& row : rows) {
    const PlayedPlan played(
        scenario_of({.endpoints = fmt::format("  e: {{ host: w10, pool: 10.0.1.51/32, {} }}\n",
                                              row.heartbeat)}));
    EXPECT_EQ(text_of(check(played,
                            {.mapping_timeout = row.timeout, .max_mapping_timeout = row.maximum})),
              row.text)
        << row.heartbeat;
  }
}

TEST(Check, EndpointsWhereNobodyLogsOnAreNotTalkedAbout) {
  const PlayedPlan played(
      scenario_of({.endpoints = "  e: { host: w10, pool: 10.0.1.51/32, heartbeat: 30m }\n"
                                "  idle: { host: w11, pool: 10.0.1.52/32, heartbeat: 60m }\n"}));
  EXPECT_EQ(text_of(check(played)), "");
}

TEST(Check, ASpeedThatHidesTimeoutsIsSaid) {
  const PlayedPlan played(scenario_of({}));
  EXPECT_EQ(text_of(check(played, {.speed = Speed{1, 1}})), "");
  EXPECT_EQ(
      text_of(check(played, {.speed = Speed{60, 1}})),
      "speed-hides-timeouts: at speed 60 the receiver's timeout of 45m lasts 1d21h of the "
      "scenario: no mapping ends in the 4h that it lasts\n"
      "  hint: set the receiver's timeout to 45s, or let ours keep pace: listen --clock-speed "
      "60\n");
  EXPECT_EQ(text_of(check(played, {.speed = Speed{2, 1}})),
            "speed-hides-timeouts: at speed 2 the receiver's timeout of 45m lasts 1h30m of the "
            "scenario: mappings end later than they would\n"
            "  hint: set the receiver's timeout to 22m30s, or let ours keep pace: listen "
            "--clock-speed 2\n");
  EXPECT_EQ(
      text_of(check(played, {.speed = Speed{1, 2}})),
      "heartbeat-longer-than-timeout: e: a message every 30m and a timeout of 22m30s: users "
      "known by heartbeats alone are unmapped 25% of the time\n"
      "  the heartbeats are spread evenly: so many users are unmapped at any moment\n"
      "  hint: raise the receiver's mapping timeout above 30m, or shorten the heartbeat below "
      "22m30s\n"
      "speed-hastens-timeouts: at speed 0.5 the receiver's timeout of 45m lasts 22m30s of the "
      "scenario: mappings end earlier than they would\n"
      "  hint: set the receiver's timeout to 1h30m, or let ours keep pace: listen "
      "--clock-speed 0.5\n");
}

TEST(Check, NoiseThatTheProfileTakesForAHeartbeatIsNamedWithWhatItReads) {
  const std::string noise =
      "noise:\n  - { message: traps-leef-decoy, on: e, every: 2h }\n"
      "  - { message: traps-leef-load, on: e, every: 2h }\n"
      "  - { message: traps-leef-threat, on: e, every: 10m }\n";
  const PlayedPlan careless(scenario_of({.more = noise}));
  EXPECT_EQ(
      text_of(check(careless)),
      "noise-misread: 2 of 28 noise messages are taken for heartbeats by the profile traps-kb, and "
      "tell it something wrong\n"
      "  traps-leef-decoy of w10 at 1h47m9s597ms is read as mallory at 192.0.2.66\n"
      "  traps-leef-decoy of w10 at 3h56m13s678ms is read as mallory at 192.0.2.66\n"
      "  hint: let the profile's event regex match nothing but heartbeats: that of traps-safe "
      "wants "
      "the words where a field begins\n"
      "noise-read: 2 of 28 noise messages are taken for heartbeats by the profile traps-kb, and "
      "tell it the "
      "right user and address\n"
      "  traps-leef-load of w10 at 1h3m15s536ms is read as jdoe at 10.0.1.51\n"
      "  traps-leef-load of w10 at 3h55m16s844ms is read as jdoe at 10.0.1.51\n"
      "  hint: mappings last longer than heartbeats alone would make them; harmless, if that is "
      "meant\n");
  const PlayedPlan careful(scenario_of({.more = noise}), "traps-leef-heartbeat", "traps-safe");
  EXPECT_EQ(
      text_of(check(careful)),
      "noise-read: 2 of 28 noise messages are taken for heartbeats by the profile traps-safe, and "
      "tell it the "
      "right user and address\n"
      "  traps-leef-load of w10 at 1h3m15s536ms is read as jdoe at 10.0.1.51\n"
      "  traps-leef-load of w10 at 3h55m16s844ms is read as jdoe at 10.0.1.51\n"
      "  hint: mappings last longer than heartbeats alone would make them; harmless, if that is "
      "meant\n");
}

// In each of ESM's forms there is a line that holds the article's words where they do not count.
TEST(Check, DecoysOfEveryFormAreTakenForHeartbeatsByACarelessProfileAlone) {
  for (const char* form : {"traps-leef", "traps-leef2", "traps-cef", "traps-csv"}) {
    const std::string decoy = std::string(form) + "-decoy";
    const std::string noise = "noise: [ { message: " + decoy + ", on: e, every: 2h } ]\n";
    const std::vector<Warning> careless = check(PlayedPlan(scenario_of({.more = noise})));
    ASSERT_EQ(careless.size(), 1U) << form;
    EXPECT_EQ(careless[0].code, "noise-misread");
    ASSERT_EQ(careless[0].samples.size(), 2U);
    EXPECT_EQ(careless[0].samples[0],
              decoy + " of w10 at 1h47m9s597ms is read as mallory at 192.0.2.66");
    EXPECT_EQ(text_of(check(
                  PlayedPlan(scenario_of({.more = noise}), "traps-leef-heartbeat", "traps-safe"))),
              "")
        << form;
  }
}

// facts.md, section 4: the documentation's own sample.
TEST(Check, TheDocumentationsSampleIsReadByItsProfile) {
  const PlayedPlan played(
      scenario_of({.users = "  u: { name: johndoe_4, domain: domain, form: 'DOMAIN\\user' }\n",
                   .endpoints = "  e: { host: w10, pool: 192.168.0.212/32, heartbeat: 30m }\n"}),
      "panos-docs-logon", "panos-docs-logon");
  EXPECT_EQ(played.lines()[0].text,
            "[Mon Mar 2 07:56:00 2026 +0000] Administrator authentication success "
            "User:domain\\johndoe_4 Source:192.168.0.212");
  EXPECT_EQ(text_of(check(played)), "");
}

TEST(Check, LinesThatWouldBeEqualAreNamed) {
  const Parts parts{.endpoints = "  e: { host: w10, pool: 10.0.1.51/32, rate: 3, messages: 6 }\n"};
  const std::vector<Warning> warnings = check(
      PlayedPlan(scenario_of({.endpoints = parts.endpoints,
                              .activity = "  - { logon: u, on: e, at: 0s, curve: at-once }\n"})));
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(text_of(warnings),
            "lines-equal: 4 of 6 messages have the same bytes as an earlier one: lost and doubled "
            "ones among them cannot be told apart\n"
            "  w10: heartbeat at 0s and heartbeat at 333ms\n"
            "  w10: heartbeat at 0s and heartbeat at 666ms\n"
            "  w10: heartbeat at 1s and heartbeat at 1s333ms\n"
            "  w10: heartbeat at 1s and heartbeat at 1s666ms\n"
            "  hint: put {event.ordinal} into a field of the template, as traps-leef-load does\n");
  EXPECT_EQ(text_of(check(PlayedPlan(
                scenario_of({.endpoints = parts.endpoints,
                             .activity = "  - { logon: u, on: e, at: 0s, curve: at-once }\n"}),
                "traps-leef-load"))),
            "");
}

TEST(Check, UsersOfOneNameInTwoDomainsLookAlike) {
  const PlayedPlan played(
      scenario_of({.users = "  u: { name: jdoe, domain: CORP }\n  v: { name: jdoe, domain: LAB }\n",
                   .endpoints = "  e: { host: w10, pool: 10.0.1.51/32, heartbeat: 30m }\n"
                                "  f: { host: w11, pool: 10.0.1.52/32, heartbeat: 30m }\n",
                   .activity = "  - { logon: u, on: e, at: 1m, curve: at-once }\n"
                               "  - { logon: v, on: f, at: 1m, curve: at-once }\n"}));
  EXPECT_EQ(text_of(check(played)),
            "users-alike: 2 users look like another one at the receiver\n"
            "  jdoe: u of CORP, v of LAB\n"
            "  hint: let messages carry the domain: form: DOMAIN\\user or user@domain, if the "
            "profile reads it\n");
}

TEST(Check, MoreEsmsThanAFirewallTakesAreTooMany) {
  std::string esms = "esm:\n";
  for (int i = 1; i <= 51; ++i) {
    esms += fmt::format("  - {{ name: esm{0:02}, address: 10.9.0.{0}, version: 4.1 }}\n", i);
  }
  const std::vector<Warning> warnings = check(PlayedPlan(scenario_of({.more = esms})));
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].code, "esms-too-many");
  EXPECT_EQ(warnings[0].problem, "there are 51 ESMs, a firewall takes at most 50 syslog senders");
}

TEST(Check, AProfileForLogoutsMapsNobody) {
  const PlayedPlan played(scenario_of({}));
  Profile profile = played.profile();
  profile.purpose = Profile::For::kLogout;
  CheckOptions options;
  options.epoch = played.epoch();
  const auto warnings = check_at_receiver(played.plan(), played.templates(), {profile}, options);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].code, "profile-logout");
}

TEST(Check, ALoadWithoutEndIsLookedAtInBoundedTime) {
  const PlayedPlan endless(
      "length: 1h\nstart: 2026-03-02T07:55:00Z\nusers:\n  u: { count: 10, name: 'u{}' }\n"
      "endpoints:\n  e: { count: 10, host: 'w{}', pool: 10.0.0.0/24, rate: 1 }\n"
      "activity:\n  - { logon: u, on: e, at: 0s, curve: at-once }\n");
  // The same plan at a rate that would make 3.6 G messages.
  Scenario scenario = endless.plan().scenario();
  scenario.endpoints[0].rate = Rate{1'000'000, 1s};
  const Plan plan(scenario, 1);
  CheckOptions options;
  options.epoch = endless.epoch();
  options.messages_max = 10'000;
  const auto warnings = check_at_receiver(plan, endless.templates(), endless.profiles(), options);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].code, "lines-equal");
  EXPECT_NE(warnings[0].problem.find(" of the first 12,288 messages"), std::string::npos)
      << warnings[0].problem;
}

TEST(Check, UsersOnTheIgnoreListAreNamed) {
  const PlayedPlan played(scenario_of({.users = "  u: { name: svc-backup }\n"}));
  Profile profile =
      test::PlayedPlan(scenario_of({}), "traps-leef-heartbeat", "traps-safe").profile();
  profile.ignored = {"svc-*"};
  CheckOptions options;
  options.epoch = played.epoch();
  EXPECT_EQ(
      text_of(check_at_receiver(played.plan(), played.templates(), {profile}, options)),
      "user-ignored: 1 user is on the list of those whom the profile traps-safe ignores: they "
      "are never mapped\n"
      "  svc-backup\n"
      "  hint: right for service accounts and the like\n");
}

// Alice logs on and off at one machine, and it says both.
const char* const kComesAndGoes =
    "length: 1h\nstart: 2026-03-02T08:00:00Z\nreceiver: { profile: [fsso-logon, fsso-logoff] }\n"
    "users:\n  alice: { name: alice }\nendpoints:\n"
    "  desk: { host: DESK, pool: 10.0.1.0/30, heartbeat: 30m, logoff-message: fsso-logoff }\n"
    "steps:\n  - { at: 1m, logon: alice, on: DESK }\n  - { at: 2m, logoff: alice, on: DESK }\n";

TEST(Check, LogoffsThatTheReceiverDoesNotReadAreNamedAndHowItReadsThem) {
  EXPECT_EQ(text_of(check(PlayedPlan(kComesAndGoes, "fsso-logon"))), "");
  EXPECT_EQ(text_of(check(PlayedPlan(kComesAndGoes, "fsso-logon", "fsso-logon"))),
            "logoff-unread: 1 of 1 messages of logoffs ends no mapping at a receiver with the "
            "profile fsso-logon\n"
            "  that of alice at 2m is read as no-event\n"
            "  hint: give the receiver a profile for logouts that reads user and address out of "
            "them: profile: [fsso-logon, fsso-logoff]\n");
}

TEST(Check, LogoffsCloseToAMessageThatTheUserIsThereAreContested) {
  const std::string start =
      "length: 4h\nstart: 2026-03-02T08:00:00Z\nreceiver: { profile: [fsso-logon, fsso-logoff] }\n"
      "users:\n  ann: { name: ann }\n  bob: { name: bob }\nendpoints:\n"
      "  desk: { host: DESK, pool: 10.0.1.0/30, heartbeat: 30m, heartbeat-clock: logon, "
      "logoff-message: fsso-logoff }\nsteps:\n";
  // Gone as soon as come; back as soon as gone; gone just after a heartbeat. One second is enough,
  // and another user is nobody's business.
  const PlayedPlan played(start +
                              "  - { at: 1m, logon: ann, on: DESK }\n"
                              "  - { at: 1m400ms, logoff: ann, on: DESK }\n"
                              "  - { at: 5m, logon: ann, on: DESK }\n"
                              "  - { at: 6m, logoff: ann, on: DESK }\n"
                              "  - { at: 6m999ms, logon: ann, on: DESK }\n"
                              "  - { at: 36m1s250ms, logoff: ann, on: DESK }\n"
                              "  - { at: 37m, logon: bob, on: DESK }\n"
                              "  - { at: 37m1s, logoff: bob, on: DESK }\n"
                              "  - { at: 37m1s500ms, logon: ann, on: DESK }\n",
                          "fsso-logon");
  EXPECT_EQ(
      text_of(check(played)),
      "logoffs-contested: 3 messages of logoffs are closer than 1s to another message of the "
      "same user at the same address, that they are there: the receiver may hold them or "
      "nobody\n"
      "  DESK (10.0.1.1): ann logs off at 1m400ms, 400ms after the message that they are "
      "there\n"
      "  DESK (10.0.1.1): ann is heard of at 6m999ms, 999ms after the message that they "
      "left\n"
      "  DESK (10.0.1.1): ann logs off at 36m1s250ms, 251ms after the message that they are "
      "there\n"
      "  hint: keep them a second of real time apart; truth and verify take either for right\n");
  EXPECT_EQ(check(played, {.speed = Speed{2, 1}})[0].samples.size(), 4U)
      << "twice as fast, a second is two of the scenario";
}

TEST(Check, LogonsThatAProfileForLogoutsReadsFirstAreFoundOut) {
  const PlayedPlan played(kComesAndGoes, "fsso-logon");
  std::vector<Profile> profiles{played.profiles()[1], played.profiles()[0]};
  std::get<FieldIdentifier>(profiles[0].identifier).event = "type=";
  CheckOptions options;
  options.epoch = played.epoch();
  const auto warnings = check_at_receiver(played.plan(), played.templates(), profiles, options);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].code, "logon-as-logout");
  EXPECT_EQ(warnings[0].problem,
            "1 message of a logon is taken for logouts by the profile set fsso-logoff, "
            "fsso-logon");
}

TEST(Check, EveryCodeIsDocumented) {
  const std::string readme = test::project_file("sender/check/README.md");
  std::size_t found = 0;
  for (const char* file :
       {"check.cc", "length_check.cc", "lines_check.cc", "logoff_check.cc", "noise_check.cc",
        "reading_check.cc", "session_check.cc", "timing_check.cc"}) {
    const std::string source = test::project_file(std::string("sender/check/") + file);
    std::set<std::string> codes;
    // Codes are the quoted words with hyphens and nothing else.
    for (std::size_t at = 0; (at = source.find('"', at)) != std::string::npos; ++at) {
      const std::size_t end = source.find('"', at + 1);
      if (end == std::string::npos) break;
      const std::string word = source.substr(at + 1, end - at - 1);
      const bool plain = word.find('-') != std::string::npos &&
                         word.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string::npos;
      if (plain) codes.insert(word);
      at = end;
    }
    for (const std::string& code : codes) {
      EXPECT_NE(readme.find("| `" + code + "` |"), std::string::npos) << code;
      ++found;
    }
  }
  EXPECT_GE(found, 15U);
}

}  // namespace
}  // namespace esm
