// The lines that are expected, as a multiset of their hashes: 32 bytes a message, whatever its
// length. Filled, sealed, then told of every line received.
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
  // `order`: the message's place in the schedule, below 2^40. `lane`: messages of one lane left in
  // that order.
  void add(const Hash128& hash, std::uint64_t order, std::uint32_t lane, Sent sent);
  // After the last add().
  void seal();

  enum class Came : std::uint8_t {
    kUnknown,  // no message has this hash
    kKnown,
    // Known, and a message that is later in its lane came before. Judged is the first copy of a
    // line that may have been sent; messages with equal lines cannot be told apart and are not.
    kOutOfOrder,
  };
  // A line with this hash was received.
  Came receive(const Hash128& hash);

  // The lane of messages whose order is not looked at. Lanes from this one on are not told apart.
  static constexpr std::uint32_t kNotJudged = (1U << 22) - 1;

  struct Entry {
    Hash128 hash;
    std::uint64_t order_lane_sent = 0;
    std::uint64_t received = 0;  // of all equal lines, at the first of them

    std::uint64_t order() const { return order_lane_sent >> 24; }
    std::uint32_t lane() const {
      return static_cast<std::uint32_t>(order_lane_sent >> 2) & kNotJudged;
    }
    Sent sent() const { return static_cast<Sent>(order_lane_sent & 3); }
    void judge_not() { order_lane_sent |= std::uint64_t{kNotJudged} << 2; }
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
  std::vector<std::uint64_t> latest_;  // by lane: the highest order of a line received so far
  // directory_[d]: the first entry whose hash begins with the bits d or more.
  std::vector<std::size_t> directory_;
  int shift_ = 63;
};

}  // namespace esm
