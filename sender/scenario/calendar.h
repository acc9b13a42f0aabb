// A calendar queue (Brown, "Calendar queues: a fast O(1) priority queue implementation for the
// simulation event set problem", CACM 31(10), 1988), cut to what a fleet of endpoints needs.
//
// Every endpoint has at most one next moment. It is filed under its day; when a day comes, its
// moments are sorted and worked off one after the other, and each endpoint's next one is filed in
// turn. A moment of a later year waits in its day's pages and is passed over. Nothing is allocated
// while it runs, because there are never more moments than endpoints.
//
// What costs time in a fleet of millions is waiting for memory, and for the translation of its
// addresses. So what an endpoint is in lies in its moment and moves along with it: a day is read
// from the front to the back, and no event looks anything up elsewhere by its endpoint. A day is a
// power of two of nanoseconds (a shift finds it), and its moments lie side by side in blocks (no
// list to follow). A moment is filed a little after it is known: by then its place, which may be
// anywhere, has been fetched into the cache.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sender/base/time.h"
#include "sender/scenario/endpoint_states.h"
#include "sender/scenario/large_array.h"

namespace esm {

// An endpoint and when something happens there next.
struct Pending {
  EndpointState state;
  std::int64_t due = 0;        // ns since the start
  std::uint32_t endpoint = 0;  // whose order decides at one moment
  std::uint8_t noise = 0;      // 0: a beat or a change is due; n: noise of the source n - 1
};
static_assert(sizeof(Pending) == 40);

class Calendar {
 public:
  __extension__ using Wide = __int128;
  // Of `rate`: moments in so many nanoseconds.
  static constexpr Wide kSpan = Wide{1'000'000'000} * 1'000'000'000;

  // For `most` endpoints, at which about `rate` moments a span come to pass. Nothing is filed for
  // before `since` (ns).
  Calendar(std::uint32_t most, Wide rate, std::int64_t since);

  // Not before what was taken last.
  void file(const Pending& pending) {
    assert(pending.due >> day_bits_ > today_number_);
    Pending& oldest = under_way_[known_ % kUnderWay];
    if (known_ >= kUnderWay) enter(oldest);
    oldest = pending;
    ++known_;
    // Written out here: gcc 12 drops calls of functions that do nothing but prefetch.
    const Day& page = page_of(pending);
    if (page.block == kNone || page.count == Block::kMoments) return;
    const Pending* const place = &blocks_[page.block].moments[page.count];
    __builtin_prefetch(place, 1);
    __builtin_prefetch(&place->noise, 1);  // most moments lie on two cache lines
  }

  // When the first one is due, kNever if there is none.
  std::int64_t first_due() { return find_today() ? due_of(first_key()) : kNever.count(); }

  // Takes the first one there is: by due time, then endpoint. It is then changed where it lies, and
  // put back with a later (or the same) due time or let go before anything else is done here.
  Pending& take() {
    const bool of_again = today_at_ == today_.size() ||
                          (!again_.empty() && before(again_.front(), today_[today_at_]));
    if (of_again) {
      taken_ = place_of(again_.front());
      pop_again();
      return at(taken_);
    }
    taken_ = place_of(today_[today_at_++]);
    constexpr std::size_t kAhead = 8;
    if (today_at_ + kAhead < today_.size()) {
      __builtin_prefetch(&at(place_of(today_[today_at_ + kAhead])), 1);
    }
    return at(taken_);
  }
  void put_back() {
    const Pending& pending = at(taken_);
    if (pending.due >> day_bits_ == today_number_) {
      push_again(key_of(pending.due, taken_));
      return;
    }
    file(pending);
    let_go();
  }
  void let_go() {
    const std::uint32_t block = taken_ / Block::kMoments;
    if (--blocks_[block].left == 0) give_back(block);
  }

  // Memory it has touched so far: of what is only reserved, the system gives none.
  std::size_t bytes() const;

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  // Moments of one day. All of a day's blocks are full but the one that is being filled; when it
  // is worked off, a block is free as soon as nothing is left in it.
  struct Block {
    static constexpr std::uint32_t kMoments = 25;
    std::uint32_t next;  // of the same day; or the next free one
    std::uint32_t left;
    std::array<Pending, kMoments> moments;
  };

  // A day's block that is being filled, and how far.
  struct Day {
    std::uint32_t block = kNone;
    std::uint32_t count = 0;
  };

  // Sorts keys below 2^(32 + bits), spread over that range roughly evenly: dealt out by their upper
  // bits first, after which hardly any is out of place.
  class Sorter {
   public:
    void sort(std::vector<std::uint64_t>& keys, int bits);

   private:
    static constexpr int kPileBits = 10;
    static constexpr std::size_t kMost = 4096;
    std::array<std::uint32_t, (1 << kPileBits) + 1> piles_{};
    std::array<std::uint64_t, kMost> dealt_{};
  };

  Pending& at(std::uint32_t place) {
    return blocks_[place / Block::kMoments].moments[place % Block::kMoments];
  }

  // A key: the time of day, and the place where the moment lies.
  std::uint64_t key_of(std::int64_t due, std::uint32_t place) const {
    return static_cast<std::uint64_t>(due - (today_number_ << day_bits_)) << 32 | place;
  }
  std::int64_t due_of(std::uint64_t key) const {
    return (today_number_ << day_bits_) + static_cast<std::int64_t>(key >> 32);
  }
  static std::uint32_t place_of(std::uint64_t key) { return static_cast<std::uint32_t>(key); }
  bool before(std::uint64_t a, std::uint64_t b) {
    if (a >> 32 != b >> 32) return a < b;
    return at(place_of(a)).endpoint < at(place_of(b)).endpoint;
  }
  std::uint64_t first_key() {
    if (today_at_ == today_.size()) return again_.front();
    if (again_.empty() || before(today_[today_at_], again_.front())) return today_[today_at_];
    return again_.front();
  }

  Day& page_of(const Pending& pending) {
    return days_[static_cast<std::size_t>(pending.due >> day_bits_) & (days_.size() - 1)];
  }
  void enter(const Pending& pending);
  void enter_all();
  bool find_today() { return today_at_ < today_.size() || !again_.empty() || turn_pages(); }
  bool turn_pages();
  void open_today();
  void order_equals();
  std::int64_t earliest_filed() const;
  void push_again(std::uint64_t key);
  void pop_again();
  std::uint32_t take_block();
  void give_back(std::uint32_t block);

  int day_bits_ = 0;  // a day is 2^day_bits_ ns
  std::int64_t today_number_ = 0;
  std::vector<Day> days_;  // a year of them
  LargeArray<Block> blocks_;
  std::uint32_t blocks_used_ = 0;  // those behind have never been touched
  std::uint32_t free_block_ = kNone;
  std::size_t filed_ = 0;  // moments of days to come
  static constexpr std::size_t kUnderWay = 32;
  std::array<Pending, kUnderWay> under_way_;  // a ring of the moments that are to be filed next
  std::size_t known_ = 0;                     // so many were put into it since it was empty
  std::vector<std::uint64_t> today_;          // keys in order, done up to today_at_
  std::size_t today_at_ = 0;
  std::size_t today_most_ = 0;        // as many as there ever were
  std::vector<std::uint64_t> again_;  // a heap of keys: what was filed since today began
  std::size_t again_most_ = 0;
  std::uint32_t taken_ = 0;
  Sorter sorter_;
};

}  // namespace esm
