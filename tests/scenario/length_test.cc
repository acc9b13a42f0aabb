#include "sender/scenario/length.h"

#include <chrono>
#include <cmath>
#include <cstdint>

#include <gtest/gtest.h>

#include "sender/base/random.h"

namespace esm {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t point(double fraction) {
  return static_cast<std::uint64_t>(fraction * 18446744073709551616.0);
}

double seconds(SimTime time) { return std::chrono::duration<double>(time).count(); }

// The mean of 1000 evenly spaced quantiles.
double mean(const Length& length) {
  double sum = 0;
  for (int i = 0; i < 1000; ++i) sum += seconds(length.at(point((i + 0.5) / 1000)));
  return sum / 1000;
}

void expect_rising(const Length& length) {
  SimTime before = length.shortest();
  for (int i = 0; i <= 2000; ++i) {
    const std::uint64_t p = i == 2000 ? UINT64_MAX : point(i / 2000.0);
    const SimTime value = length.at(p);
    EXPECT_GE(value, before) << i;
    EXPECT_LE(value, length.longest());
    before = value;
  }
}

TEST(Length, AConstantIsAlwaysTheSame) {
  Length length;
  length.from = 8h;
  EXPECT_EQ(length.at(0), 8h);
  EXPECT_EQ(length.at(UINT64_MAX), 8h);
  EXPECT_EQ(length.longest(), 8h);
}

TEST(Length, AUniformOneReachesBothEnds) {
  Length length;
  length.kind = Length::Kind::kUniform;
  length.from = 10ns;
  length.to = 13ns;
  EXPECT_EQ(length.at(0), 10ns);
  EXPECT_EQ(length.at(point(0.25)), 11ns);
  EXPECT_EQ(length.at(point(0.5)), 12ns);
  EXPECT_EQ(length.at(UINT64_MAX), 13ns);
  expect_rising(length);
}

// How many are at most one standard deviation above the mean, of a normal distribution cut at
// three: (Phi(1) - Phi(-3)) / (1 - 2 Phi(-3)).
constexpr double kOneSigma = (0.8413447461 - 0.0013498980) / (1 - 2 * 0.0013498980);

TEST(Length, ANormalOneIsAroundItsMean) {
  Length length;
  length.kind = Length::Kind::kNormal;
  length.from = 8h;
  length.spread = 30min;
  EXPECT_NEAR(seconds(length.at(point(0.5))), 8 * 3600, 1);
  EXPECT_NEAR(seconds(length.at(point(kOneSigma))), 8.5 * 3600, 1);
  EXPECT_GE(length.at(0), 6h + 30min);
  EXPECT_LE(length.at(UINT64_MAX), 9h + 30min);
  expect_rising(length);
}

TEST(Length, AnExponentialOneHasItsMeanAndItsLimit) {
  Length length;
  length.kind = Length::Kind::kExponential;
  length.from = 1000s;
  length.to = 100'000s;
  EXPECT_EQ(length.at(0), 0s);
  for (const double p : {0.1, 0.5, 0.9, 0.99, 0.999}) {
    EXPECT_NEAR(seconds(length.at(point(p))), -1000 * std::log(1 - p), 0.01) << p;
  }
  EXPECT_NEAR(mean(length), 1000, 1);
  expect_rising(length);
  length.to = 1500s;
  EXPECT_EQ(length.longest(), 1500s);
  expect_rising(length);
}

TEST(Length, ALogNormalOneHasItsMedianAndItsFactor) {
  Length length;
  length.kind = Length::Kind::kLogNormal;
  length.from = 1200s;
  length.to = 100'000s;
  length.factor_ppm = 2'000'000;
  EXPECT_NEAR(seconds(length.at(point(0.5))), 1200, 0.1);
  EXPECT_NEAR(seconds(length.at(point(kOneSigma))), 2400, 2);
  EXPECT_NEAR(seconds(length.at(point(1 - kOneSigma))), 600, 0.5);
  EXPECT_NEAR(seconds(length.longest()), 1200 * 8, 1);
  EXPECT_NEAR(seconds(length.shortest()), 1200 / 8.0, 0.1);
  expect_rising(length);
}

TEST(Length, ATableHasItsShares) {
  Length length;
  length.kind = Length::Kind::kTable;
  length.table = {{10min, 300'000}, {2h, 500'000}, {1h, 200'000}};
  EXPECT_EQ(length.at(0), 10min);
  EXPECT_EQ(length.at(point(0.2999)), 10min);
  EXPECT_EQ(length.at(point(0.3001)), 2h);
  EXPECT_EQ(length.at(point(0.7999)), 2h);
  EXPECT_EQ(length.at(UINT64_MAX), 1h);
  EXPECT_EQ(length.longest(), 2h);
  EXPECT_EQ(length.shortest(), 10min);
}

TEST(Logarithm, IsExactAtPowersOfTwoAndCloseBetween) {
  constexpr double kOne = 4294967296.0;
  for (int exponent = 0; exponent < 64; ++exponent) {
    EXPECT_EQ(log2_q32(std::uint64_t{1} << exponent), (std::int64_t{exponent} - 32) * (1LL << 32));
  }
  for (std::uint64_t x = 1; x < (std::uint64_t{1} << 62); x = x * 3 + 1) {
    const double expected = std::log2(static_cast<double>(x) / kOne);
    EXPECT_NEAR(static_cast<double>(log2_q32(x)) / kOne, expected, 3e-6) << x;
  }
}

TEST(Power, IsExactAtWholeNumbersAndCloseBetween) {
  constexpr double kOne = 4294967296.0;
  EXPECT_EQ(exp2_q32(0), std::uint64_t{1} << 32);
  EXPECT_EQ(exp2_q32(5 * (1LL << 32)), std::uint64_t{1} << 37);
  EXPECT_EQ(exp2_q32(-5 * (1LL << 32)), std::uint64_t{1} << 27);
  EXPECT_EQ(exp2_q32(-40 * (1LL << 32)), 0U);
  for (double x = -20; x < 30; x += 0.0137) {
    const double found = static_cast<double>(exp2_q32(static_cast<std::int64_t>(x * kOne))) / kOne;
    EXPECT_NEAR(found / std::exp2(x), 1, x < -10 ? 1e-3 : 3e-6) << x;
  }
}

}  // namespace
}  // namespace esm
