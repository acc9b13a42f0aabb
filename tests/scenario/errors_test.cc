// What is said of every mistake in a scenario, word for word: errors.txt holds the files and the
// words.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sender/scenario/scenario_reader.h"

#include "tests/support/error_cases.h"

namespace esm {
namespace {

TEST(ScenarioErrors, AreSaidWordForWord) {
  const std::vector<test::ErrorCase> all = test::error_cases("tests/scenario/errors.txt");
  EXPECT_GT(all.size(), 70U);
  for (const test::ErrorCase& one : all) {
    SCOPED_TRACE(one.name);
    Diagnostics diagnostics;
    GivenFiles files;
    files.add({"people.csv", "name\nalice\nbob\n"});
    EXPECT_FALSE(read_scenario(SourceText("test.yaml", one.text), {{}, &files}, diagnostics));
    EXPECT_EQ(diagnostics.render(), one.expected);
  }
}

TEST(ScenarioErrors, AFileThatIsTooLargeIsRefused) {
  Diagnostics diagnostics;
  const std::string text = "about: |\n" + std::string(2 << 20, ' ') + "x\n";
  EXPECT_FALSE(read_scenario(SourceText("test.yaml", text), diagnostics));
  EXPECT_EQ(diagnostics.render(),
            "test.yaml: error: the file has 2048.0KiB, more than the 1MiB allowed\n");
}

TEST(ScenarioErrors, DeepNestingIsRefused) {
  Diagnostics diagnostics;
  const std::string text = "about: " + std::string(50'000, '[') + std::string(50'000, ']') + "\n";
  EXPECT_FALSE(read_scenario(SourceText("test.yaml", text), diagnostics));
  EXPECT_EQ(diagnostics.render(), "test.yaml:1:27: error: nested more than 20 levels deep\n");
}

}  // namespace
}  // namespace esm
