#include "sender/engine/lane_queue.h"

#include <utility>

namespace esm {

LaneQueue::LaneQueue(std::size_t waiting_max) : ring_(64), waiting_max_(waiting_max) {}

DueMessage LaneQueue::pop() {
  assert(!empty() && flying_ == 0);
  const DueMessage oldest = at(0);
  head_ = (head_ + 1) & (ring_.size() - 1);
  --count_;
  return oldest;
}

void LaneQueue::grow() {
  std::vector<DueMessage> larger(ring_.size() * 2);
  for (std::size_t i = 0; i < count_; ++i) larger[i] = at(i);
  ring_ = std::move(larger);
  head_ = 0;
}

}  // namespace esm
