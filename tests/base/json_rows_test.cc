#include "sender/base/json_rows.h"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace esm {
namespace {

constexpr const char* kKinds[] = {"text", "null", "other"};

// "0{1+3=5+7 text alice}": offsets, lengths, kinds, texts; then what is wrong.
std::string rows_of(std::string_view text, bool lines = false, std::size_t most = 100) {
  std::string out;
  const JsonRow row = [&](std::size_t offset, const std::vector<JsonMember>& members) {
    out += fmt::format("{}{{", offset);
    for (const JsonMember& m : members) {
      out += fmt::format("[{} {}+{} {} {}+{} {}]", m.key, m.key_offset, m.key_length,
                         kKinds[static_cast<int>(m.kind)], m.offset, m.length, m.text);
    }
    out += "}";
    return --most > 0;
  };
  const auto wrong = lines ? read_json_lines(text, row) : read_json_list(text, row);
  if (!wrong) return out;
  constexpr const char* kWrong[] = {"not JSON", "no list", "no object"};
  return out + fmt::format(" {} at {}", kWrong[static_cast<int>(wrong->kind)], wrong->offset);
}

TEST(JsonRows, HaveThePlaceOfEverything) {
  EXPECT_EQ(rows_of(R"([{"a": "x", "bc" : null}, {}])"),
            "1{[a 2+3 text 7+3 x][bc 12+4 null 19+1 ]}26{}");
  EXPECT_EQ(rows_of("\xEF\xBB\xBF [\n{ \"a\":1 } ]"), "6{[a 8+3 other 12+1 ]}");
  EXPECT_EQ(rows_of(R"([{"a": "{\"}"}])"), "1{[a 2+3 text 7+6 {\"}]}")
      << "braces and quotes in a text";
  EXPECT_EQ(rows_of(R"([{"\"": "o\u0027b\uD83D\uDE00"}])"),
            "1{[\" 2+4 text 8+22 o'b\xF0\x9F\x98\x80]}");
  EXPECT_EQ(rows_of("[]"), "");
}

TEST(JsonRows, WhatIsNestedIsPassedOver) {
  EXPECT_EQ(rows_of(R"([{"a": {"b": "c", "d": [{"e": "f"}]}, "g": [1, "h"], "i": "j"}])"),
            "1{[a 2+3 other 7+1 ][g 38+3 other 43+1 ][i 53+3 text 58+3 j]}");
}

TEST(JsonRows, OfLinesAreEachByItself) {
  EXPECT_EQ(rows_of("{\"a\": 1}\r\n\n{\"b\": true}", true),
            "0{[a 1+3 other 6+1 ]}11{[b 12+3 other 17+1 ]}");
  EXPECT_EQ(rows_of("{\"a\": 1}\n[2]\n", true), "0{[a 1+3 other 6+1 ]} no object at 9");
  EXPECT_EQ(rows_of("{\"a\": 1} 2\n", true), "0{[a 1+3 other 6+1 ]} not JSON at 9");
  EXPECT_EQ(rows_of("{\"a\":\n1}\n", true), " not JSON at 5");
}

TEST(JsonRows, SayWhereTheyEnd) {
  EXPECT_EQ(rows_of(""), " not JSON at 0");
  EXPECT_EQ(rows_of(R"({"a": 1})"), " no list at 0");
  EXPECT_EQ(rows_of(" 5"), " no list at 1");
  EXPECT_EQ(rows_of("[{}, 5]"), "1{} no object at 5");
  EXPECT_EQ(rows_of("[{}, [{}]]"), "1{} no object at 5");
  EXPECT_EQ(rows_of(R"(["a"])"), " no object at 1");
  EXPECT_EQ(rows_of("[{}"), "1{} not JSON at 3");
  EXPECT_EQ(rows_of("[{} {}]"), "1{} not JSON at 4");
  EXPECT_EQ(rows_of("[{}]]"), "1{} not JSON at 4");
  EXPECT_EQ(rows_of("[{\"a\": \"\\x\"}]"), " not JSON at 9");
  EXPECT_EQ(rows_of("[{\"a\": \"\\ud83d\"}]"), " not JSON at 14");
  EXPECT_EQ(rows_of("[{}, {}, {}]", false, 2), "1{}5{}") << "enough has been seen";
  const std::string deep = "[{\"a\": " + std::string(100'000, '[');
  EXPECT_NE(rows_of(deep).find("not JSON at"), std::string::npos);
}

}  // namespace
}  // namespace esm
