#include "sender/message/batch.h"

#include <cassert>
#include <limits>

namespace esm {

Batch::Batch(std::size_t messages_max, std::size_t bytes_max)
    : buffer_(std::make_unique<char[]>(bytes_max)),
      capacity_(bytes_max),
      messages_max_(messages_max) {
  assert(bytes_max <= std::numeric_limits<std::uint32_t>::max() && "offsets have 32 bits");
  messages_.reserve(messages_max);
}

bool Batch::has_room(std::size_t bytes) const {
  return messages_.size() < messages_max_ && capacity_ - used_ >= bytes;
}

char* Batch::tail() { return buffer_.get() + used_; }

void Batch::commit(char* end, SimTime due) {
  const auto begin = static_cast<std::uint32_t>(used_);
  used_ = static_cast<std::size_t>(end - buffer_.get());
  assert(used_ >= begin && used_ <= capacity_ && messages_.size() < messages_max_);
  messages_.push_back({begin, static_cast<std::uint32_t>(used_), due});
}

void Batch::clear() {
  used_ = 0;
  messages_.clear();
}

}  // namespace esm
