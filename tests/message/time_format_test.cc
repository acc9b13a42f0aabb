#include "sender/message/time_format.h"

#include <ctime>
#include <random>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/base/time.h"

namespace esm {
namespace {

std::string written(std::string_view format, UtcTime time) {
  TimeFormat::Wrong wrong;
  const auto compiled = TimeFormat::compile(format, wrong);
  EXPECT_TRUE(compiled) << format << ": " << wrong.problem;
  if (!compiled) return {};
  std::string text(compiled->length_max(), '\0');
  const auto length = compiled->write(time, text.data()) - text.data();
  EXPECT_LE(length, static_cast<std::ptrdiff_t>(text.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::string written(std::string_view format, std::string_view time) {
  return written(format, *parse_rfc3339(time));
}

TEST(TimeFormat, LettersAreJavas) {
  struct Row {
    std::string_view format, time, expected;
  };
  const Row rows[] = {
      {"MMM dd yyyy HH:mm:ss", "2016-09-28T17:38:48Z", "Sep 28 2016 17:38:48"},
      {"MMM dd yyyy HH:mm:ss", "2026-03-02T07:05:09Z", "Mar 02 2026 07:05:09"},
      {"MMM _d HH:mm:ss", "2026-03-02T07:05:09Z", "Mar  2 07:05:09"},
      {"MMM _d HH:mm:ss", "2026-03-12T07:05:09Z", "Mar 12 07:05:09"},
      {"yy-M-d H:m:s", "2006-03-02T07:05:09Z", "06-3-2 7:5:9"},
      {"EEEE EEE MMMM MM", "2026-11-25T00:00:00Z", "Wednesday Wed November 11"},
      {"EEE", "2024-02-29T00:00:00Z", "Thu"},
      {"HH:mm:ss.SSS", "2026-03-02T00:00:00.0123456Z", "00:00:00.012"},
      {"S SS SSSSSS SSSSSSSSS", "2026-03-02T00:00:00.987654321Z", "9 98 987654 987654321"},
      {"yyyy-MM-dd'T'HH:mm:ssZ", "2026-12-31T23:59:59Z", "2026-12-31T23:59:59+0000"},
      {"HH'h'X XX XXX", "2026-12-31T23:59:59Z", "23hZ Z Z"},
      {"'it''s' dd", "2026-12-31T23:59:59Z", "its 31"},
      {"''yy", "2026-12-31T23:59:59Z", "'26"},
      {"rfc3339", "2026-03-02T07:05:09Z", "2026-03-02T07:05:09.000Z"},
      {"rfc3339", "2026-03-02T07:05:09.9999Z", "2026-03-02T07:05:09.999Z"},
      {"epoch", "1970-01-01T00:00:00Z", "0"},
      {"epoch", "2016-09-28T17:38:48.9Z", "1475084328"},
      {"epoch", "2200-12-31T23:59:59Z", "7289654399"},
      {"epoch-ms", "2016-09-28T17:38:48.0479Z", "1475084328047"},
      {"[EEE MMM d HH:mm:ss yyyy 'CDT']", "2005-07-05T13:15:04Z", "[Tue Jul 5 13:15:04 2005 CDT]"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(written(row.format, row.time), row.expected) << row.format;
  }
}

TEST(TimeFormat, ShowsTheDistanceFromUtcAsJavaDoes) {
  struct Row {
    int minutes;
    std::string_view expected;
  };
  const Row rows[] = {
      {0, "23:30 Z Z Z +0000 +00:00"},
      {60, "00:30 +01 +0100 +01:00 +0100 +01:00"},
      {-90, "22:00 -01 -0130 -01:30 -0130 -01:30"},
      {765, "12:15 +12 +1245 +12:45 +1245 +12:45"},
  };
  TimeFormat::Wrong wrong;
  const auto format = TimeFormat::compile("HH:mm X XX XXX Z _X", wrong);
  ASSERT_TRUE(format) << wrong.problem;
  for (const Row& row : rows) {
    char text[64];
    char* const end = format->write(*parse_rfc3339("2026-12-31T23:30:00Z"), text,
                                    std::chrono::minutes{row.minutes});
    EXPECT_EQ(std::string_view(text, static_cast<std::size_t>(end - text)), row.expected);
  }
}

TEST(TimeFormat, MistakesAreAtTheirPlace) {
  const std::string known =
      "known: yyyy yy MMMM MMM MM M dd d EEEE EEE HH H mm m ss s SSS Z X XXX; literal letters in "
      "quotes: 'T'";
  struct Row {
    std::string_view format;
    std::size_t offset, length;
    std::string problem, hint;
  };
  const Row rows[] = {
      {"", 0, 1, "a time needs a format",
       "for instance {event.time:MMM dd yyyy HH:mm:ss}, {event.time:rfc3339}, {event.time:epoch}"},
      {"YYYY-MM", 0, 4, "'YYYY' is not a part of a time", "did you mean 'yyyy'?"},
      {"yyyy-MM-DD", 8, 2, "'DD' is not a part of a time", "did you mean 'dd'?"},
      {"hh:mm", 0, 2, "'hh' is not a part of a time", "did you mean 'HH'?"},
      {"yyy", 0, 3, "'yyy' is not a part of a time", "did you mean 'yyyy'?"},
      {"MM Q", 3, 1, "'Q' is not a part of a time", known},
      {"yyyyTHH", 4, 1, "'T' is not a part of a time", known},
      {"epochms", 0, 1, "'e' is not a part of a time", "did you mean 'epoch-ms'?"},
      {"RFC-3339", 0, 1, "'R' is not a part of a time", "did you mean 'rfc3339'?"},
      {"SSSSSSSSSS", 0, 10, "'SSSSSSSSSS' is not a part of a time", known},
      {"HH 'open", 3, 1, "this quote is not closed", "literal text stands between two quotes: 'T'"},
      {"_dd", 0, 0, "", ""},
  };
  for (const Row& row : rows) {
    TimeFormat::Wrong wrong;
    const bool good = TimeFormat::compile(row.format, wrong).has_value();
    EXPECT_EQ(good, row.problem.empty()) << row.format;
    if (good) continue;
    EXPECT_EQ(wrong.offset, row.offset) << row.format;
    EXPECT_EQ(wrong.length, row.length) << row.format;
    EXPECT_EQ(wrong.problem, row.problem) << row.format;
    EXPECT_EQ(wrong.hint, row.hint) << row.format;
  }
}

// The C library's calendar is the slow implementation.
std::string by_the_c_library(UtcTime time) {
  const auto seconds = static_cast<std::time_t>(time.time_since_epoch().count() / 1'000'000'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  // The C locale: nothing here calls setlocale.
  std::strftime(text, sizeof text, "%b %d %Y %H:%M:%S %a %B %A %e %y", &parts);
  return text + fmt::format(" {:09}", time.time_since_epoch().count() % 1'000'000'000);
}

TEST(TimeFormat, AgreesWithTheCLibraryAtEveryBorderAndAnywhere) {
  const std::string format = "MMM dd yyyy HH:mm:ss EEE MMMM EEEE _d yy SSSSSSSSS";
  std::vector<UtcTime> times;
  for (int year = 1971; year <= 2200; ++year) {
    for (const char* border : {"01-01T00:00:00", "02-28T00:00:00", "03-01T00:00:00",
                               "06-15T12:00:00", "12-31T00:00:00"}) {
      const UtcTime time = *parse_rfc3339(fmt::format("{}-{}Z", year, border));
      for (const int nanoseconds : {-1, 0, 1}) {
        times.push_back(time + std::chrono::nanoseconds{nanoseconds});
      }
    }
  }
  const std::uint64_t seed = 20'160'928;
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    times.emplace_back(std::chrono::nanoseconds{random() % 7'000'000'000'000'000'000});
  }
  for (const UtcTime time : times) {
    ASSERT_EQ(written(format, time), by_the_c_library(time))
        << "seed " << seed << ", " << time.time_since_epoch().count();
  }
}

}  // namespace
}  // namespace esm
