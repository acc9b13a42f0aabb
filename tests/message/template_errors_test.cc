// What is said of every mistake in a template, word for word: errors.txt holds the files and the
// words. Control characters of a file are
// written as YAML's escapes.
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sender/message/template.h"

#include "tests/support/error_cases.h"

namespace esm {
namespace {

const std::string kPath = "tests/message/errors.txt";

TEST(TemplateErrors, AreSaidWordForWord) {
  const std::vector<test::ErrorCase> all = test::error_cases(kPath);
  EXPECT_GT(all.size(), 30U);
  std::string anew;
  for (const test::ErrorCase& one : all) {
    SCOPED_TRACE(one.name);
    Diagnostics diagnostics;
    EXPECT_FALSE(read_template(SourceText("test.yaml", one.text), diagnostics));
    EXPECT_EQ(diagnostics.render(), one.expected);
    anew += "=== " + one.name + "\n" + one.text + "---\n" + diagnostics.render();
  }
  if (std::getenv("ESM_RENEW_GOLDEN") != nullptr)
    std::ofstream(std::string(ESM_SOURCE_DIR) + "/" + kPath) << anew;
}

}  // namespace
}  // namespace esm
