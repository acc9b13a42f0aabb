// The lines that are expected, as a multiset of their hashes: 32 bytes a message, whatever its
// length. Filled, sealed, then asked for every line received.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sender/base/hash.h"
#include "sender/verify/sent.h"

namespace esm {

class ExpectedLines {
 public:
  void reserve(std::size_t count) { entries_.reserve(count); }
  // `order`: the message's place in the schedule, below 2^62.
  void add(const Hash128& hash, std::uint64_t order, Sent sent);
  // After the last add().
  void seal();

  // A line with this hash was received. False when no message has it.
  bool receive(const Hash128& hash);

  struct Entry {
    Hash128 hash;
    std::uint64_t order_and_sent = 0;
    std::uint64_t received = 0;  // of all equal lines, at the first of them

    std::uint64_t order() const { return order_and_sent >> 2; }
    Sent sent() const { return static_cast<Sent>(order_and_sent & 3); }
  };
  static_assert(sizeof(Entry) == 32);

  // The messages with one hash: sent ones first, then uncertain, then not sent; each in order.
  template <typename Function>
  void for_each_group(Function function) const {
    for (std::size_t begin = 0; begin < entries_.size();) {
      std::size_t end = begin + 1;
      while (end < entries_.size() && entries_[end].hash == entries_[begin].hash) ++end;
      function(std::span(entries_).subspan(begin, end - begin));
      begin = end;
    }
  }

 private:
  std::vector<Entry> entries_;
  // directory_[d]: the first entry whose hash begins with the bits d or more.
  std::vector<std::size_t> directory_;
  int shift_ = 63;
};

}  // namespace esm
