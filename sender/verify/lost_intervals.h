// Messages that are missing one after the other: what a receiver lost while it was away.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "sender/verify/sent.h"
#include "sender/verify/verify.h"

namespace esm {

class LostIntervals {
 public:
  // Messages that are certain to have left, in schedule order. `missing`: how many with this line
  // did not come; 0: it came.
  void see(const SentRule::Answer& answer, const Event& event, std::uint64_t missing);

  // The longest, at most input.findings_max, in order of time; `total`: how many there are.
  std::vector<LostInterval> finish(const VerifyInput& input, std::uint64_t& total);

 private:
  struct Lane {
    bool open = false;
    LostInterval lost;
  };
  void close(Lane& lane);
  void keep_longest(std::size_t count);

  static constexpr std::size_t kKept = 50'000;

  std::unordered_map<std::uint32_t, Lane> lanes_;
  std::vector<LostInterval> lost_;
  std::uint64_t total_ = 0;
};

}  // namespace esm
