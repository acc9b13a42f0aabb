#include "sender/scenario/steady_rate.h"

#include <algorithm>
#include <cassert>

namespace esm {

SteadyRate::SteadyRate(const MessageTimes& times, std::uint64_t messages_max, std::uint32_t count,
                       Shard shard, std::vector<Seat> seats, std::uint64_t first)
    : shard_(shard),
      seats_(std::move(seats)),
      at_(static_cast<std::size_t>(first % count / shard.count)),
      moment_(times, first),
      to_next_(times, shard.count),
      to_first_again_(times, count - (seats_.size() - 1) * shard.count),
      ends_(messages_max == 0 ? kNever.count() : times.at(messages_max).count()) {
  assert(times.rise() && !seats_.empty() && shard.holds(static_cast<std::uint32_t>(first % count)));
}

std::size_t SteadyRate::next(std::span<Event> out, std::int64_t until) {
  until = std::min(until, ends_);
  std::size_t filled = 0;
  for (; filled < out.size() && moment_.due() < until; ++filled) {
    Seat& seat = seats_[at_];
    out[filled] = {SimTime{moment_.due()},
                   static_cast<std::uint32_t>(at_) * shard_.count + shard_.index,
                   seat.user,
                   seat.ordinal++,
                   EventKind::kHeartbeat,
                   seat.site};
    if (++at_ < seats_.size()) {
      moment_.advance(to_next_);
    } else {
      at_ = 0;
      moment_.advance(to_first_again_);
    }
  }
  return filled;
}

std::int64_t SteadyRate::next_due() const {
  return moment_.due() < ends_ ? moment_.due() : kNever.count();
}

}  // namespace esm
