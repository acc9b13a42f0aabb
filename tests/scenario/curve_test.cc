#include "sender/scenario/curve.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

namespace esm {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t point(double fraction) {
  return static_cast<std::uint64_t>(fraction * 18446744073709551616.0);
}

double share_of_hour(Curve curve, double p) {
  return std::chrono::duration<double>(curve_offset(curve, {}, point(p), 1h)).count() / 3600;
}

TEST(Curve, StaysInItsWindowAndRises) {
  const CurveTable table = {{10min, 100'000}, {30min, 100'000}, {1h, 1'000'000}};
  for (const Curve curve : {Curve::kUniform, Curve::kNormal, Curve::kPoisson, Curve::kRamp,
                            Curve::kRampDown, Curve::kSine, Curve::kTable}) {
    SCOPED_TRACE(static_cast<int>(curve));
    SimTime before{0};
    for (int i = 0; i <= 5000; ++i) {
      const std::uint64_t p = i == 5000 ? UINT64_MAX : point(i / 5000.0);
      const SimTime offset = curve_offset(curve, table, p, 1h);
      ASSERT_GE(offset, before) << i;
      ASSERT_LT(offset, 1h) << i;
      before = offset;
    }
    EXPECT_GT(before, 59min);
  }
}

TEST(Curve, HasTheShapeOfItsName) {
  for (const double p : {0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99}) {
    EXPECT_NEAR(share_of_hour(Curve::kUniform, p), p, 1e-9);
    EXPECT_NEAR(share_of_hour(Curve::kRamp, p), std::sqrt(p), 1e-9);
    EXPECT_NEAR(share_of_hour(Curve::kRampDown, p), 1 - std::sqrt(1 - p), 1e-9);
    EXPECT_NEAR(share_of_hour(Curve::kSine, p), std::acos(1 - 2 * p) / std::acos(-1), 2e-3) << p;
  }
  EXPECT_NEAR(share_of_hour(Curve::kNormal, 0.5), 0.5, 1e-6);
}

TEST(Curve, ATableIsFollowedPieceByPiece) {
  const CurveTable table = {{10min, 250'000}, {20min, 250'000}, {30min, 1'000'000}};
  const auto at = [&](double p) { return curve_offset(Curve::kTable, table, point(p), 30min); };
  EXPECT_EQ(at(0), 0min);
  EXPECT_NEAR(std::chrono::duration<double>(at(0.125)).count(), 300, 1e-6);
  // Nobody comes between 10 and 20 minutes.
  EXPECT_LT(at(0.2499999), 10min);
  EXPECT_GE(at(0.2500001), 20min);
  EXPECT_NEAR(std::chrono::duration<double>(at(0.625)).count(), 1500, 1e-6);
}

// How many of the members are more or fewer than a part of the window is long, at the most.
double unevenness(std::vector<double> points) {
  std::sort(points.begin(), points.end());
  double most = 0;
  const auto count = static_cast<double>(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    most = std::max({most, std::abs(static_cast<double>(i + 1) - points[i] * count),
                     std::abs(static_cast<double>(i) - points[i] * count)});
  }
  return most;
}

TEST(SpreadPoint, FillsTheWindowEvenlyForAnyNumber) {
  std::vector<double> points;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    points.push_back(static_cast<double>(spread_point(i, 99)) / 18446744073709551616.0);
    ASSERT_LT(unevenness(points), 4) << points.size();
  }
}

TEST(SpreadPoint, FillsTheWindowEvenlyInEveryShard) {
  for (const std::uint32_t shards : {2U, 3U, 4U, 7U, 8U, 64U}) {
    for (std::uint32_t shard = 0; shard < std::min(shards, 4U); ++shard) {
      std::vector<double> points;
      for (std::uint32_t i = shard; i < 100'000; i += shards) {
        points.push_back(static_cast<double>(spread_point(i, 99)) / 18446744073709551616.0);
      }
      EXPECT_LT(unevenness(points), 10) << shard << '/' << shards;
    }
  }
}

}  // namespace
}  // namespace esm
