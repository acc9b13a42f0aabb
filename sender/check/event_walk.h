// The messages of a plan in order, for checks that look at each.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sender/scenario/schedule.h"

namespace esm {

// Calls `look(event)` for about the first `messages_max` messages (a few thousand more, at most).
// True where there may be others: what was found is then of the first alone.
template <typename Look>
bool walk_events(const Plan& plan, std::size_t messages_max, Look look) {
  Schedule schedule(plan);
  std::vector<Event> events(4096);
  std::size_t walked = 0;
  while (walked < messages_max) {
    const std::size_t count = schedule.next(events);
    if (count == 0) return false;
    walked += count;
    for (const Event& event : std::span<const Event>(events).first(count)) look(event);
  }
  return true;
}

}  // namespace esm
