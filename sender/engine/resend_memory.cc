#include "sender/engine/resend_memory.h"

#include <cassert>
#include <utility>

namespace esm {

ResendMemory::ResendMemory() : kept_(SIZE_MAX) {}

void ResendMemory::keep(DueMessage message, Before before) {
  // It is written for the second time at least.
  if (message.before != Before::kNothing) message.resent = true;
  message.before = before;
  kept_.push(message);
}

void ResendMemory::keep_whole(const DueMessage& message, std::size_t bytes) {
  assert(parts_ == 0);
  keep(message, Before::kAll);
  unasked_bytes_ += bytes;
}

void ResendMemory::keep_part(const DueMessage& message) {
  keep(message, Before::kPart);
  ++parts_;
}

void ResendMemory::forget(std::uint64_t acknowledged) {
  unasked_bytes_ = 0;
  for (; forgotten_ < acknowledged; ++forgotten_) kept_.pop();
}

std::uint64_t ResendMemory::put_back(std::uint64_t whole, LaneQueue& queue) {
  const std::uint64_t again = whole + std::exchange(parts_, 0);
  for (std::uint64_t i = 0; i < again; ++i) queue.push_front(kept_.pop_newest());
  while (!kept_.empty()) kept_.pop();
  forgotten_ = 0;
  unasked_bytes_ = 0;
  return again;
}

}  // namespace esm
