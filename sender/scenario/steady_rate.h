// A group with a rate at which nothing changes any more, as `esm-sender load` makes it. Message m
// of the group comes from endpoint m modulo count, so the next one is found by counting: no
// calendar, no division, and a fraction of the time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "sender/scenario/event.h"
#include "sender/scenario/message_times.h"
#include "sender/scenario/plan.h"

namespace esm {

class SteadyRate {
 public:
  // An endpoint of the shard, in order.
  struct Seat {
    std::uint32_t user = kNobody;  // whom its messages name
    std::uint32_t ordinal = 0;     // of its next message
    std::uint8_t site = 0;
  };

  // What one group sends of which every message comes after the one before (times.rise()), from
  // message `first` on, the first of this shard at or behind the schedule's start. `count`:
  // endpoints of the group, with `shard` the shard that holds the seats; `messages_max`: 0, no
  // limit.
  SteadyRate(const MessageTimes& times, std::uint64_t messages_max, std::uint32_t count,
             Shard shard, std::vector<Seat> seats, std::uint64_t first);

  // As Schedule::next() and next_due().
  std::size_t next(std::span<Event> out, std::int64_t until);
  std::int64_t next_due() const;

  std::size_t bytes() const { return seats_.capacity() * sizeof(Seat); }

 private:
  Shard shard_;
  std::vector<Seat> seats_;
  std::size_t at_;  // whose turn it is
  MessageMoment moment_;
  MessageMoment::Stride to_next_, to_first_again_;
  std::int64_t ends_;  // due time of the first message that is not sent
};

}  // namespace esm
