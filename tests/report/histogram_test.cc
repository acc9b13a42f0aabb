#include "sender/report/histogram.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "sender/base/random.h"

namespace esm {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

TEST(Histogram, HasHdrHistogramsBuckets) {
  // From the tests that HdrHistogram's implementations share, for three digits.
  const struct {
    std::int64_t value, lowest, highest;
  } rows[] = {
      {0, 0, 0},
      {1, 1, 1},
      {2047, 2047, 2047},
      {2048, 2048, 2049},
      {2500, 2500, 2501},
      {4095, 4094, 4095},
      {4097, 4096, 4099},
      {8180, 8180, 8183},
      {8191, 8188, 8191},
      {8193, 8192, 8199},
      {9995, 9992, 9999},
      {10'007, 10'000, 10'007},
      {10'008, 10'008, 10'015},
      {10'009, 10'008, 10'015},
      {100'000'000, 99'942'400, 100'007'935},
      {3'600'000'000'000, 3'599'182'594'048, 3'601'330'077'695},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(Histogram::lowest_equivalent(row.value), row.lowest) << row.value;
    EXPECT_EQ(Histogram::highest_equivalent(row.value), row.highest) << row.value;
  }
}

TEST(Histogram, ValuesThatShareABucketDifferByLessThanAThousandth) {
  for (std::int64_t value = 1; value < 3'600'000'000'000; value += value / 3 + 1) {
    const std::int64_t low = Histogram::lowest_equivalent(value);
    const std::int64_t high = Histogram::highest_equivalent(value);
    ASSERT_LE(low, value);
    ASSERT_GE(high, value);
    ASSERT_LT((high - low) * 1000, std::max<std::int64_t>(low, 1)) << value;
    ASSERT_EQ(Histogram::lowest_equivalent(high), low);
    ASSERT_EQ(Histogram::lowest_equivalent(high + 1), high + 1);
  }
}

// 10,000 values of 1,000 and one of 100,000,000: the raw example of HdrHistogram's own tests.
TEST(Histogram, GivesHdrHistogramsPercentiles) {
  Histogram histogram;
  histogram.record(1000ns, 10'000);
  histogram.record(100'000'000ns);
  EXPECT_EQ(histogram.count(), 10'001U);
  EXPECT_EQ(histogram.percentile(30).count(), 1000);
  EXPECT_EQ(histogram.percentile(99).count(), 1000);
  EXPECT_EQ(histogram.percentile(99.99).count(), 1000);
  EXPECT_EQ(histogram.percentile(99.999).count(), 100'007'935);
  EXPECT_EQ(histogram.percentile(100).count(), 100'007'935);
  EXPECT_EQ(histogram.min(), 1000ns);
  EXPECT_EQ(histogram.max(), 100'000'000ns);
}

TEST(Histogram, APercentileOfFewValuesIsOneOfThem) {
  Histogram histogram;
  for (const auto value : {1ns, 2ns, 2ns, 3ns, 5ns}) histogram.record(value);
  const struct {
    double percentile;
    std::int64_t value;
  } rows[] = {{0, 1},  {10, 1},   {20, 1},  {20.1, 2}, {50, 2}, {60, 2},
              {80, 3}, {80.1, 5}, {100, 5}, {-1, 1},   {200, 5}};
  for (const auto& row : rows) {
    EXPECT_EQ(histogram.percentile(row.percentile).count(), row.value) << row.percentile;
  }
}

TEST(Histogram, AgreesWithSortedValues) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    Histogram histogram;
    std::vector<std::int64_t> values;
    for (std::uint32_t i = 0; i < 20'000; ++i) {
      // Spread over all magnitudes.
      const std::uint64_t bits = draw(seed, {1, i}, Purpose::kArrival, 0);
      const auto value = static_cast<std::int64_t>((bits >> 6) >> (bits % 58));
      values.push_back(std::min(value, Histogram::kHighest / 1ns));
      histogram.record(nanoseconds{value});
    }
    std::sort(values.begin(), values.end());
    EXPECT_EQ(histogram.min().count(), values.front());
    EXPECT_EQ(histogram.max().count(), values.back());
    for (const double percentile : {0.001, 1.0, 10.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
      const auto rank = static_cast<std::size_t>(
          std::max(std::ceil(std::nextafter(percentile, 0) * 20'000 / 100), 1.0));
      EXPECT_EQ(histogram.percentile(percentile).count(),
                Histogram::highest_equivalent(values[rank - 1]))
          << percentile;
    }
  }
}

TEST(Histogram, KeepsValuesInRange) {
  Histogram histogram;
  histogram.record(-3s);
  histogram.record(5h);
  EXPECT_EQ(histogram.min(), 0ns);
  EXPECT_EQ(histogram.max(), 1h);
  EXPECT_EQ(histogram.count(), 2U);
}

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.min(), 0ns);
  EXPECT_EQ(histogram.max(), 0ns);
  EXPECT_EQ(histogram.percentile(99), 0ns);
  EXPECT_TRUE(histogram.buckets().empty());
}

TEST(Histogram, TheSumOfPartsIsTheWhole) {
  Histogram whole, parts[3], sum;
  for (std::uint32_t i = 0; i < 5'000; ++i) {
    const nanoseconds value{static_cast<std::int64_t>(draw(7, {1, i}, Purpose::kArrival, 0) >> 30)};
    whole.record(value);
    parts[i % 3].record(value);
  }
  for (const Histogram& part : parts) sum.add(part);
  sum.add(Histogram());
  EXPECT_EQ(sum, whole);
  Histogram from_nothing;
  from_nothing.add(whole);
  EXPECT_EQ(from_nothing, whole);
}

TEST(Histogram, IsItsBucketsAndItsEnds) {
  Histogram histogram;
  histogram.record(0ns, 3);
  histogram.record(2049ns);
  histogram.record(1h, 1'000'000'000'000);
  const std::vector<Histogram::Bucket> buckets = histogram.buckets();
  const std::vector<Histogram::Bucket> expected{
      {0, 3}, {2048, 1}, {3'599'182'594'048, 1'000'000'000'000}};
  EXPECT_EQ(buckets, expected);
  EXPECT_EQ(Histogram::from_buckets(buckets, histogram.min(), histogram.max()), histogram);
  EXPECT_EQ(Histogram::from_buckets({}, 0ns, 0ns), Histogram());
}

TEST(Histogram, RefusesBucketsThatAreNotIts) {
  using Buckets = std::vector<Histogram::Bucket>;
  const struct {
    const char* why;
    Buckets buckets;
    nanoseconds min, max;
  } rows[] = {
      {"inside a bucket", {{2049, 1}}, 2049ns, 2049ns},
      {"order", {{5, 1}, {4, 1}}, 5ns, 4ns},
      {"twice", {{5, 1}, {5, 1}}, 5ns, 5ns},
      {"negative", {{-1, 1}}, 0ns, 0ns},
      {"beyond an hour", {{3'601'330'077'696, 1}}, 1h, 1h},
      {"no count", {{5, 0}}, 5ns, 5ns},
      {"sum", {{5, UINT64_MAX}, {6, 1}}, 5ns, 6ns},
      {"smallest elsewhere", {{5, 1}, {6, 1}}, 4ns, 6ns},
      {"largest elsewhere", {{5, 1}, {6, 1}}, 5ns, 7ns},
      {"ends crossed", {{2048, 2}}, 2049ns, 2048ns},
      {"ends of nothing", {}, 0ns, 1ns},
  };
  for (const auto& row : rows) {
    EXPECT_FALSE(Histogram::from_buckets(row.buckets, row.min, row.max)) << row.why;
  }
}

}  // namespace
}  // namespace esm
