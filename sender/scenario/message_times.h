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
  // Whether every message is due later than the one before.
  bool rise() const { return ramp_ == 0 && per_ >= messages_; }

 private:
  friend class MessageMoment;
  std::uint64_t per_;  // so many nanoseconds for so many messages
  std::uint64_t messages_;
  std::uint64_t ramp_;
};

// Goes from message to message of a rate without a ramp: at() of each, without its division.
class MessageMoment {
 public:
  // The way to the message that is `messages` further on.
  class Stride {
   public:
    Stride(const MessageTimes& times, std::uint64_t messages);

   private:
    friend class MessageMoment;
    std::int64_t whole_ = 0;  // ns
    std::uint64_t part_ = 0;  // of a nanosecond, in 1 / parts_
    std::uint64_t parts_ = 1;
  };

  MessageMoment(const MessageTimes& times, std::uint64_t message);

  // ns; beyond what SimTime can hold kNever.
  std::int64_t due() const { return due_; }
  void advance(const Stride& stride) {
    part_ += stride.part_;
    std::int64_t whole = stride.whole_;
    if (part_ >= stride.parts_) {
      part_ -= stride.parts_;
      ++whole;
    }
    if (__builtin_add_overflow(due_, whole, &due_)) due_ = kNever.count();
  }

 private:
  std::int64_t due_ = 0;
  std::uint64_t part_ = 0;
};

// Its square has 128 bits.
inline constexpr SimTime kRampMax = std::chrono::days{3650};

}  // namespace esm
