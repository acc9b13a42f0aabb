// What did not go as planned in one lane, as intervals of message numbers: neighbours with the same
// fate become one, so a run that goes well costs nothing and an outage costs one entry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sender/report/run_record.h"

namespace esm {

class IntervalRecorder {
 public:
  // At most `intervals_max` (>= 1) intervals are kept; the memory for them grows as needed.
  explicit IntervalRecorder(std::size_t intervals_max) : intervals_max_(intervals_max) {}

  // Messages `first` to `last` (both included), none of which was added before. Mostly called in
  // rising order; any order is right.
  void add(const FateInterval& interval);
  // All of `other`'s, which is left empty.
  void take(IntervalRecorder& other);
  // Takes the first `count` messages out; returns the first and the last of them, and what lies
  // between without having been added. Nothing when there are none.
  // They are added to `into`, if that is not null.
  std::optional<MessageInterval> remove_first(std::uint64_t count,
                                              IntervalRecorder* into = nullptr);
  void clear();

  // Sorted by number, merged as far as they can be. Recording may go on afterwards.
  const std::vector<FateInterval>& intervals();
  // Intervals were left out because there was no room, even after merging. Known for certain only
  // after intervals().
  bool overflowed() const { return overflowed_; }

 private:
  void merge();

  std::vector<FateInterval> list_;  // up to twice intervals_max_ while unmerged
  std::size_t intervals_max_;
  bool overflowed_ = false;
};

}  // namespace esm
