#include "sender/report/distribution.h"

#include <cassert>

namespace esm {

std::string_view name_of(Distribution distribution) {
  switch (distribution) {
    case Distribution::kAll:
      return "all";
    case Distribution::kWeighted:
      return "weighted";
    case Distribution::kFailOver:
      return "fail-over";
  }
  return "?";
}

std::optional<Distribution> distribution_named(std::string_view name) {
  for (int i = 0; i < kDistributionCount; ++i) {
    if (name_of(static_cast<Distribution>(i)) == name) return static_cast<Distribution>(i);
  }
  return std::nullopt;
}

WeightedTargets::WeightedTargets(std::span<const std::uint32_t> weights) {
  assert(!weights.empty());
  std::uint64_t sum = 0;
  for (const std::uint32_t weight : weights) {
    assert(weight >= 1 && weight <= kWeightMax);
    ends_.push_back(sum += weight);
  }
}

}  // namespace esm
