// A curve's table in a CSV file: the same as one in the scenario, and every mistake in its place.
#include <string>

#include <gtest/gtest.h>

#include "sender/scenario/scenario_reader.h"

namespace esm {
namespace {

constexpr const char* kScenario =
    "length: 2h\n"
    "users:\n"
    "  office: { count: 10, name: \"user{:02}\" }\n"
    "endpoints:\n"
    "  office: { count: 10, host: \"PC-{:02}\", pool: 10.0.0.0/24 }\n"
    "activity:\n"
    "  - { logon: office, on: office, at: 5m, curve: { table: arrivals.csv } }\n";

std::optional<Scenario> read(const std::string& table, Diagnostics& diagnostics) {
  GivenFiles files;
  files.add({"arrivals.csv", table});
  return read_scenario(SourceText("test.yaml", kScenario), {{}, &files}, diagnostics);
}

std::vector<std::pair<std::int64_t, std::uint32_t>> points(const std::string& table) {
  Diagnostics diagnostics;
  const std::optional<Scenario> scenario = read(table, diagnostics);
  EXPECT_TRUE(scenario) << diagnostics.render();
  std::vector<std::pair<std::int64_t, std::uint32_t>> out;
  if (!scenario) return out;
  const Activity& activity = scenario->activities.front();
  EXPECT_EQ(activity.within, activity.curve_table.back().offset);
  EXPECT_EQ(scenario->files.size(), 1U) << "a run record keeps it";
  for (const CurvePoint& point : activity.curve_table) {
    out.emplace_back(point.offset / std::chrono::minutes{1}, point.parts_per_million);
  }
  return out;
}

std::string said(const std::string& table) {
  Diagnostics diagnostics;
  EXPECT_FALSE(read(table, diagnostics));
  return diagnostics.render();
}

using Points = std::vector<std::pair<std::int64_t, std::uint32_t>>;

TEST(CurveFile, SharesAreOfWhatHasComeByThen) {
  EXPECT_EQ(points("time,share\n0s,0%\n5m,30%\n15m,100%\n"),
            (Points{{5, 300'000}, {15, 1'000'000}}));
  EXPECT_EQ(points("share,time\r\n30%,5m\r\n100%,15m\r\n"),
            (Points{{5, 300'000}, {15, 1'000'000}}));
}

TEST(CurveFile, CountsAreOfWhatCameSinceTheRowBefore) {
  EXPECT_EQ(points("time,count\n5m,30\n10m,0\n15m,70\n"),
            (Points{{5, 300'000}, {10, 300'000}, {15, 1'000'000}}));
  EXPECT_EQ(points("time,count\n5m,1\n10m,1\n15m,1\n"),
            (Points{{5, 333'333}, {10, 666'666}, {15, 1'000'000}}));
  EXPECT_EQ(points("time,count\n5m,500G\n15m,500G\n").size(), 2U) << "no product overflows";
}

TEST(CurveFile, EveryMistakeIsSaidInItsPlace) {
  EXPECT_EQ(said("time,share\n5m,60%\n10m,40%\n1x,50\n15m,100%\n"),
            "arrivals.csv:3:1: error: curve: times and shares must rise\n"
            "    3 | 10m,40%\n"
            "      | ^~~\n"
            "hint: from nobody at 0s on: { 5m: 30%, 15m: 100% }\n"
            "arrivals.csv:4:1: error: time: '1x' is not a duration\n"
            "    4 | 1x,50\n"
            "      | ^~\n"
            "hint: write a number and a unit (d h m s ms us ns): 90s, 45m, 1h30m\n"
            "arrivals.csv:4:4: error: share: '50' is not a percentage\n"
            "    4 | 1x,50\n"
            "      |    ^~\n"
            "hint: write a percentage from 0% to 100%, with at most 4 decimals: 5%, 0.1%\n");
  EXPECT_EQ(said("time,shares\n5m,100%\n"),
            "arrivals.csv:1:6: error: the column 'shares' is not known\n"
            "    1 | time,shares\n"
            "      |      ^~~~~~\n"
            "hint: did you mean 'share'?\n");
  EXPECT_EQ(said("time;count\n5m;3\n"),
            "arrivals.csv:1:1: error: the column 'time;count' is not known\n"
            "    1 | time;count\n"
            "      | ^~~~~~~~~~\n"
            "hint: columns are separated by commas\n");
  EXPECT_EQ(said("time,share,count\n5m,100%,3\n"),
            "arrivals.csv:1:1: error: two columns are expected\n"
            "    1 | time,share,count\n"
            "      | ^~~~\n"
            "hint: time and share, or time and count\n");
  EXPECT_EQ(said("time,count\n5m,3,4\n"),
            "arrivals.csv:2:1: error: 3 values where the first line has 2\n"
            "    2 | 5m,3,4\n"
            "      | ^\n"
            "hint: for instance 5m,30%\n");
  EXPECT_EQ(said("time,count\n5m,0\n"),
            "arrivals.csv:1:1: error: count: nobody comes at all\n"
            "    1 | time,count\n"
            "      | ^\n"
            "hint: for instance 5m,120\n");
  EXPECT_EQ(said("time,share\n5m,60%\n"),
            "arrivals.csv:2:1: error: curve: not all have come by the end\n"
            "    2 | 5m,60%\n"
            "      | ^~\n"
            "hint: the last share must be 100%\n");
}

TEST(CurveFile, NothingOverflowsAndNothingIsEmpty) {
  EXPECT_NE(said("time,count\n5m,900G\n6m,900G\n").find("together that is too many"),
            std::string::npos);
  EXPECT_NE(said("").find("the file is empty"), std::string::npos);
  EXPECT_NE(said("time,share\n").find("not all have come"), std::string::npos);
  EXPECT_NE(said("time,time\n5m,5m\n").find("two columns are expected"), std::string::npos);
  EXPECT_NE(said("share,count\n5%,5\n").find("two columns are expected"), std::string::npos);
  EXPECT_NE(said("count\n5\n").find("two columns are expected"), std::string::npos);
  EXPECT_NE(said("time,share\n\"5m,100%\n").find("error"), std::string::npos);
}

TEST(CurveFile, AFileThatIsWrongAltogetherIsNotSaidInEveryLine) {
  std::string table = "time,share\n";
  for (int i = 0; i < 1000; ++i) table += "x,y\n";
  Diagnostics diagnostics;
  EXPECT_FALSE(read(table, diagnostics));
  EXPECT_LT(diagnostics.errors(), 25);
}

}  // namespace
}  // namespace esm
