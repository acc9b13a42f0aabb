// What is said of every mistake in a parse profile, word for word: errors.txt holds the files and
// the words. A case is "=== Name", the file, "---", what is said. A file with warnings alone is
// read.
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sender/mapping/profile.h"

namespace esm {
namespace {

struct Case {
  std::string name, text, expected;
};

std::vector<Case> cases() {
  std::ifstream file(std::string(ESM_SOURCE_DIR) + "/tests/mapping/errors.txt");
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

TEST(ProfileErrors, AreSaidWordForWord) {
  const std::vector<Case> all = cases();
  EXPECT_GT(all.size(), 20U);
  std::set<std::string> names;
  for (const Case& one : all) {
    SCOPED_TRACE(one.name);
    EXPECT_TRUE(names.insert(one.name).second);
    Diagnostics diagnostics;
    const bool read = read_profile(SourceText("p.yaml", one.text), diagnostics).has_value();
    EXPECT_EQ(diagnostics.render(), one.expected);
    EXPECT_NE(one.expected, "");
    EXPECT_EQ(read, one.expected.find(": error: ") == std::string::npos);
  }
}

TEST(ProfileErrors, AFileThatIsTooLargeIsRefused) {
  Diagnostics diagnostics;
  const std::string text = "about: |\n" + std::string(kProfileBytesMax, ' ') + "x\n";
  EXPECT_FALSE(read_profile(SourceText("p.yaml", text), diagnostics));
  EXPECT_EQ(diagnostics.errors(), 1);
  EXPECT_NE(diagnostics.render().find("more than the 64KiB allowed"), std::string::npos)
      << diagnostics.render();
}

}  // namespace
}  // namespace esm
