// What `check` says of every shipped scenario, word for word, and of every template with every
// profile; a scenario that is warned of says so itself.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "sender/scenario/scenario_reader.h"

#include "tests/check/warnings.h"
#include "tests/support/shipped_files.h"
#include "tests/support/shipped_templates.h"

namespace esm {
namespace {

using test::text_of;

std::string gap(const std::string& group, const std::string& how) {
  return "heartbeat-longer-than-timeout: " + group +
         ": a message every 1h and a timeout of 45m: users known by heartbeats alone are unmapped "
         "25% of the time\n  " +
         how +
         "\n  hint: raise the receiver's mapping timeout above 1h, or shorten the heartbeat below "
         "45m\n";
}

const std::string kSpread =
    "the heartbeats are spread evenly: so many users are unmapped at any moment";
const std::string kTogether =
    "the heartbeat's clock starts at the logon: who logged on together is unmapped together, 45m "
    "later, for 15m";

const std::map<std::string, std::string> kWarnings = {
    {"a-whole-day", ""},
    {"awkward-names", ""},
    {"broken-lines", ""},
    {"check-point", ""},
    {"demo-morning", ""},
    {"desk-move",
     "return-unheard: 1 logoff has left somebody in front who had been behind: until the agent's "
     "next heartbeat the receiver holds the one who left, if anybody\n"
     "  DESK-02 (10.30.0.2): carol logs off at 2h35m, bob is heard of at 2h40m3s\n"
     "  hint: right for fast user switching, of which no message tells; otherwise log off first "
     "who is behind\n"},
    {"dhcp-churn", ""},
    {"dual-stack", ""},
    {"esm-outage", ""},
    {"first-contact", gap("pc", kSpread)},
    {"fsso-logon-logoff", ""},
    {"ipv6", ""},
    {"many-esms", ""},
    {"messy-directory", ""},
    {"monday-storm", ""},
    {"mixed-noise", ""},
    {"morning-logon", ""},
    {"patch-night", ""},
    {"power-cut", gap("office", kTogether)},
    {"shift-change", ""},
    {"summer-time", ""},
    {"terminal-server",
     "return-unheard: 3 logoffs have left somebody in front who had been behind: until the agent's "
     "next heartbeat the receiver holds the one who left, if anybody\n"
     "  RDS-2 (10.60.0.2): rds46 logs off at 1h21m3s25ms, rds12 is heard of at 1h21m16s\n"
     "  RDS-2 (10.60.0.2): rds12 logs off at 1h30m35s821ms, rds54 is not heard of again\n"
     "  RDS-2 (10.60.0.2): rds54 logs off at 1h39m26s219ms, rds60 is not heard of again\n"
     "  hint: right for fast user switching, of which no message tells; otherwise log off first "
     "who is behind\n"},
    {"timeout-gap", gap("first", kTogether) + gap("spread", kSpread) + gap("bunched", kTogether)},
    {"vdi-pool", ""},
    {"vpn-flap", ""},
};

TEST(ShippedScenarios, GiveExactlyTheWarningsThatTheyAreMadeToShow) {
  std::size_t seen = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(ESM_SOURCE_DIR) + "/scenarios")) {
    if (entry.path().extension() != ".yaml") continue;
    const std::string name = entry.path().stem().string();
    SCOPED_TRACE(name);
    ++seen;
    const std::string text = test::project_file("scenarios/" + name + ".yaml");
    Diagnostics diagnostics;
    GivenFiles files = test::shipped_files();
    const auto scenario = read_scenario(SourceText(name, text), {{}, &files}, diagnostics);
    ASSERT_TRUE(scenario) << diagnostics.render();
    EXPECT_EQ(diagnostics.render(), "");
    const test::PlayedPlan played(text, scenario->message);
    CheckOptions options;
    options.mapping_timeout = scenario->receiver.mapping_timeout;
    const std::vector<Warning> warnings = test::check(played, options);
    const auto expected = kWarnings.find(name);
    ASSERT_NE(expected, kWarnings.end()) << "a new scenario: put its warnings into the table";
    EXPECT_EQ(text_of(warnings), expected->second);
    for (const Warning& warning : warnings) {
      // In a comment, with the reason why it is meant to be so.
      const std::size_t said = text.find(warning.code);
      ASSERT_NE(said, std::string::npos) << warning.code << " is not explained in the scenario";
      const std::size_t line = text.rfind('\n', said) + 1;
      EXPECT_EQ(text.substr(text.find_first_not_of(' ', line), 1), "#");
    }
  }
  EXPECT_EQ(seen, kWarnings.size());
}

// Which of the shipped profiles reads a logon out of which of the shipped templates, so that
// nothing is warned of. shipped_readings.txt has a line for each template.
TEST(ShippedTemplates, AreReadByExactlyTheseShippedProfiles) {
  const std::string scenario =
      "length: 1h\nstart: 2026-03-02T08:00:00Z\nusers:\n  u: { name: jdoe, domain: CORP }\n"
      "endpoints:\n  e: { host: w10, pool: 10.0.1.51/32, heartbeat: 30m }\n"
      "activity:\n  - { logon: u, on: e, at: 1m, curve: at-once }\n";
  std::map<std::string, Profile> profiles;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(ESM_SOURCE_DIR) + "/scenarios/profiles")) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() != ".yaml") continue;
    profiles.emplace(name, test::PlayedPlan(scenario, "traps-leef-heartbeat", name).profile());
  }
  std::string lines;
  for (const std::string& name : test::shipped_template_names()) {
    const test::PlayedPlan played(scenario, name);
    CheckOptions options;
    options.epoch = played.epoch();
    lines += name + ":";
    for (const auto& [profile_name, profile] : profiles) {
      const auto warnings =
          check_at_receiver(played.plan(), played.templates(), {profile}, options);
      if (warnings.empty()) lines += " " + profile_name;
    }
    lines += "\n";
  }
  const std::string golden = "tests/check/shipped_readings.txt";
  if (std::getenv("ESM_RENEW_GOLDEN") != nullptr) {
    std::ofstream(std::string(ESM_SOURCE_DIR) + "/" + golden) << lines;
  }
  EXPECT_EQ(lines, test::project_file(golden))
      << "where this is meant: ESM_RENEW_GOLDEN=1 check_test --gtest_filter=ShippedTemplates.* "
         "writes it anew; read the diff";
}

}  // namespace
}  // namespace esm
