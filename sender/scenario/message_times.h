// When message m of a group with a rate is due, in closed form.
//
//   without a ramp    m / rate
//   with one of R     the rate rises evenly from nothing and is whole at R: by then half of the
//                     messages that it would have sent are due, each of which comes where the area
//                     below the rate is m; behind R messages are 1 / rate apart
//
// Integers only, so that every machine finds the same nanosecond.
#pragma once

#include <cstdint>

#include "sender/base/time.h"
#include "sender/base/units.h"

namespace esm {

class MessageTimes {
 public:
  // `ramp`: at least 0, at most kRampMax.
  MessageTimes(const Rate& rate, SimTime ramp);

  // Never less than that of the message before; kNever beyond what SimTime can hold.
  SimTime at(std::uint64_t message) const;
  // A message that is not due after `time` (>= 0), at most a few before the first one that is due
  // at `time` or later.
  std::uint64_t about(SimTime time) const;

 private:
  std::uint64_t per_;  // so many nanoseconds for so many messages
  std::uint64_t messages_;
  std::uint64_t ramp_;
};

// Its square has 128 bits.
inline constexpr SimTime kRampMax = std::chrono::days{3650};

}  // namespace esm
