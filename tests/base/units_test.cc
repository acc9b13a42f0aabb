#include "sender/base/units.h"

#include <string>

#include <gtest/gtest.h>

namespace esm {
namespace {

using namespace std::chrono_literals;

TEST(Units, DurationsAreReadAndWrittenInTheirShortestForm) {
  const struct {
    const char* text;
    std::chrono::nanoseconds value;
    const char* written;
  } rows[] = {
      {"0", 0ns, "0s"},         {"90s", 90s, "1m30s"},         {"1h30m", 90min, "1h30m"},
      {"1.5h", 90min, "1h30m"}, {"250ms", 250ms, "250ms"},     {"2d", 48h, "2d"},
      {"1us", 1us, "1us"},      {"10000d", 240000h, "10000d"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    const auto parsed = parse_duration(row.text);
    ASSERT_TRUE(parsed) << parsed.problem;
    EXPECT_EQ(*parsed, row.value);
    EXPECT_EQ(format_duration(row.value), row.written);
  }
}

TEST(Units, AMomentIsCutToMilliseconds) {
  EXPECT_EQ(format_moment(std::chrono::nanoseconds{3'723'004'999'999}), "1h2m3s4ms");
  EXPECT_EQ(format_moment(std::chrono::nanoseconds{999'999}), "0s");
  EXPECT_EQ(format_moment(std::chrono::minutes{35}), "35m");
}

TEST(Units, ADurationThatIsWrongIsToldWhy) {
  const std::string hint = "write a number and a unit (d h m s ms us ns): 90s, 45m, 1h30m";
  const struct {
    const char* text;
    std::string problem, hint;
  } rows[] = {
      {"", "a duration is missing", hint},
      {"60", "'60' has no unit", "write 60s, 60m or 60h"},
      {"-5s", "'-5s' is not a duration", hint},
      {"five", "'five' is not a duration", hint},
      {"99999999h", "'99999999h' is too long", "at most 10000d"},
      {"0.5ns", "'0.5ns' is finer than a nanosecond", hint},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    const auto parsed = parse_duration(row.text);
    EXPECT_FALSE(parsed);
    EXPECT_EQ(parsed.problem, row.problem);
    EXPECT_EQ(parsed.hint, row.hint);
  }
}

TEST(Units, RatesAreExactAndSurviveWritingAndReading) {
  const struct {
    const char* text;
    Rate value;
    const char* written;
  } rows[] = {
      {"300", {3, 10ms}, "300/s"},
      {"50k/s", {1, 20us}, "50000/s"},
      {"0.2", {1, 5s}, "12/m"},
      {"300/m", {1, 200ms}, "5/s"},
      {"10/h", {1, 360s}, "10/h"},
      {"0.1/h", {1, 36'000s}, "0.1/h"},
      {"1/3", {}, nullptr},
      {"3232900.12", {80'822'503, 25s}, "11638440432/h"},
      {"20120M/h", {503, 90us}, "20120000000/h"},
      {"0.110404144", {6'900'259, 62'500'000s}, "6.62424864/m"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    const auto parsed = parse_rate(row.text);
    if (row.written == nullptr) {
      EXPECT_FALSE(parsed);
      continue;
    }
    ASSERT_TRUE(parsed) << parsed.problem;
    EXPECT_EQ(*parsed, row.value);
    EXPECT_EQ(format_rate(*parsed), row.written);
    const auto again = parse_rate(row.written);
    ASSERT_TRUE(again) << again.problem;
    EXPECT_EQ(*again, *parsed);
  }
}

TEST(Units, CountsAndSizesTakeTheirMultipliers) {
  EXPECT_EQ(*parse_count("50k"), 50'000u);
  EXPECT_EQ(*parse_count("1.5M"), 1'500'000u);
  EXPECT_EQ(*parse_count("1_000_000"), 1'000'000u);
  EXPECT_FALSE(parse_count("1.5"));
  EXPECT_EQ(*parse_count("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(parse_count("99999999999999999999").problem, "'99999999999999999999' is too large");
  EXPECT_EQ(parse_count("99999999999999999G").problem, "'99999999999999999G' is too large");
  EXPECT_EQ(*parse_size("1200"), 1200u);
  EXPECT_EQ(*parse_size("64KiB"), 65'536u);
  EXPECT_EQ(*parse_size("10kB"), 10'000u);
  EXPECT_FALSE(parse_size("64 KiB"));
}

TEST(Units, SpeedsAndPercentagesKeepTheirRange) {
  EXPECT_EQ(*parse_speed("60x"), (Speed{60, 1}));
  EXPECT_EQ(*parse_speed("0.5"), (Speed{1, 2}));
  EXPECT_EQ(format_speed({1, 2}), "0.5");
  EXPECT_FALSE(parse_speed("0"));
  EXPECT_FALSE(parse_speed("1000001"));
  EXPECT_EQ(*parse_percent("5%"), 50'000u);
  EXPECT_EQ(*parse_percent("0.0001%"), 1u);
  EXPECT_FALSE(parse_percent("100.1%"));
  EXPECT_FALSE(parse_percent("5"));
}

}  // namespace
}  // namespace esm
