// The messages of a batch put together by their length: what the kernel can cut into datagrams
// itself (UDP_SEGMENT cuts one send into pieces of one length). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sender/message/batch.h"

namespace esm {

class LengthGroups {
 public:
  struct Limits {
    std::size_t count_max = 64;         // messages in a group: what every kernel takes
    std::size_t bytes_max = 65'000;     // of a group together: less than the longest IP packet
    std::size_t length_max = SIZE_MAX;  // a longer message stays alone
  };
  // Messages order()[first] to order()[first + count - 1] of the batch, `length` bytes each.
  struct Group {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    std::uint32_t length = 0;
  };

  // Groups in the order in which their lengths first come, messages of a group in batch order. An
  // empty message stays alone too. Memory is reused from call to call.
  void put_together(std::span<const Batch::Message> messages, const Limits& limits);

  // The groups from number `from` on become groups of one message.
  void take_apart(std::size_t from);

  std::span<const Group> groups() const { return groups_; }
  std::span<const std::uint32_t> order() const { return order_; }

 private:
  struct Length {
    std::uint32_t length = 0;
    std::uint32_t count = 0;
    std::uint32_t next = 0;  // where its next message goes in order_
  };

  void cut(std::uint32_t first, std::uint32_t left, std::uint32_t length, const Limits& limits);

  bool in_batch_order_ = false;           // order_ is 0, 1, 2 …
  std::vector<std::uint32_t> number_of_;  // of a length in lengths_, from 1; 0: not seen
  std::vector<Length> lengths_;
  std::vector<std::uint32_t> order_;
  std::vector<Group> groups_;
};

}  // namespace esm
