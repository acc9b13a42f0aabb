// --targets fail-over: the lanes of one ESM and connection, one at each target, are the ways that a
// message may go. It is numbered once for all of them, and goes to the first that is up; what a
// lost one has not written goes to the next. Lives on its worker's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "sender/engine/lane.h"

namespace esm {

class FailOver {
 public:
  using Lanes = std::vector<std::unique_ptr<Lane>>;

  // `lanes`: by target, ESM, connection, as many at every target; must outlive it, and be complete
  // before anything else is called.
  FailOver(const Lanes& lanes, std::size_t targets, std::size_t ways);

  // An event of the way has become due. Returns which of the lanes took it, or dropped it.
  std::size_t offer(std::size_t way, const Event& event, SimTime late_before);

  // A connection of the lane has come up, and gets what waits for one; true: no other was.
  bool connection_up(Lane& lane);
  // One was lost, and what waits goes to the next; true: it was the last.
  bool connection_down(Lane& lane);
  // The lane that gets what was meant for this one while it is down; null: there is none now.
  const Lane* substitute(const Lane& lane) const { return next_best(way_of(lane)); }
  // The lane will not come back. False: nor will any other of its way.
  bool gave_up(Lane& lane);

  // Nothing of the way is without a fate that this lane may have to take yet.
  bool may_leave(const Lane& lane) const;
  // While what is left is flushed: if none will be needed any more, none waits any longer.
  void leaves(const Lane& lane);

  // At the end, each lane's ledger learns what the others' are.
  void share();

  std::size_t ways() const { return ways_.size(); }
  std::uint64_t messages() const;  // of all ways

 private:
  struct Way {
    std::uint64_t messages = 0;  // so far
    std::size_t up = 0;          // lanes
  };

  Lane& lane_of(std::size_t way, std::size_t target) const;
  std::size_t way_of(const Lane& lane) const;
  Lane* next_best(std::size_t way) const;
  Lane& first_choice(std::size_t way) const;

  const Lanes& lanes_;
  const std::size_t targets_;
  std::vector<Way> ways_;  // by ESM and connection
};

}  // namespace esm
