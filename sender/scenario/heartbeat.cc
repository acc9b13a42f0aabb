#include "sender/scenario/heartbeat.h"

#include <algorithm>

namespace esm {
namespace {

__extension__ using Wide = __int128;

SimTime narrow(Wide time) {
  return time >= kNever.count() ? kNever : SimTime{static_cast<std::int64_t>(time)};
}

}  // namespace

Heartbeat::Heartbeat(const EndpointGroup& group, std::uint64_t group_hash, std::uint64_t seed)
    : group_hash_(group_hash),
      phase_key_(draw_key(seed, Purpose::kHeartbeatPhase)),
      jitter_key_(draw_key(seed, Purpose::kHeartbeatJitter)),
      period_(group.heartbeat.count()),
      reach_(static_cast<std::int64_t>(Wide{period_} * group.jitter_ppm / 1'000'000)),
      clock_(group.clock),
      count_(group.count),
      messages_max_(group.messages_max) {
  if (group.rate) times_.emplace(*group.rate, group.ramp);
}

SimTime Heartbeat::first_unjittered(std::uint32_t index, SimTime base) const {
  if (clock_ == HeartbeatClock::kLogon || base.count() > 0) return base + SimTime{period_};
  return SimTime{static_cast<std::int64_t>(
      scale(draw(phase_key_, {group_hash_, index}, 0), static_cast<std::uint64_t>(period_)))};
}

SimTime Heartbeat::unjittered(std::uint32_t index, std::uint32_t k, SimTime base) const {
  return narrow(Wide{first_unjittered(index, base).count()} + Wide{period_} * k);
}

SimTime Heartbeat::at(std::uint32_t index, std::uint32_t k, SimTime base) const {
  if (times_) return message_time(index, k);
  const SimTime time = unjittered(index, k, base);
  if (reach_ == 0 || time == kNever) return time;
  return narrow(Wide{time.count()} + jitter(index, k));
}

Heartbeat::Beat Heartbeat::first_at_or_after(std::uint32_t index, SimTime time,
                                             SimTime base) const {
  if (times_) {
    // A guess from below that is at most a few beats off, then forward.
    std::uint64_t message = times_->about(time);
    if (messages_max_ > 0) message = std::min(message, messages_max_);
    const Wide guess = (Wide{message} - index) / Wide{count_} - 1;
    auto k = static_cast<std::uint32_t>(std::clamp<Wide>(guess, 0, kBeatsMax));
    while (k < kBeatsMax && message_time(index, k) < time) ++k;
    return {k, message_time(index, k)};
  }
  const std::int64_t first = first_unjittered(index, base).count();
  const auto beat = [&](std::uint32_t k) {
    const std::int64_t unjittered = first + period_ * std::int64_t{k};
    return Beat{k, SimTime{reach_ == 0 ? unjittered : unjittered + jitter(index, k)}};
  };
  // Beat k is the last one that jitter apart comes before `time`. The one after the next comes
  // after `time` with any jitter, as the one before k comes before it; jitter has to be drawn only
  // where it decides. (period_ * k stays below `time`, so nothing overflows.)
  if (time.count() < first) {
    const Beat zero = beat(0);
    return zero.due >= time ? zero : beat(1);
  }
  const std::int64_t k = (time.count() - first) / period_;
  if (k >= std::int64_t{kBeatsMax}) return {kBeatsMax, kNever};
  const auto at = static_cast<std::uint32_t>(k);
  const std::int64_t since = time.count() - first - k * period_;
  if (since <= reach_) {
    if (const Beat same = beat(at); same.due >= time) return same;
  }
  const Beat next = beat(at + 1);
  return next.due >= time ? next : beat(at + 2);
}

}  // namespace esm
