#include "sender/scenario/parameters.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sender/scenario/scenario_reader.h"

namespace esm {
namespace {

// A scenario that uses each type of parameter.
const std::string kFile =
    "parameters:\n"
    "  people:  { count: 30, from: 10, to: 1k, about: how many come }\n"
    "  stay:    { duration: 1h, from: 10m }\n"
    "  ill:     { share: 10%, to: 50% }\n"
    "  company: { text: CORP }\n"
    "  shape:   { choice: normal, of: [normal, poisson] }\n"
    "length: 2h\n"
    "users:\n"
    "  staff: { count: $(people), name: \"$(company)-{:03}\", domain: $(company) }\n"
    "endpoints:\n"
    "  $(company): { count: $(people), host: \"PC-{}\", pool: 10.0.0.0/16, jitter: $(ill) }\n"
    "activity:\n"
    "  - { logon: staff, on: $(company), at: 5m, within: 10m, curve: $(shape), for: $(stay) }\n";

std::optional<Scenario> read(const std::string& text, const std::vector<Setting>& settings,
                             std::string& said) {
  Diagnostics diagnostics;
  auto scenario = read_scenario(SourceText("test.yaml", text), {.settings = settings}, diagnostics);
  said = diagnostics.render();
  return scenario;
}

TEST(Parameters, StandForTheirDefaults) {
  std::string said;
  const auto scenario = read(kFile, {}, said);
  ASSERT_TRUE(scenario) << said;
  EXPECT_EQ(scenario->users[0].count, 30U);
  EXPECT_EQ(scenario->users[0].name.name(0), "CORP-001");
  EXPECT_EQ(scenario->users[0].domain_of(0), "CORP");
  EXPECT_EQ(scenario->endpoints[0].key, "CORP");
  EXPECT_EQ(scenario->endpoints[0].jitter_ppm, 100'000U);
  EXPECT_EQ(scenario->activities[0].curve, Curve::kNormal);
  EXPECT_EQ(scenario->activities[0].lasts->longest(), std::chrono::hours{1});
  EXPECT_TRUE(scenario->settings.empty());
}

TEST(Parameters, StandForWhatIsSet) {
  std::string said;
  const auto scenario = read(kFile,
                             {{"people", "1k"},
                              {"stay", "90m"},
                              {"ill", "0.5%"},
                              {"company", "a=b: {c}"},
                              {"shape", "poisson"}},
                             said);
  // The braces are a pattern's, wrong here: what is set is read like what is written.
  EXPECT_FALSE(scenario);
  EXPECT_NE(said.find("name: '{c}' is not a number's place"), std::string::npos) << said;

  const auto good = read(kFile, {{"people", "1k"}, {"company", "a=b"}, {"shape", "poisson"}}, said);
  ASSERT_TRUE(good) << said;
  EXPECT_EQ(good->users[0].count, 1'000U);
  EXPECT_EQ(good->users[0].name.name(6), "a=b-007");
  EXPECT_EQ(good->activities[0].curve, Curve::kPoisson);
  // A record of a run needs them.
  ASSERT_EQ(good->settings.size(), 3U);
  EXPECT_EQ(good->settings[1].name, "company");
  EXPECT_EQ(good->settings[1].value, "a=b");
}

TEST(Parameters, WhatCannotBeSetIsSaidWordForWord) {
  const struct {
    Setting setting;
    const char* said;
  } cases[] = {
      {{"people", "9"},
       "test.yaml:2:3: error: --set people: '9' is out of range\n"
       "    2 |   people:  { count: 30, from: 10, to: 1k, about: how many come }\n"
       "      |   ^~~~~~\n"
       "hint: from 10 to 1k\n"},
      {{"stay", "9m59s"},
       "test.yaml:3:3: error: --set stay: '9m59s' is out of range\n"
       "    3 |   stay:    { duration: 1h, from: 10m }\n"
       "      |   ^~~~\n"
       "hint: at least 10m\n"},
      {{"ill", "51%"},
       "test.yaml:4:3: error: --set ill: '51%' is out of range\n"
       "    4 |   ill:     { share: 10%, to: 50% }\n"
       "      |   ^~~\n"
       "hint: at most 50%\n"},
      {{"company", "a\tb"},
       "test.yaml:5:3: error: --set company: control characters cannot stand in a value\n"
       "    5 |   company: { text: CORP }\n"
       "      |   ^~~~~~~\n"},
      {{"shape", "norml"},
       "test.yaml:6:3: error: --set shape: 'norml' is none of the choices\n"
       "    6 |   shape:   { choice: normal, of: [normal, poisson] }\n"
       "      |   ^~~~~\n"
       "hint: did you mean 'normal'?\n"},
      {{"peple", "20"},
       "error: --set peple: the scenario has no such parameter\n"
       "hint: did you mean 'people'?\n"},
  };
  for (const auto& one : cases) {
    std::string said;
    EXPECT_FALSE(read(kFile, {one.setting}, said));
    EXPECT_EQ(said, one.said);
  }
}

TEST(Parameters, AreSetOnceEach) {
  std::string said;
  EXPECT_FALSE(read(kFile, {{"people", "20"}, {"people", "30"}}, said));
  EXPECT_EQ(said,
            "error: --set people: this is set twice\n"
            "hint: leave one of them out\n");
}

TEST(Parameters, AScenarioWithoutAnyTakesNone) {
  const std::string plain =
      "length: 1h\nusers: { a: { name: \"$$(a)\" } }\n"
      "endpoints: { e: { host: e, pool: 10.0.0.1/32 } }\n";
  std::string said;
  const auto scenario = read(plain, {}, said);
  ASSERT_TRUE(scenario) << said;
  EXPECT_EQ(scenario->users[0].name.name(0), "$(a)");
  EXPECT_FALSE(read(plain, {{"people", "20"}}, said));
  EXPECT_EQ(said,
            "error: --set people: the scenario has no such parameter\n"
            "hint: it has none at all\n");
}

TEST(Parameters, ASettingIsANameAndAValue) {
  Setting setting;
  Diagnostics diagnostics;
  ASSERT_TRUE(parse_setting("a=b=c", setting, diagnostics));
  EXPECT_EQ(setting.name, "a");
  EXPECT_EQ(setting.value, "b=c");
  ASSERT_TRUE(parse_setting("a=", setting, diagnostics));
  EXPECT_EQ(setting.value, "");
  EXPECT_FALSE(parse_setting("a", setting, diagnostics));
  EXPECT_FALSE(parse_setting("=a", setting, diagnostics));
  EXPECT_EQ(diagnostics.render(),
            "error: --set: 'a' is not a parameter and its value\n"
            "hint: write NAME=VALUE: --set endpoints=5000\n"
            "error: --set: '=a' is not a parameter and its value\n"
            "hint: write NAME=VALUE: --set endpoints=5000\n");
}

}  // namespace
}  // namespace esm
