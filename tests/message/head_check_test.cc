#include "sender/message/head_check.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/message/small_plan.h"

namespace esm::test {
namespace {

std::string complaints(const std::string& head, const std::vector<std::string>& names) {
  Scenario scenario = sample_scenario();
  scenario.esms.clear();
  for (const std::string& name : names) {
    EsmServer server;
    server.name = name;
    server.place = {"s.yaml", static_cast<int>(scenario.esms.size()) + 4, 5, 1};
    scenario.esms.push_back(server);
  }
  Diagnostics diagnostics;
  const Template message = template_of("format: text\nhead: " + head + "\ntext: m\n");
  const bool good = check_head(message, scenario, diagnostics);
  EXPECT_EQ(good, !diagnostics.has_errors());
  return diagnostics.render();
}

const std::string kHint =
    "hint: t.yaml puts it there as HOSTNAME: 1 to 255 visible ASCII characters, without spaces; "
    "give it such a name, or the template another head\n";

TEST(HeadCheck, ANameThatMayBeAHostnameIsTaken) {
  EXPECT_EQ(complaints("rfc5424", {"esm01", "!", "~", std::string(255, 'x')}), "");
}

TEST(HeadCheck, EveryNameThatMayNotIsRefusedAtItsPlace) {
  EXPECT_EQ(complaints("rfc5424", {"esm 1", "esm2", "m\u00fcnchen", std::string(256, 'x'), ""}),
            "s.yaml:4:5: error: esm: the name 'esm 1' cannot stand in an RFC 5424 head\n" + kHint +
                "s.yaml:6:5: error: esm: the name 'm\u00fcnchen' cannot stand in an RFC 5424 "
                "head\n" +
                kHint +
                "s.yaml:7:5: error: esm: a name of 256 bytes cannot stand in an RFC 5424 "
                "head\n" +
                kHint + "s.yaml:8:5: error: esm: the name '' cannot stand in an RFC 5424 head\n" +
                kHint);
}

TEST(HeadCheck, OtherHeadsHaveOtherRules) {
  for (const char* head : {"none", "esm", "rfc3164", "esm-5424"}) {
    EXPECT_EQ(complaints(head, {"esm 1"}), "") << head;
  }
}

TEST(HeadCheck, WhatIsTakenStandsInTheMessageUnchanged) {
  Scenario scenario = sample_scenario();
  scenario.esms[0].name = std::string(255, '~');
  Diagnostics diagnostics;
  const Template message = template_of("format: text\nhead: rfc5424\ntext: m\n");
  ASSERT_TRUE(check_head(message, scenario, diagnostics));
  EXPECT_EQ(rendered(message, scenario),
            "<134>1 2016-09-28T17:38:48.000Z " + scenario.esms[0].name + " - - - - m");
}

}  // namespace
}  // namespace esm::test
