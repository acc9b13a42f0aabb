#include "sender/engine/lane_queue.h"

#include <algorithm>
#include <cassert>

namespace esm {

LaneQueue::LaneQueue(std::size_t waiting_max, std::size_t flight_max)
    : ring_(64), waiting_max_(waiting_max), flight_max_(flight_max) {
  flight_.reserve(flight_max);
}

Reason LaneQueue::admit(SimTime due, SimTime late_before, bool connected) const {
  if (due < late_before) return Reason::kTooLate;
  if (!connected) return Reason::kDisconnected;
  if (count_ >= waiting_max_) return Reason::kQueueFull;
  return Reason::kNone;
}

void LaneQueue::push(const DueMessage& message) {
  if (count_ == ring_.size()) grow();
  ring_[(head_ + count_) & (ring_.size() - 1)] = message;
  ++count_;
}

const DueMessage& LaneQueue::front() const {
  assert(count_ > 0);
  return ring_[head_];
}

DueMessage LaneQueue::pop() {
  assert(count_ > 0);
  const DueMessage oldest = ring_[head_];
  head_ = (head_ + 1) & (ring_.size() - 1);
  --count_;
  return oldest;
}

DueMessage& LaneQueue::launch() {
  assert(!flight_full());
  return flight_.emplace_back(pop());
}

void LaneQueue::land(std::size_t settled) {
  assert(settled <= flight_.size());
  // What comes back may lift `waiting` above its bound by a batch; it has been admitted once.
  for (std::size_t i = flight_.size(); i > settled; --i) {
    if (count_ == ring_.size()) grow();
    head_ = (head_ + ring_.size() - 1) & (ring_.size() - 1);
    ring_[head_] = flight_[i - 1];
    ++count_;
  }
  flight_.clear();
}

void LaneQueue::grow() {
  std::vector<DueMessage> larger(ring_.size() * 2);
  for (std::size_t i = 0; i < count_; ++i) {
    larger[i] = ring_[(head_ + i) & (ring_.size() - 1)];
  }
  ring_ = std::move(larger);
  head_ = 0;
}

}  // namespace esm
