// Rendered, framed messages on their way to one connection: one contiguous buffer, written with as
// few system calls as the transport allows. Reused: after construction nothing is allocated.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sender/base/time.h"

namespace esm {

class Batch {
 public:
  // Room for `messages_max` messages and `bytes_max` bytes, less than 4 GiB.
  Batch(std::size_t messages_max, std::size_t bytes_max);

  struct Message {
    std::uint32_t begin = 0;  // offsets into bytes()
    std::uint32_t end = 0;
    SimTime due{};
  };

  // Whether another message of up to `bytes` fits.
  bool has_room(std::size_t bytes) const {
    return messages_.size() < messages_max_ && capacity_ - used_ >= bytes;
  }
  // Where the next message is to be written; at least the bytes has_room() was asked for are free.
  char* tail() { return buffer_.get() + used_; }
  // Takes the bytes from tail() to `end` as the next message.
  void commit(char* end, SimTime due) {
    const auto begin = static_cast<std::uint32_t>(used_);
    used_ = static_cast<std::size_t>(end - buffer_.get());
    assert(used_ >= begin && used_ <= capacity_ && messages_.size() < messages_max_);
    messages_.push_back({begin, static_cast<std::uint32_t>(used_), due});
  }
  void clear();

  bool empty() const { return messages_.empty(); }
  std::size_t size() const { return messages_.size(); }
  std::span<const Message> messages() const { return messages_; }
  std::span<const char> bytes() const { return {buffer_.get(), used_}; }

 private:
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_;
  std::size_t used_ = 0;
  std::size_t messages_max_;
  std::vector<Message> messages_;
};

}  // namespace esm
