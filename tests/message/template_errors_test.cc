// What is said of every mistake in a template, word for word: errors.txt holds the files and the
// words. A case is "=== Name", the file, "---", what is said. Control characters of a file are
// written as YAML's escapes.
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sender/message/template.h"

namespace esm {
namespace {

const std::string kPath = std::string(ESM_SOURCE_DIR) + "/tests/message/errors.txt";

struct Case {
  std::string name, text, expected;
};

std::vector<Case> cases() {
  std::ifstream file(kPath);
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

TEST(TemplateErrors, AreSaidWordForWord) {
  const std::vector<Case> all = cases();
  EXPECT_GT(all.size(), 30U);
  std::set<std::string> names;
  std::string anew;
  for (const Case& one : all) {
    SCOPED_TRACE(one.name);
    EXPECT_TRUE(names.insert(one.name).second);
    Diagnostics diagnostics;
    EXPECT_FALSE(read_template(SourceText("test.yaml", one.text), diagnostics));
    EXPECT_EQ(diagnostics.render(), one.expected);
    anew += "=== " + one.name + "\n" + one.text + "---\n" + diagnostics.render();
  }
  if (std::getenv("ESM_RENEW_GOLDEN") != nullptr) std::ofstream(kPath) << anew;
}

}  // namespace
}  // namespace esm
