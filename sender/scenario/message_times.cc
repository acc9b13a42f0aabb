#include "sender/scenario/message_times.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace esm {
namespace {

__extension__ using Wide = unsigned __int128;

// The largest integer whose square is not above `square`, digit by binary digit.
std::uint64_t square_root(Wide square) {
  const auto high = static_cast<std::uint64_t>(square >> 64);
  const int bits = high != 0 ? 64 + static_cast<int>(std::bit_width(high))
                             : static_cast<int>(std::bit_width(static_cast<std::uint64_t>(square)));
  Wide root = 0;
  for (Wide digit = Wide{1} << (bits & ~1); digit != 0; digit >>= 2) {
    if (square >= root + digit) {
      square -= root + digit;
      root = (root >> 1) + digit;
    } else {
      root >>= 1;
    }
  }
  return static_cast<std::uint64_t>(root);
}

}  // namespace

MessageTimes::MessageTimes(const Rate& rate, SimTime ramp)
    : per_(static_cast<std::uint64_t>(rate.per.count())),
      messages_(rate.messages),
      ramp_(static_cast<std::uint64_t>(ramp.count())) {
  assert(rate.messages >= 1 && rate.per.count() >= 1);
  assert(ramp >= SimTime{0} && ramp <= kRampMax);
}

SimTime MessageTimes::at(std::uint64_t message) const {
  constexpr auto kLast = static_cast<std::uint64_t>(kNever.count());
  std::uint64_t even = 0;  // when it would be due without a ramp
  std::uint64_t product = 0;
  // A division of 128 bits costs as much as the rest of an event together.
  if (!__builtin_mul_overflow(message, per_, &product)) {
    even = product / messages_;
  } else {
    even = static_cast<std::uint64_t>(std::min<Wide>(Wide{message} * per_ / messages_, kLast));
  }
  const std::uint64_t half = ramp_ / 2;
  if (even < half) return SimTime{static_cast<std::int64_t>(square_root(Wide{ramp_} * 2 * even))};
  return SimTime{static_cast<std::int64_t>(std::min<Wide>(Wide{even} + (ramp_ - half), kLast))};
}

std::uint64_t MessageTimes::about(SimTime time) const {
  assert(time >= SimTime{0});
  const auto t = static_cast<std::uint64_t>(time.count());
  const std::uint64_t even = t >= ramp_
                                 ? t - (ramp_ - ramp_ / 2)
                                 : static_cast<std::uint64_t>(Wide{t} * t / (Wide{ramp_} * 2));
  return static_cast<std::uint64_t>(std::min<Wide>(Wide{even} * messages_ / per_, UINT64_MAX));
}

MessageMoment::Stride::Stride(const MessageTimes& times, std::uint64_t messages)
    : parts_(times.messages_) {
  const Wide product = Wide{messages} * times.per_;
  whole_ = static_cast<std::int64_t>(
      std::min<Wide>(product / parts_, static_cast<std::uint64_t>(kNever.count())));
  part_ = static_cast<std::uint64_t>(product % parts_);
}

MessageMoment::MessageMoment(const MessageTimes& times, std::uint64_t message)
    : due_(times.at(message).count()),
      part_(static_cast<std::uint64_t>(Wide{message} * times.per_ % times.messages_)) {
  assert(times.ramp_ == 0);
}

}  // namespace esm
