#include "sender/scenario/includes.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "sender/scenario/scenario_reader.h"

namespace esm {
namespace {

constexpr const char* kPeople =
    "about: who works here\n"
    "users:\n  office: { count: 3, name: \"user{}\" }\n";
constexpr const char* kMain =
    "include: people.yaml\n"
    "length: 1h\n"
    "endpoints:\n  office: { count: 3, host: \"PC-{}\", pool: 10.0.0.0/24 }\n"
    "activity:\n  - { logon: office, on: office, at: 5m }\n";

using Files = std::map<std::string, std::string>;

std::optional<Scenario> read(const std::string& scenario, const Files& files,
                             Diagnostics& diagnostics) {
  GivenFiles given;
  for (const auto& [name, text] : files) given.add({name, text});
  ScenarioContext context;
  context.files = &given;
  return read_scenario(SourceText("test.yaml", scenario), context, diagnostics);
}

// What is said of a scenario that is refused.
std::string refusal(const std::string& scenario, const Files& files) {
  Diagnostics diagnostics;
  EXPECT_FALSE(read(scenario, files, diagnostics));
  return diagnostics.render();
}

TEST(Includes, StandBeforeWhatTheScenarioSaysItself) {
  Diagnostics diagnostics;
  const auto scenario = read(
      "include: [people.yaml, site/rooms.yaml]\n"
      "length: 1h\n"
      "users:\n  ann: { name: ann }\n"
      "esm:\n  - { name: own, address: 10.1.1.1 }\n"
      "activity:\n  - { logon: ann, on: lab, at: 7m }\n"
      "steps:\n  - { after: first, in: 5m, logoff: ann }\n"
      "noise:\n  - { message: own, on: lab, every: 5m }\n",
      {{"people.yaml", kPeople},
       {"site/rooms.yaml",
        "parameters:\n  rooms: { count: 4 }\n"
        "esm: [ { name: theirs, address: 10.1.1.2 } ]\n"
        "endpoints:\n  lab: { count: $(rooms), host: \"LAB-{}\", pool: 10.0.0.0/24 }\n"
        "activity:\n  - { logon: office, on: lab, at: 5m }\n"
        "steps:\n  - { at: 8m, id: first, crash: LAB-4 }\n"
        "noise:\n  - { message: theirs, on: lab, every: 5m }\n"}},
      diagnostics);
  ASSERT_TRUE(scenario) << diagnostics.render();
  ASSERT_EQ(scenario->users.size(), 2U);
  EXPECT_EQ(scenario->users[0].key, "office");
  ASSERT_EQ(scenario->noise.size(), 2U);
  EXPECT_EQ(scenario->noise[0].message, "theirs");
  EXPECT_EQ(scenario->noise[1].message, "own");
  EXPECT_EQ(scenario->users[1].key, "ann");
  EXPECT_EQ(scenario->endpoints.front().count, 4U);
  ASSERT_EQ(scenario->esms.size(), 2U);
  EXPECT_EQ(scenario->esms[0].name, "theirs");
  ASSERT_EQ(scenario->activities.size(), 2U);
  EXPECT_EQ(scenario->activities[0].users, 0U);
  ASSERT_EQ(scenario->steps.size(), 2U);
  EXPECT_EQ(scenario->steps[1].at, std::chrono::minutes{13});
  ASSERT_EQ(scenario->files.size(), 2U);
  EXPECT_EQ(scenario->files[1].name(), "site/rooms.yaml");
}

TEST(Includes, AFileThatTwoIncludeCountsOnce) {
  Diagnostics diagnostics;
  const auto scenario = read(std::string("include: [a.yaml, b.yaml]\n") + (kMain + 21),
                             {{"people.yaml", kPeople},
                              {"a.yaml", "include: people.yaml\n"},
                              {"b.yaml", "include: people.yaml\nusers: { bob: { name: bob } }\n"}},
                             diagnostics);
  ASSERT_TRUE(scenario) << diagnostics.render();
  EXPECT_EQ(scenario->users.size(), 2U);
}

TEST(Includes, AMistakeInAnIncludedFileIsShownThere) {
  EXPECT_EQ(refusal(kMain, {{"people.yaml", "users:\n  office: { cuont: 3, name: u }\n"}}),
            "people.yaml:2:13: error: the users 'office': unknown key 'cuont'\n"
            "    2 |   office: { cuont: 3, name: u }\n"
            "      |             ^~~~~\n"
            "hint: did you mean 'count'?\n");
}

TEST(Includes, ACircleIsShown) {
  EXPECT_EQ(refusal(kMain, {{"people.yaml", "include: more.yaml\n"},
                            {"more.yaml", "include:\n  - people.yaml\n"}}),
            "more.yaml:2:5: error: include: 'people.yaml' includes itself\n"
            "    2 |   - people.yaml\n"
            "      |     ^~~~~~~~~~~\n"
            "hint: people.yaml includes more.yaml includes people.yaml\n");
  EXPECT_EQ(refusal(kMain, {{"people.yaml", "include: people.yaml\n"}}),
            "people.yaml:1:10: error: include: 'people.yaml' includes itself\n"
            "    1 | include: people.yaml\n"
            "      |          ^~~~~~~~~~~\n");
}

TEST(Includes, AScenarioThatComesBackToItselfIsACircleToo) {
  EXPECT_EQ(refusal("include: test.yaml\nlength: 1h\n", {{"test.yaml", kMain}}),
            "test.yaml:1:10: error: include: 'test.yaml' includes itself\n"
            "    1 | include: test.yaml\n"
            "      |          ^~~~~~~~~\n");
  EXPECT_EQ(refusal(kMain, {{"test.yaml", kMain}, {"people.yaml", "include: test.yaml\n"}}),
            "people.yaml:1:10: error: include: 'test.yaml' includes itself\n"
            "    1 | include: test.yaml\n"
            "      |          ^~~~~~~~~\n"
            "hint: test.yaml includes people.yaml includes test.yaml\n");
}

TEST(Includes, WhatIsThereAlreadyIsRefused) {
  EXPECT_EQ(
      refusal(std::string(kMain) + "users:\n  office: { name: u }\n", {{"people.yaml", kPeople}}),
      "test.yaml:8:3: error: 'office' is there already\n"
      "    8 |   office: { name: u }\n"
      "      |   ^~~~~~\n"
      "hint: it stands in line 3 of people.yaml\n");
}

TEST(Includes, WhatTheScenarioAloneSaysIsRefused) {
  EXPECT_EQ(refusal(kMain, {{"people.yaml", "lenght: 3h\nstart: 2026-03-02T07:55:00Z\n"}}),
            "people.yaml:1:1: error: include: 'lenght' cannot come from an included file\n"
            "    1 | lenght: 3h\n"
            "      | ^~~~~~\n"
            "hint: what can: about, include, parameters, users, endpoints, esm, activity, steps, "
            "noise, faults\n"
            "people.yaml:2:1: error: include: 'start' cannot come from an included file\n"
            "    2 | start: 2026-03-02T07:55:00Z\n"
            "      | ^~~~~\n"
            "hint: what can: about, include, parameters, users, endpoints, esm, activity, steps, "
            "noise, faults\n");
}

TEST(Includes, WhatIsNoMappingOrListIsRefused) {
  EXPECT_EQ(refusal(kMain, {{"people.yaml", "users: 3\nactivity: { logon: x }\n"}}),
            "people.yaml:1:8: error: users: a mapping is expected\n"
            "    1 | users: 3\n"
            "      |        ^\n"
            "people.yaml:2:11: error: activity: a list is expected\n"
            "    2 | activity: { logon: x }\n"
            "      |           ^\n");
  EXPECT_EQ(refusal("include: { a: b }\nlength: 1h\n", {}),
            "test.yaml:1:10: error: include: a file or a list of files is expected\n"
            "    1 | include: { a: b }\n"
            "      |          ^\n"
            "hint: include: people.yaml, or include: [people.yaml, offices.yaml]\n");
  EXPECT_EQ(refusal(kMain, {{"people.yaml", "- a\n"}}),
            "people.yaml:1:1: error: an included file must be a mapping of keys to values\n"
            "    1 | - a\n"
            "      | ^\n"
            "hint: write 'key: value' lines, or { key: value, … }\n");
}

TEST(Includes, TooManyFilesAreRefused) {
  Files files;
  std::string list = "[people.yaml";
  for (int i = 0; i < 100; ++i) {
    const std::string name = "f" + std::to_string(i) + ".yaml";
    files[name] = "about: nothing\n";
    list += ", " + name;
  }
  files["people.yaml"] = kPeople;
  const std::string said = refusal("include: " + list + "]\n" + (kMain + 21), files);
  EXPECT_NE(said.find("error: include: more than 100 files\n"), std::string::npos) << said;
}

}  // namespace
}  // namespace esm
