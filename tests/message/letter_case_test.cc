#include "sender/message/letter_case.h"

#include <string>

#include <gtest/gtest.h>

namespace esm {
namespace {

TEST(LetterCase, KnowsTheLettersOfEurope) {
  const struct {
    const char *small, *capital;
  } rows[] = {
      {"jdoe-7_x@corp.example", "JDOE-7_X@CORP.EXAMPLE"},
      {"müller, ÷ÿ àþ", "MÜLLER, ÷Ÿ ÀÞ"},
      {"łukasz żółć ń ő š ž ĺ ň ŷ", "ŁUKASZ ŻÓŁĆ Ń Ő Š Ž Ĺ Ň Ŷ"},
      {"άέήίόύώ αω ϊϋ", "ΆΈΉΊΌΎΏ ΑΩ ΪΫ"},
      {"ёжик їжак я", "ЁЖИК ЇЖАК Я"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(in_case(LetterCase::kUpper, row.small), row.capital);
    EXPECT_EQ(in_case(LetterCase::kLower, row.capital), row.small);
    EXPECT_EQ(in_case(LetterCase::kAsItIs, row.capital), row.capital);
  }
}

TEST(LetterCase, LeavesWhatHasNoOtherLetterOfItsLength) {
  for (const std::string text :
       {"ß", "ı", "ŉ", "ĸ", "×", "李", "ﬀ", "😀", "ẞ", "\xC3", "\xFF\x80"}) {
    EXPECT_EQ(in_case(LetterCase::kUpper, text), text);
    EXPECT_EQ(in_case(LetterCase::kLower, text), text);
  }
  EXPECT_EQ(in_case(LetterCase::kLower, "İ"), "İ");
}

// Every pair of bytes: the same length, and a change that is undone by its opposite, but for
// the small letters that share a capital.
TEST(LetterCase, KeepsLengthAndComesBack) {
  for (int first = 1; first < 256; ++first) {
    for (int second = 1; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      const std::string lower = in_case(LetterCase::kLower, text);
      const std::string upper = in_case(LetterCase::kUpper, text);
      ASSERT_EQ(lower.size(), 2U);
      ASSERT_EQ(upper.size(), 2U);
      if (lower != text) {
        EXPECT_EQ(in_case(LetterCase::kUpper, lower), upper) << text;
      }
      if (upper != text && text != "ς") {
        EXPECT_EQ(in_case(LetterCase::kLower, upper), lower) << text;
      }
    }
  }
}

}  // namespace
}  // namespace esm
