// Puts what was received beside what is expected while both go by: expected lines wait in a window
// until they come. Memory grows with the window and with what is wrong, not with the messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "sender/base/hash.h"
#include "sender/verify/sent.h"

namespace esm {

struct ExpectedLine {
  Hash128 hash;
  std::uint64_t order = 0;     // the message's place in the schedule
  std::uint32_t endpoint = 0;  // whose it is
  std::uint32_t lane = 0;      // messages of one lane left in that order
  bool uncertain = false;      // it may have been received or not
  bool resent = false;         // it may have been received more than once
};

class ExpectedWindow {
 public:
  // Appends the next expected lines, in schedule order; false where there are none left. Lines that
  // never left are none of them.
  using Supply = std::function<bool(std::vector<ExpectedLine>&)>;
  // At most about `size` expected lines wait at one time; equal lines wait as one.
  ExpectedWindow(std::size_t size, std::uint32_t endpoints, Supply supply);

  enum class Came : std::uint8_t {
    kStray,  // nothing that waits has this hash: it may wait later, have come before, or be unknown
    kKnown,
    kAgain,  // it has come before, and was sent more than once
    kCopy,   // as often as it was sent it has come before
    // Known, and a message that is later in its lane came before. Not judged are messages whose
    // lines are equal.
    kOutOfOrder,
  };
  // Line number `number` (from 1) that was received has this hash.
  Came receive(const Hash128& hash, std::uint64_t number);

  // After the last receive(): brings together what came too far from its place for the window.
  void finish();

  // What follows is to be asked after finish().
  // Lines that did not come: of `sent` certain and `uncertain` ones with this hash.
  struct Absent {
    Hash128 hash;
    std::uint64_t order = 0;  // of the first of them
    std::uint32_t endpoint = 0;
    std::uint32_t sent = 0, uncertain = 0;
    std::uint32_t equal = 0;  // how many messages have this line, as far as they waited together
  };
  const std::vector<Absent>& absent() const { return absent_; }  // in schedule order
  // Lines received that no line waited for: copies, lines that never left, strange ones.
  struct Stray {
    Hash128 hash;
    std::uint64_t number = 0;  // of the line
  };
  const std::vector<Stray>& strays() const { return strays_; }  // by number
  // Copies that came while their line was still known.
  struct Copies {
    Hash128 hash;
    std::uint64_t order = 0;
    std::uint32_t endpoint = 0;
    std::uint32_t sent = 0;      // messages with this line
    std::uint64_t received = 0;  // more than that, by
    std::uint64_t surplus() const { return received - sent; }
  };
  const std::vector<Copies>& copies() const { return copies_; }
  std::uint64_t copies_total() const { return copies_total_; }  // lines too many

  std::uint64_t matched() const { return matched_; }
  std::uint64_t uncertain_matched() const { return uncertain_matched_; }
  std::uint64_t again() const { return again_; }  // lines that came again, rightly
  // Part of these: further from their place than the window.
  std::uint64_t displaced() const { return displaced_; }
  // By endpoint: how many of its lines came behind later ones of it. Only where there are.
  const std::unordered_map<std::uint32_t, std::uint64_t>& reordered() const { return reordered_; }

  // The lane of messages whose order is not looked at.
  static constexpr std::uint32_t kNotJudged = 0xFFFFFFFF;

 private:
  struct Waiting {
    Hash128 hash;
    std::uint64_t order = 0;
    std::uint32_t endpoint = 0;
    std::uint32_t lane = 0;
    std::uint32_t next = 0;                 // in its chain, ring position + 1; 0: the last
    std::uint32_t sent = 0, uncertain = 0;  // that have not come
    std::uint32_t equal = 1;                // messages with this line
    std::uint64_t received = 0;
    bool resent = false;
  };

  Waiting* find(const Hash128& hash);
  bool supply_more();
  void add(const ExpectedLine& line);
  void drop_oldest();
  void drop_what_came();
  bool make_room();
  Came match(Waiting& line);
  void take(const Waiting& line, bool uncertain);
  bool in_order(const Waiting& line);
  void bring_together();
  bool take_absent(const Hash128& hash);
  void take_back_uncertain();

  std::size_t bucket(const Hash128& hash) const { return hash.low & (heads_.size() - 1); }
  Waiting& at(std::uint64_t place) { return ring_[place & (ring_.size() - 1)]; }

  Supply supply_;
  bool exhausted_ = false;
  std::size_t size_;
  std::vector<Waiting> ring_;          // a power of 2, at least size_ and a chunk
  std::vector<std::uint32_t> heads_;   // of chains of lines with the same bucket
  std::uint64_t begin_ = 0, end_ = 0;  // of what waits, counted from the first line
  std::uint64_t latest_matched_ = 0;   // the highest place that was matched
  std::uint64_t strange_in_a_row_ = 0;
  std::vector<ExpectedLine> chunk_;

  std::vector<std::uint64_t> lane_latest_;      // by lane: the highest order + 1 received so far
  std::vector<std::uint64_t> endpoint_latest_;  // likewise
  std::unordered_map<std::uint32_t, std::uint64_t> reordered_;
  std::vector<Absent> absent_;
  std::vector<Stray> strays_;
  std::vector<Copies> copies_;
  std::vector<Hash128> uncertain_taken_;
  std::uint64_t copies_total_ = 0, matched_ = 0, uncertain_matched_ = 0, displaced_ = 0, again_ = 0;
};

}  // namespace esm
