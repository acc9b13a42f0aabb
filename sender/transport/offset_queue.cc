#include "sender/transport/offset_queue.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace esm {

namespace {
constexpr std::size_t kFirstEntries = 16;
}  // namespace

OffsetQueue::OffsetQueue(std::size_t entries_max)
    : ring_(std::min(kFirstEntries, entries_max)), entries_max_(entries_max) {
  assert(entries_max >= 2 && std::has_single_bit(entries_max));
}

void OffsetQueue::push(std::uint64_t offset, std::uint64_t value) {
  assert(count_ == 0 || (at(count_ - 1).offset <= offset && at(count_ - 1).value <= value));
  if (count_ == entries_max_) thin();
  if (count_ == ring_.size()) grow();
  at(count_++) = {offset, value};
}

std::uint64_t OffsetQueue::advance(std::uint64_t reached) {
  while (count_ > 0 && ring_[head_].offset <= reached) {
    reached_value_ = ring_[head_].value;
    head_ = (head_ + 1) & (ring_.size() - 1);
    --count_;
  }
  return reached_value_;
}

void OffsetQueue::clear() {
  head_ = count_ = 0;
  reached_value_ = 0;
}

void OffsetQueue::grow() {
  std::vector<Entry> larger(ring_.size() * 2);
  for (std::size_t i = 0; i < count_; ++i) larger[i] = at(i);
  ring_ = std::move(larger);
  head_ = 0;
}

// The last entry stays: it is the one that covers all.
void OffsetQueue::thin() {
  for (std::size_t i = 1; i < count_; i += 2) at(i / 2) = at(i);
  count_ /= 2;
}

}  // namespace esm
