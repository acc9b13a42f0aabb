#include "sender/verify/lost_intervals.h"

#include <algorithm>
#include <tuple>

namespace esm {
namespace {

bool before(const LostInterval& a, const LostInterval& b) {
  return std::tuple(a.first_due, a.lane) < std::tuple(b.first_due, b.lane);
}

}  // namespace

void LostIntervals::see(const SentRule::Answer& answer, const Event& event, std::uint64_t missing) {
  if (missing == 0) {
    const auto found = lanes_.find(answer.lane);
    if (found != lanes_.end()) close(found->second);
    return;
  }
  Lane& lane = lanes_[answer.lane];
  if (!lane.open) {
    lane.open = true;
    lane.lost = {answer.lane, answer.number, answer.number, event.due, event.due, 0};
  }
  lane.lost.last = answer.number;
  lane.lost.last_due = event.due;
  lane.lost.messages += missing;
}

void LostIntervals::close(Lane& lane) {
  if (!lane.open) return;
  lane.open = false;
  ++total_;
  lost_.push_back(lane.lost);
  if (lost_.size() >= 2 * kKept) keep_longest(kKept);
}

void LostIntervals::keep_longest(std::size_t count) {
  std::sort(lost_.begin(), lost_.end(), [](const LostInterval& a, const LostInterval& b) {
    return a.messages != b.messages ? a.messages > b.messages : before(a, b);
  });
  if (lost_.size() > count) lost_.resize(count);
}

std::vector<LostInterval> LostIntervals::finish(const VerifyInput& input, std::uint64_t& total) {
  for (auto& [number, lane] : lanes_) close(lane);
  total = total_;
  keep_longest(input.findings_max);
  std::sort(lost_.begin(), lost_.end(), before);
  return std::move(lost_);
}

}  // namespace esm
