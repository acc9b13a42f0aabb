// How the messages of a run are distributed over its targets. The engine goes by this and verify
// recomputes it: there is only this one copy.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace esm {

enum class Distribution : std::uint8_t {
  kAll,       // every message goes to every target
  kWeighted,  // every endpoint to one of them, in proportion to their weights
  kFailOver,  // every message to the first of them that is up
};
inline constexpr int kDistributionCount = 3;

// "all", as on the command line and in reports.
std::string_view name_of(Distribution distribution);
std::optional<Distribution> distribution_named(std::string_view name);

inline constexpr std::uint32_t kWeightMax = 1'000;

// Which target an endpoint's messages go to: one for each endpoint, so that their order is kept.
class WeightedTargets {
 public:
  // Each weight from 1 to kWeightMax, at least one of them.
  explicit WeightedTargets(std::span<const std::uint32_t> weights);

  // By steps of the golden ratio: of any few endpoints in a row, and of every n-th of them, each
  // target has its share as nearly as can be, whatever shards, threads and connections they are
  // dealt out to. `endpoint` is a fleet index.
  std::uint32_t of(std::uint32_t endpoint) const {
    const std::uint32_t spread = endpoint * 0x9E3779B9U;  // 2^32 / golden ratio
    const std::uint64_t place = (spread * ends_.back()) >> 32;
    std::uint32_t target = 0;
    while (ends_[target] <= place) ++target;
    return target;
  }

 private:
  std::vector<std::uint64_t> ends_;  // sums of the weights up to and with each target's
};

}  // namespace esm
