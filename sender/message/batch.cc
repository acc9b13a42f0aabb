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

void Batch::clear() {
  used_ = 0;
  messages_.clear();
}

}  // namespace esm
