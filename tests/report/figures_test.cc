#include "sender/report/figures.h"

#include <gtest/gtest.h>

namespace esm {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

TEST(Figures, ALatencyHasThreeDigitsAndItsUnit) {
  const struct {
    nanoseconds value;
    const char* text;
  } rows[] = {
      {-5ns, "0ns"},
      {0ns, "0ns"},
      {999ns, "999ns"},
      {1000ns, "1.00us"},
      {1234ns, "1.23us"},
      {1235ns, "1.24us"},
      {9994ns, "9.99us"},
      {9995ns, "10.0us"},
      {12'345ns, "12.3us"},
      {99'949ns, "99.9us"},
      {99'950ns, "100us"},
      {999'499ns, "999us"},
      {999'500ns, "1.00ms"},
      {1'500'000ns, "1.50ms"},
      {999'499'999ns, "999ms"},
      {999'500'000ns, "1.00s"},
      {12'345'678'901ns, "12.3s"},
      {1h, "3600.0s"},
      {nanoseconds::max(), "9223372036.9s"},
  };
  for (const auto& row : rows) EXPECT_EQ(format_latency(row.value), row.text);
}

TEST(Figures, ARateIsCountByTime) {
  const struct {
    std::uint64_t count;
    nanoseconds time;
    const char* text;
  } rows[] = {
      {0, 1s, "0.0"},
      {1, 0s, "0"},
      {1, -1s, "0"},
      {3, 10s, "0.3"},
      {1, 3s, "0.3"},
      {2, 3s, "0.7"},
      {9999, 10s, "999.9"},
      {99'996, 100s, "1,000"},
      {500'000, 10s, "50,000"},
      {1, 1h, "0.0"},
      {UINT64_MAX, 1ns, "18,446,744,073,709,551,615"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(format_rate_of(row.count, row.time), row.text) << row.count;
  }
}

TEST(Figures, SecondsAreRoundedToTheDecimalsAskedFor) {
  EXPECT_EQ(format_seconds(12'345'678'901ns, 1), "12.3");
  EXPECT_EQ(format_seconds(12'345'678'901ns, 3), "12.346");
  EXPECT_EQ(format_seconds(12'345'678'901ns, 0), "12");
  EXPECT_EQ(format_seconds(950ms, 1), "1.0");
  EXPECT_EQ(format_seconds(-1s, 1), "0.0");
}

}  // namespace
}  // namespace esm
