#include "sender/message/escape.h"

#include <gtest/gtest.h>

namespace esm {
namespace {

using namespace std::string_literals;

TEST(Escape, EachPlaceHasItsRules) {
  const std::string value = "a|b=c\\d\te\rf\ng\0h\"i^j \x1B\x7F\xC3\xBC"s;
  struct Row {
    Escape how;
    std::string expected;
  };
  const Row rows[] = {
      {Escape::kHead, "a|b=c\\d_e_f_g_h\"i^j____"},
      {Escape::kLeefHeader, "a b=c\\d e f g h\"i^j   \xC3\xBC"},
      {Escape::kLeefValue, "a|b=c\\d e f g h\"i j   \xC3\xBC"},
      {Escape::kCefHeader, "a\\|b=c\\\\d e f g h\"i^j   \xC3\xBC"},
      {Escape::kCefValue, "a|b\\=c\\\\d e\\rf\\ng h\"i^j   \xC3\xBC"},
      {Escape::kCsv, "a|b=c\\d e f g h\"\"i^j   \xC3\xBC"},
      {Escape::kText, "a|b=c\\d e f g h\"i^j   \xC3\xBC"},
      {Escape::kTextLiteral, "a|b=c\\d\te f g h\"i^j   \xC3\xBC"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(escape(row.how, value, '^'), row.expected) << static_cast<int>(row.how);
  }
}

TEST(Escape, AWordOfAHeadIsNeverEmptyAndAtMost255BytesLong) {
  EXPECT_EQ(escape(Escape::kHead, ""), "-");
  EXPECT_EQ(escape(Escape::kHead, "\x80\x81"), "-");
  EXPECT_EQ(escape(Escape::kHead, "m\xC3\xBCller pc"), "m_ller_pc");
  EXPECT_EQ(escape(Escape::kHead, std::string(300, 'x')), std::string(255, 'x'));
}

TEST(Escape, CsvNeedsQuotesForCommasAndQuotes) {
  EXPECT_FALSE(needs_quotes("plain; text"));
  EXPECT_TRUE(needs_quotes("a,b"));
  EXPECT_TRUE(needs_quotes("a\"b"));
}

}  // namespace
}  // namespace esm
