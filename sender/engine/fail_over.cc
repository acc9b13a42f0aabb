#include "sender/engine/fail_over.h"

#include <cassert>

namespace esm {

FailOver::FailOver(const Lanes& lanes, std::size_t targets, std::size_t ways)
    : lanes_(lanes), targets_(targets), ways_(ways) {}

Lane& FailOver::lane_of(std::size_t way, std::size_t target) const {
  return *lanes_[target * ways_.size() + way];
}

std::size_t FailOver::way_of(const Lane& lane) const {
  const Lane::Address& address = lane.address();
  return std::size_t{address.esm} * address.connections + address.connection;
}

// The first lane of the way that is up; null: none is.
Lane* FailOver::next_best(std::size_t way) const {
  for (std::size_t target = 0; target < targets_; ++target) {
    if (Lane& lane = lane_of(way, target); lane.is_up()) return &lane;
  }
  return nullptr;
}

// The lane that gets what is due now. Where none is up, the first that has not given up has it in
// its books: there it is dropped, or waits for whichever comes first.
Lane& FailOver::first_choice(std::size_t way) const {
  for (std::size_t target = 0; target < targets_; ++target) {
    if (Lane& lane = lane_of(way, target); lane.stands()) return lane;
  }
  if (Lane* const up = next_best(way)) return *up;
  for (std::size_t target = 0; target < targets_; ++target) {
    if (Lane& lane = lane_of(way, target); !lane.is_gone()) return lane;
  }
  return lane_of(way, 0);
}

std::size_t FailOver::offer(std::size_t way, const Event& event, SimTime late_before) {
  Lane& lane = first_choice(way);
  lane.offer_shared({event, ways_[way].messages++, false}, late_before);
  return lane.address().target * ways_.size() + way;
}

bool FailOver::connection_up(Lane& lane) {
  const std::size_t way = way_of(lane);
  for (std::size_t target = 0; target < targets_; ++target) {
    if (Lane& other = lane_of(way, target); !other.is_up()) other.hand_over(lane);
  }
  return ++ways_[way].up == 1;
}

bool FailOver::connection_down(Lane& lane) {
  const std::size_t way = way_of(lane);
  assert(ways_[way].up > 0);
  const bool last = --ways_[way].up == 0;
  if (Lane* const other = next_best(way)) {
    lane.hand_over(*other);
    other->write_or_wake();
  }
  return last;
}

bool FailOver::gave_up(Lane& lane) {
  for (std::size_t target = 0; target < targets_; ++target) {
    Lane& other = lane_of(way_of(lane), target);
    if (other.is_gone()) continue;
    lane.hand_over(other);
    return true;
  }
  return false;
}

bool FailOver::may_leave(const Lane& lane) const {
  for (std::size_t target = 0; target < targets_; ++target) {
    const Lane& other = lane_of(way_of(lane), target);
    if (!other.is_gone() && !other.is_idle()) return false;
  }
  return true;
}

void FailOver::leaves(const Lane& lane) {
  if (!may_leave(lane)) return;
  for (std::size_t target = 0; target < targets_; ++target) {
    if (Lane& other = lane_of(way_of(lane), target); !other.is_gone()) other.dismiss();
  }
}

void FailOver::share() {
  for (const std::unique_ptr<Lane>& lane : lanes_) {
    lane->ledger().share(ways_[way_of(*lane)].messages);
  }
}

std::uint64_t FailOver::messages() const {
  std::uint64_t messages = 0;
  for (const Way& way : ways_) messages += way.messages;
  return messages;
}

}  // namespace esm
