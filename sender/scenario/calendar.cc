#include "sender/scenario/calendar.h"

#include <bit>
#include <utility>

namespace esm {

void Calendar::Sorter::sort(std::vector<std::uint64_t>& keys, int bits) {
  if (keys.size() < 16 || keys.size() > kMost) {
    std::sort(keys.begin(), keys.end());
    return;
  }
  const int shift = 32 + std::max(bits - kPileBits, 0);
  piles_.fill(0);
  for (const std::uint64_t key : keys) ++piles_[static_cast<std::size_t>(key >> shift) + 1];
  for (std::size_t pile = 1; pile < piles_.size(); ++pile) piles_[pile] += piles_[pile - 1];
  for (const std::uint64_t key : keys)
    dealt_[piles_[static_cast<std::size_t>(key >> shift)]++] = key;
  keys[0] = dealt_[0];
  std::size_t moves = 0;
  for (std::size_t i = 1; i < keys.size(); ++i) {
    std::size_t at = i;
    for (; at > 0 && keys[at - 1] > dealt_[i]; --at) keys[at] = keys[at - 1];
    keys[at] = dealt_[i];
    moves += i - at;
    if (moves > 8 * kMost) {  // not spread evenly after all
      std::copy(dealt_.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                dealt_.begin() + static_cast<std::ptrdiff_t>(keys.size()),
                keys.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      std::sort(keys.begin(), keys.end());
      return;
    }
  }
}

Calendar::Calendar(std::uint32_t most, Wide rate, std::int64_t since) {
  rate = std::max<Wide>(rate, 1);
  // Between 512 and 1024 moments a day on average. A day is shorter than 2^32 ns, so that a moment
  // within it and a place fit one 64-bit key.
  constexpr Wide kMomentsADay = 1024;
  const auto wanted =
      static_cast<std::uint64_t>(std::clamp<Wide>(kSpan * kMomentsADay / rate, 1, Wide{1} << 32));
  day_bits_ = std::min(static_cast<int>(std::bit_width(wanted)) - 1, 31);
  // A year in which every endpoint has about two moments, so that few are passed over.
  const auto moments_a_day = static_cast<std::uint64_t>((rate << day_bits_) / kSpan);
  const auto days = static_cast<std::uint32_t>(std::bit_ceil(std::clamp<std::uint64_t>(
      std::uint64_t{2} * most / std::max<std::uint64_t>(moments_a_day, 1), 256, 1U << 22)));
  days_.assign(days, Day{});
  // Per day one block that is being filled; and today's, while they are worked off, may be nearly
  // empty each when all that was in them is in full ones of other days again.
  blocks_ = LargeArray<Block>::untouched(std::size_t{2} * (most / Block::kMoments + 1) +
                                         std::min(days, most) + 1);
  assert(blocks_.size() * Block::kMoments <= kNone);
  // All may have something on one day. What is not used takes addresses, but no memory.
  today_.reserve(most);
  again_.reserve(most);
  today_number_ = (since >> day_bits_) - 1;
}

std::size_t Calendar::bytes() const {
  return sizeof(*this) + std::size_t{blocks_used_} * sizeof(Block) +
         days_.capacity() * sizeof(Day) + (today_most_ + again_most_) * sizeof(std::uint64_t);
}

void Calendar::enter(const Pending& pending) {
  Day& page = page_of(pending);
  if (page.block == kNone || page.count == Block::kMoments) {
    const std::uint32_t fresh = take_block();
    blocks_[fresh].next = std::exchange(page.block, fresh);
    blocks_[fresh].left = Block::kMoments;
    page.count = 0;
  }
  blocks_[page.block].moments[page.count++] = pending;
  ++filed_;
}

void Calendar::enter_all() {
  for (std::size_t n = known_ - std::min(known_, kUnderWay); n < known_; ++n) {
    enter(under_way_[n % kUnderWay]);
  }
  known_ = 0;
}

std::uint32_t Calendar::take_block() {
  if (free_block_ == kNone) {
    assert(blocks_used_ < blocks_.size());
    return blocks_used_++;
  }
  return std::exchange(free_block_, blocks_[free_block_].next);
}

void Calendar::give_back(std::uint32_t block) {
  blocks_[block].next = std::exchange(free_block_, block);
}

void Calendar::push_again(std::uint64_t key) {
  again_.push_back(key);
  again_most_ = std::max(again_most_, again_.size());
  std::push_heap(again_.begin(), again_.end(),
                 [this](std::uint64_t a, std::uint64_t b) { return before(b, a); });
}

void Calendar::pop_again() {
  std::pop_heap(again_.begin(), again_.end(),
                [this](std::uint64_t a, std::uint64_t b) { return before(b, a); });
  again_.pop_back();
}

std::int64_t Calendar::earliest_filed() const {
  std::int64_t earliest = kNever.count();
  for (const Day& day : days_) {
    std::uint32_t count = day.count;
    for (std::uint32_t b = day.block; b != kNone; b = blocks_[b].next) {
      for (std::uint32_t n = 0; n < count; ++n) {
        earliest = std::min(earliest, blocks_[b].moments[n].due);
      }
      count = Block::kMoments;
    }
  }
  return earliest;
}

// Until today has something left. False when nothing is filed any more.
bool Calendar::turn_pages() {
  enter_all();
  std::size_t empty_days = 0;
  do {
    if (filed_ == 0) return false;
    if (empty_days++ > days_.size()) {
      // A whole year without a moment: the fleet is quiet, go to the day of the next one.
      today_number_ = (earliest_filed() >> day_bits_) - 1;
      empty_days = 0;
    }
    ++today_number_;
    open_today();
  } while (today_.empty());
  return true;
}

void Calendar::open_today() {
  today_.clear();
  today_at_ = 0;
  Day day = std::exchange(days_[static_cast<std::size_t>(today_number_) & (days_.size() - 1)], {});
  while (day.block != kNone) {
    const std::uint32_t number = day.block;
    Block& block = blocks_[number];
    if (block.next != kNone) __builtin_prefetch(&blocks_[block.next]);
    block.left = day.count;
    for (std::uint32_t n = 0; n < day.count; ++n) {
      const Pending& pending = block.moments[n];
      --filed_;
      if (pending.due >> day_bits_ == today_number_) {
        today_.push_back(key_of(pending.due, number * Block::kMoments + n));
      } else {
        // Of a later year: back into the pages.
        enter(pending);
        --block.left;
      }
    }
    day = {block.next, Block::kMoments};
    if (block.left == 0) give_back(number);
  }
  today_most_ = std::max(today_most_, today_.size());
  sorter_.sort(today_, day_bits_);
  order_equals();
}

// Moments at the same time are in the order of their places: they come in that of endpoints.
void Calendar::order_equals() {
  for (std::size_t begin = 0; begin + 1 < today_.size();) {
    std::size_t end = begin + 1;
    while (end < today_.size() && today_[end] >> 32 == today_[begin] >> 32) ++end;
    if (end - begin > 1) {
      std::sort(today_.begin() + static_cast<std::ptrdiff_t>(begin),
                today_.begin() + static_cast<std::ptrdiff_t>(end),
                [this](std::uint64_t a, std::uint64_t b) { return before(a, b); });
    }
    begin = end;
  }
}

}  // namespace esm
