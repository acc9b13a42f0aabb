#include "sender/testkit/script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sender/testkit/matchers.h"

namespace esm::testkit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Script, AShippedScenarioIsFoundByItsName) {
  const Script script = Script::named("first-contact");
  ASSERT_THAT(script, IsRight());
  EXPECT_EQ(script.text(), "");
  EXPECT_EQ(script.messages(), 5U);
}

TEST(Script, ItsTruthIsKnownAtEveryMoment) {
  const Script script = Script::named("first-contact");
  const Truth half = script.truth("30m");
  ASSERT_THAT(half, IsRight());
  ASSERT_EQ(half.mappings().size(), 1U);
  EXPECT_EQ(half.user_of("10.0.1.51"), "jdoe");
  EXPECT_EQ(half.user_of("10.0.1.52"), "");
  EXPECT_THAT(half.text(), HasSubstr("10.0.1.51                                     vsys1  SYSLOG  "
                                     "jdoe                             1777           1777\n"));
  EXPECT_EQ(script.truth("1h").user_of("10.0.1.51"), "")
      << "45 minutes after its last heartbeat it is forgotten";
  EXPECT_EQ(script.truth("1h", {std::chrono::minutes{55}}).user_of("10.0.1.51"), "jdoe");
}

TEST(Script, OptionsAreThoseOfTheCommand) {
  ScriptOptions options;
  options.epoch = parse_rfc3339("2026-03-02T07:55:00Z");
  options.seed = 7;
  const Script script = Script::named("monday-storm", options);
  ASSERT_THAT(script, IsRight());
  EXPECT_EQ(script.inputs()->plan->seed(), 7U);
  EXPECT_EQ(script.inputs()->epoch, *options.epoch);
  options.settings = {"nobody=3"};
  EXPECT_THAT(Script::named("monday-storm", options).text(), HasSubstr("nobody"));
}

TEST(Script, WhatIsWrongIsToldInTheCommandsWords) {
  const Script unknown = Script::named("nonsense");
  EXPECT_THAT(unknown, Not(IsRight()));
  EXPECT_EQ(unknown.text(),
            "error: there is no scenario 'nonsense', neither shipped nor as a file\n"
            "hint: 'esm-sender scenarios' lists what is shipped\n");
  const Script wrong = Script::of_text(
      "length: 1\n"
      "users: { alice: { name: alice } }\n"
      "endpoints: { pc: { host: pc, pool: 10.0.0.1/32 } }\n");
  EXPECT_EQ(wrong.text(),
            "scenario:1:9: error: length: '1' has no unit\n"
            "    1 | length: 1\n"
            "      |         ^\n"
            "hint: write 1s, 1m or 1h\n");
  EXPECT_EQ(wrong.messages(), 0U);
  EXPECT_EQ(wrong.truth("end").text(), wrong.text());
  EXPECT_THAT(Script::named("first-contact").truth("5h").text(),
              "error: moment: 5h lies beyond the scenario's end\nhint: it ends at 4h\n");
}

}  // namespace
}  // namespace esm::testkit
