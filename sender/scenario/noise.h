// When an endpoint's agent sends something else than heartbeats, in closed form: time is cut into
// slots, and in each slot falls one message, at a moment drawn for it.
#pragma once

#include <cstdint>
#include <vector>

#include "sender/base/random.h"
#include "sender/base/time.h"
#include "sender/scenario/scenario.h"

namespace esm {

// The noise of a group's endpoints: all entries of Scenario::noise that speak of the group. `index`
// is the endpoint's within the group.
class GroupNoise {
 public:
  GroupNoise(const Scenario& scenario, std::uint32_t group, std::uint64_t group_hash,
             std::uint64_t seed);

  bool empty() const { return sources_.empty(); }

  struct Moment {
    SimTime due = kNever;
    std::uint8_t source = 0;  // of those at one moment the lower comes first
  };
  // `time` >= 0. There is always one, though it may lie far beyond the scenario's end.
  Moment first_at_or_after(std::uint32_t index, SimTime time) const {
    return earliest(index, time, 0);
  }
  Moment after(std::uint32_t index, Moment moment) const {
    return earliest(index, moment.due, std::uint32_t{moment.source} + 1);
  }
  // How many are due before `time`.
  std::uint32_t count_before(std::uint32_t index, SimTime time) const;

  // Event::message of what a source sends.
  std::uint8_t message(std::uint8_t source) const { return sources_[source].message; }

 private:
  struct Source {
    std::uint64_t group = 0;  // Identity::group of its draws
    std::int64_t slot = 1;
    std::uint8_t message = 0;
  };

  SimTime at(const Source& source, std::uint32_t index, std::int64_t k) const {
    const std::uint64_t bits = draw(key_, {source.group, index}, static_cast<std::uint32_t>(k));
    return SimTime{k * source.slot +
                   static_cast<std::int64_t>(scale(bits, static_cast<std::uint64_t>(source.slot)))};
  }
  // The first one after `time`, or at `time` from one of the sources that begin with `first`.
  Moment earliest(std::uint32_t index, SimTime time, std::uint32_t first) const;

  DrawKey key_;
  std::vector<Source> sources_;
};

}  // namespace esm
