#include "sender/report/distribution.h"

#include <cmath>

#include <gtest/gtest.h>

namespace esm {
namespace {

TEST(Distribution, NamesAreReadBack) {
  for (int i = 0; i < kDistributionCount; ++i) {
    const auto distribution = static_cast<Distribution>(i);
    EXPECT_EQ(distribution_named(name_of(distribution)), distribution);
  }
  EXPECT_EQ(distribution_named("round-robin"), std::nullopt);
}

// Records of yesterday are verified by it: this is for ever.
TEST(WeightedTargets, TheFirstEndpointsGoWhereTheyAlwaysWent) {
  const std::vector<std::uint32_t> weights{3, 1};
  const WeightedTargets targets(weights);
  std::vector<std::uint32_t> first;
  for (std::uint32_t endpoint = 0; endpoint < 16; ++endpoint) first.push_back(targets.of(endpoint));
  EXPECT_EQ(first, (std::vector<std::uint32_t>{0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0}));
  EXPECT_EQ(targets.of(4'000'000'000U), 0U);
}

TEST(WeightedTargets, EachHasItsShareOfAnyEndpointsInARowAndOfEveryNthOfThem) {
  const std::vector<std::vector<std::uint32_t>> all{{1},          {1, 1},    {3, 1},
                                                    {1, 2, 3, 4}, {1000, 1}, {7, 7, 7, 7, 7, 7, 7}};
  for (const std::vector<std::uint32_t>& weights : all) {
    const WeightedTargets targets(weights);
    std::uint32_t sum = 0;
    for (const std::uint32_t weight : weights) sum += weight;
    for (const std::uint32_t first : {0U, 1U, 4'711U}) {
      for (const std::uint32_t step : {1U, 2U, 3U, 4U, 6U, 8U, 12U}) {
        for (const std::uint32_t count : {100U, 1'000U}) {
          std::vector<std::uint32_t> got(weights.size());
          for (std::uint32_t i = 0; i < count; ++i) ++got[targets.of(first + i * step)];
          for (std::size_t t = 0; t < weights.size(); ++t) {
            const double wanted = static_cast<double>(count) * weights[t] / sum;
            EXPECT_LE(std::abs(got[t] - wanted), 6)
                << "target " << t << " of " << weights.size() << ", every " << step << ". of "
                << count << " from " << first;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace esm
