#include "sender/transport/length_groups.h"

#include <algorithm>
#include <numeric>

namespace esm {
namespace {

std::uint32_t length_of(const Batch::Message& message) { return message.end - message.begin; }

}  // namespace

void LengthGroups::put_together(std::span<const Batch::Message> messages, const Limits& limits) {
  groups_.clear();
  if (messages.empty()) return;
  const std::uint32_t length = length_of(messages.front());
  // With --size all are alike, and nothing has to be sorted.
  if (std::all_of(messages.begin(), messages.end(), [length](const Batch::Message& message) {
        return length_of(message) == length;
      })) {
    if (!in_batch_order_ || order_.size() != messages.size()) {
      order_.resize(messages.size());
      std::iota(order_.begin(), order_.end(), 0U);
      in_batch_order_ = true;
    }
    cut(0, static_cast<std::uint32_t>(messages.size()), length, limits);
    return;
  }
  in_batch_order_ = false;
  for (const Batch::Message& message : messages) {
    const std::uint32_t one = length_of(message);
    if (one >= number_of_.size()) number_of_.resize(one + 1);
    std::uint32_t& number = number_of_[one];
    if (number == 0) {
      lengths_.push_back({one, 0, 0});
      number = static_cast<std::uint32_t>(lengths_.size());
    }
    ++lengths_[number - 1].count;
  }
  std::uint32_t first = 0;
  for (Length& one : lengths_) {
    one.next = first;
    cut(first, one.count, one.length, limits);
    first += one.count;
  }
  order_.resize(messages.size());
  for (std::uint32_t i = 0; i < messages.size(); ++i) {
    order_[lengths_[number_of_[length_of(messages[i])] - 1].next++] = i;
  }
  for (const Length& one : lengths_) number_of_[one.length] = 0;
  lengths_.clear();
}

// Messages of one length into groups that are not too large.
void LengthGroups::cut(std::uint32_t first, std::uint32_t left, std::uint32_t length,
                       const Limits& limits) {
  const bool alone = length == 0 || length > limits.length_max;
  const std::size_t most =
      alone ? 1 : std::clamp<std::size_t>(limits.bytes_max / length, 1, limits.count_max);
  while (left > 0) {
    const std::uint32_t count = std::min(left, static_cast<std::uint32_t>(most));
    groups_.push_back({first, count, length});
    first += count;
    left -= count;
  }
}

void LengthGroups::take_apart(std::size_t from) {
  const std::vector<Group> whole(groups_.begin() + static_cast<std::ptrdiff_t>(from),
                                 groups_.end());
  groups_.resize(from);
  for (const Group& group : whole) {
    for (std::uint32_t i = 0; i < group.count; ++i) {
      groups_.push_back({group.first + i, 1, group.length});
    }
  }
}

}  // namespace esm
