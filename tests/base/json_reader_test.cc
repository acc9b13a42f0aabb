#include "sender/base/json_reader.h"

#include <string>

#include <gtest/gtest.h>

namespace esm {
namespace {

std::string string_of(std::string_view text) {
  JsonReader json(text);
  std::string out;
  return json.string(out) ? out : std::to_string(json.problem_offset()) + ": " + json.problem();
}

TEST(JsonReader, ResolvesEveryEscape) {
  EXPECT_EQ(string_of(R"(  "plain")"), "plain");
  EXPECT_EQ(string_of(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(string_of(R"("o\u0027brien")"), "o'brien");
  EXPECT_EQ(string_of(R"("\u00fc\u00DF")"), "\xC3\xBC\xC3\x9F");
  EXPECT_EQ(string_of(R"("\u20ac")"), "\xE2\x82\xAC");
  EXPECT_EQ(string_of(R"("\uD83D\uDE00")"), "\xF0\x9F\x98\x80");
  EXPECT_EQ(string_of("\xEF\xBB\xBF\"a\""), "a") << "a byte order mark is passed over";
}

TEST(JsonReader, SaysWhatIsWrongWithAString) {
  EXPECT_EQ(string_of("alice"), "0: a text in double quotes is expected here");
  EXPECT_EQ(string_of("\"alice"), "0: the quote that begins here is not closed in its line");
  EXPECT_EQ(string_of("\"ali\nce\""), "0: the quote that begins here is not closed in its line");
  EXPECT_EQ(string_of(R"("a\x")"), "2: this escape is not known in JSON");
  EXPECT_EQ(string_of(R"("\u12g4")"), "5: \\u needs four hexadecimal digits");
  EXPECT_EQ(string_of(R"("\ud83d")"), "1: half of a surrogate pair");
  EXPECT_EQ(string_of(R"("\ud83d\u0041")"), "1: half of a surrogate pair");
  EXPECT_EQ(string_of(R"("\ude00")"), "1: half of a surrogate pair");
  EXPECT_EQ(string_of(R"("\)"), "1: this escape is not known in JSON");
}

TEST(JsonReader, SkipsAnyValue) {
  for (const char* text : {"1", "-0.5e+10", "0", "1E5", "true", "false", "null", R"("x\"y")", "[]",
                           "{}", "[1, [2], {}]", R"({"a": {"b": [null, "]"]}, "c": -1})"}) {
    const std::string with_more = std::string(text) + " ,";
    JsonReader json(with_more);
    EXPECT_TRUE(json.skip()) << text << ": " << json.problem();
    EXPECT_TRUE(json.take(',')) << text;
    EXPECT_EQ(json.peek(), '\0');
  }
}

TEST(JsonReader, SkipsNothingElse) {
  for (const char* text : {"", "01", "-", "1.", ".5", "1e", "tru", "'a'", "[1", "[1 2]", "[,]",
                           "[1,]", "{\"a\"}", "{\"a\" 1}", "{a: 1}", "{\"a\": 1", "}"}) {
    JsonReader json(text);
    EXPECT_FALSE(json.skip()) << text;
    EXPECT_NE(json.problem(), "") << text;
  }
  const std::string deep(100'000, '[');
  JsonReader json(deep);
  EXPECT_FALSE(json.skip());
  EXPECT_EQ(json.problem(), "nested too deep");
}

}  // namespace
}  // namespace esm
