#include "sender/base/csv_reader.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace esm {
namespace {

using Records = std::vector<std::vector<std::string>>;

Records read(std::string_view text, std::string* said = nullptr) {
  CsvReader csv(text);
  Records records;
  std::vector<CsvReader::Value> values;
  while (csv.next(values)) {
    records.emplace_back();
    for (const CsvReader::Value& value : values) records.back().emplace_back(value.text);
  }
  if (said != nullptr && csv.wrong() != nullptr) {
    *said = std::to_string(csv.wrong()->offset) + ": " + csv.wrong()->problem;
  }
  return records;
}

TEST(CsvReader, ReadsWhatTheRfcDescribes) {
  EXPECT_EQ(read("a,b\r\nc,d\r\n"), (Records{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(read("a,b\nc,d"), (Records{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(read("\"a\",\"b, c\"\n"), (Records{{"a", "b, c"}}));
  EXPECT_EQ(read("\"say \"\"hi\"\"\",\"\"\"\",\"\"\n"), (Records{{"say \"hi\"", "\"", ""}}));
  EXPECT_EQ(read("\"two\r\nlines\",x\n"), (Records{{"two\r\nlines", "x"}}));
  EXPECT_EQ(read(",\n,,"), (Records{{"", ""}, {"", "", ""}}));
  EXPECT_EQ(read(" a , b \n"), (Records{{" a ", " b "}})) << "spaces are part of a value";
  EXPECT_EQ(read("a\rb\n"), (Records{{"a\rb"}})) << "a CR alone ends no line";
}

TEST(CsvReader, PassesOverAMarkAndEmptyLines) {
  EXPECT_EQ(read("\xEF\xBB\xBFname\n\nalice\r\n\r\n\n"), (Records{{"name"}, {"alice"}}));
  EXPECT_EQ(read(""), Records{});
  EXPECT_EQ(read("\n\n"), Records{});
}

TEST(CsvReader, SaysWhichQuoteIsWrong) {
  const struct {
    const char* text;
    const char* said;
    Records before;
  } cases[] = {
      {"a\nb\"c\n", "3: a quote inside a value that is not quoted", {{"a"}}},
      {"a\n\"b\"c\n", "5: something follows a closing quote", {{"a"}}},
      {"a\nx,\"b\n", "4: the quote that begins here is never closed", {{"a"}}},
      {"\"a\"\"", "0: the quote that begins here is never closed", {}},
  };
  for (const auto& one : cases) {
    std::string said;
    EXPECT_EQ(read(one.text, &said), one.before) << one.text;
    EXPECT_EQ(said, one.said) << one.text;
  }
}

TEST(CsvReader, KnowsWhereValuesStand) {
  const std::string_view text = "a,\"b\"\"\",c\n";
  CsvReader csv(text);
  std::vector<CsvReader::Value> values;
  ASSERT_TRUE(csv.next(values));
  ASSERT_EQ(values.size(), 3U);
  EXPECT_EQ(text.substr(values[1].offset, values[1].length), "\"b\"\"\"");
  EXPECT_EQ(text.substr(values[2].offset, values[2].length), "c");
}

}  // namespace
}  // namespace esm
