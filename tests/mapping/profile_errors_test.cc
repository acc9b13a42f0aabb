// What is said of every mistake in a parse profile, word for word: errors.txt holds the files and
// the words. A file with warnings alone is read.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sender/mapping/profile.h"

#include "tests/support/error_cases.h"

namespace esm {
namespace {

TEST(ProfileErrors, AreSaidWordForWord) {
  const std::vector<test::ErrorCase> all = test::error_cases("tests/mapping/errors.txt");
  EXPECT_GT(all.size(), 20U);
  for (const test::ErrorCase& one : all) {
    SCOPED_TRACE(one.name);
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
  EXPECT_EQ(diagnostics.render(),
            "p.yaml: error: the file has 64.0KiB, more than the 64KiB allowed\n");
}

}  // namespace
}  // namespace esm
