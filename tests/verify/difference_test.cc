#include "sender/verify/difference.h"

#include <gtest/gtest.h>

namespace esm {
namespace {

constexpr const char* kLine =
    "<134>Mar 02 2026 08:00:01 10.0.1.20 LEEF:1.0|P|T|4|Heartbeat|dhost=PC-00007\tduser=user00007\t"
    "dst=10.20.0.7\tmsg=Service is alive";

std::string with(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

TEST(Difference, IsSaidInWords) {
  const std::string line = kLine;
  const struct {
    std::string found;
    const char* what;
  } rows[] = {
      {line.substr(0, 100), "cut after 100 of 126 bytes"},
      {"", "cut after 0 of 126 bytes"},
      {line + " ", "white space was added at the end"},
      {line + "\tx=1", "'\tx=1' was added at the end"},
      {line + line, "another message stands behind it in the same line"},
      {line + line.substr(0, 60), "another message stands behind it in the same line"},
      {line.substr(60) + "<13>" + line, "another message stands in front of it in the same line"},
      {"126 " + line,
       "the frame's length, '126 ', is part of the line: this receiver does not count octets, "
       "--framing lf suits it"},
      {"x " + line, "'x ' stands in front of it"},
      {line.substr(5), "the first 5 bytes, '<134>', are missing"},
      {with(line, "\t", "#011"),
       "control characters became #ooo: in rsyslog parser.escapeControlCharacterTab=\"off\" keeps "
       "tabs"},
      {with(line, "\t", "\\t"), "tabs became \\t"},
      {with(line, "\t", " "), "tabs became spaces"},
      {with(line, "PC-", "pc-"), "upper and lower case were changed"},
      {with(line, "user00007", "user00008"), "byte 91 of 126 is another"},
      {with(line, "Service ", ""), "bytes 111 to 118 of 126 are missing"},
      {with(line, "alive", "not alive"), "4 bytes were put in behind byte 121 of 126"},
  };
  for (const auto& row : rows) EXPECT_EQ(difference(line, row.found).what, row.what);
}

TEST(Difference, ShowsThePartThatDiffers) {
  const Difference differs = difference(kLine, with(kLine, "user00007", "nobody"));
  EXPECT_EQ(differs.expected, "…=PC-00007\tduser=user00007\tdst=10.20.0.7\tm…");
  EXPECT_EQ(differs.found, "…=PC-00007\tduser=nobody\tdst=10.20.0.7\tm…");
  const Difference whole = difference("abc", "xyz");
  EXPECT_EQ(whole.expected, "abc");
  EXPECT_EQ(whole.found, "xyz");
  const Difference empty = difference("abc", "");
  EXPECT_EQ(empty.expected, "abc");
  EXPECT_EQ(empty.found, "");
}

Nearest::Candidate candidate(int number, bool uncertain = false) {
  const std::string two = (number < 10 ? "0" : "") + std::to_string(number);
  return {with(with(kLine, "00007", "000" + two), "10.20.0.7", "10.20.0." + std::to_string(number)),
          {"PC-000" + two, "10.20.0." + std::to_string(number), "user000" + two},
          uncertain};
}

TEST(Nearest, KnowsAMessageByWhatItNames) {
  Nearest nearest({candidate(5), candidate(6), candidate(7)});
  EXPECT_EQ(nearest.take(with(candidate(6).text, "alive", "a1ive")), 1U);
  EXPECT_EQ(nearest.take(with(candidate(6).text, "alive", "a1ive")), std::nullopt) << "taken";
  EXPECT_EQ(nearest.take(with(candidate(7).text, "PC-00007", "PC-")), 2U);
}

TEST(Nearest, SeesThroughEscapesAndCase) {
  Nearest nearest({candidate(5), candidate(6), candidate(7), candidate(8)});
  EXPECT_EQ(nearest.take(with(candidate(6).text, "\t", "#011")), 1U);
  EXPECT_EQ(nearest.take(with(candidate(5).text, "\t", "\\t")), 0U);
  EXPECT_EQ(nearest.take(with(candidate(8).text, "PC-000", "pc-000")), 3U);
}

TEST(Nearest, KnowsACutMessage) {
  Nearest nearest({candidate(5), candidate(6)});
  EXPECT_EQ(nearest.take(candidate(6).text.substr(0, 80)), 1U);
  EXPECT_EQ(nearest.take(candidate(6).text.substr(0, 40)), 0U) << "as good as any";
  EXPECT_EQ(nearest.take("<134>Ma"), std::nullopt) << "too short to tell";
}

TEST(Nearest, PrefersWhatMayHaveBeenCut) {
  Nearest nearest({candidate(5), candidate(6, true)});
  EXPECT_EQ(nearest.take(candidate(6).text.substr(0, 40)), 1U);
}

TEST(Nearest, TakesNoStranger) {
  Nearest nearest({candidate(5), candidate(6)});
  EXPECT_EQ(nearest.take(candidate(9).text), std::nullopt) << "another machine";
  EXPECT_EQ(nearest.take("PC-00005 says hello"), std::nullopt) << "another kind of line";
  EXPECT_EQ(nearest.take(""), std::nullopt);
  Nearest none({});
  EXPECT_EQ(none.take(kLine), std::nullopt);
}

}  // namespace
}  // namespace esm
