// What a table says about the receiver's timeout, where it is not the one that is expected.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "sender/base/time.h"

namespace esm {

// All in simulated time. The age of a mapping is counted from its last login.
class TimeoutGuess {
 public:
  // A mapping that is rightly there, and how long it lives on, where the table says so.
  void there(SimTime age, std::optional<SimTime> left);
  // One that should be there and is not.
  void gone(SimTime age) { gone_.push_back(age); }

  // The receiver's timeout, if it is certainly shorter than `expected`: all that is left of those
  // there says so, within `tolerance`; or, where nothing is said, all that is gone is older than
  // all that is there, which would hardly be so by chance.
  std::optional<SimTime> shorter_than(SimTime expected, SimTime tolerance) const;

 private:
  std::optional<SimTime> by_age(SimTime expected, SimTime tolerance) const;

  std::vector<SimTime> lives_;  // age + left
  SimTime oldest_{};
  std::size_t there_ = 0;
  std::vector<SimTime> gone_;
};

}  // namespace esm
