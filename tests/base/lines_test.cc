#include "sender/base/lines.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace esm {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& bytes) {
  Lines lines;
  for_each_line(bytes, [&](std::string_view line) { lines.emplace_back(line); });
  return lines;
}

TEST(Lines, EndWithLfCrLfOrNulOrWithTheBytes) {
  const std::string nul(1, '\0');
  EXPECT_EQ(lines_of("a"), Lines{"a"});
  EXPECT_EQ(lines_of("a\n"), Lines{"a"});
  EXPECT_EQ(lines_of("a\r\nb\n"), (Lines{"a", "b"}));
  EXPECT_EQ(lines_of("a" + nul + "b\nc" + nul), (Lines{"a", "b", "c"}));
  EXPECT_EQ(lines_of("a\nb" + nul + "c"), (Lines{"a", "b", "c"}));
}

TEST(Lines, EmptyOnesAreNone) {
  EXPECT_EQ(lines_of(""), Lines{});
  EXPECT_EQ(lines_of("\n\r\n\n"), Lines{});
  EXPECT_EQ(lines_of("\n\na\n\n" + std::string(2, '\0') + "b\n\n"), (Lines{"a", "b"}));
}

TEST(Lines, ACrThatEndsNoLineStays) {
  EXPECT_EQ(lines_of("a\rb"), Lines{"a\rb"});
  EXPECT_EQ(lines_of("a\r"), Lines{"a\r"});
  EXPECT_EQ(lines_of("a\r" + std::string(1, '\0') + "b"), (Lines{"a\r", "b"}));
}

}  // namespace
}  // namespace esm
