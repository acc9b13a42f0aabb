// What is said of every mistake in a scenario, word for word: errors.txt holds the files and the
// words. A case is "=== Name", the file, "---", what is said.
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sender/scenario/scenario_reader.h"

namespace esm {
namespace {

struct Case {
  std::string name, text, expected;
};

std::vector<Case> cases() {
  std::ifstream file(std::string(ESM_SOURCE_DIR) + "/tests/scenario/errors.txt");
  EXPECT_TRUE(file);
  std::vector<Case> all;
  std::string* part = nullptr;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("=== ")) {
      all.push_back({line.substr(4), "", ""});
      part = &all.back().text;
    } else if (line == "---" && part != nullptr) {
      part = &all.back().expected;
    } else if (part != nullptr) {
      *part += line + "\n";
    }
  }
  return all;
}

TEST(ScenarioErrors, AreSaidWordForWord) {
  const std::vector<Case> all = cases();
  EXPECT_GT(all.size(), 70U);
  std::set<std::string> names;
  for (const Case& one : all) {
    SCOPED_TRACE(one.name);
    EXPECT_TRUE(names.insert(one.name).second);
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
