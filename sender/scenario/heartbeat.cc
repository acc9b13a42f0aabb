#include "sender/scenario/heartbeat.h"

#include <algorithm>

namespace esm {
namespace {

__extension__ using Wide = __int128;

// Largest beat number: a schedule counts messages in 32 bits.
constexpr std::int64_t kBeatMax = 0xFFFFFFFE;

SimTime narrow(Wide time) {
  return time >= kNever.count() ? kNever : SimTime{static_cast<std::int64_t>(time)};
}

}  // namespace

Heartbeat::Heartbeat(const EndpointGroup& group, std::uint64_t seed, Identity who)
    : group_(group), seed_(seed), who_(who) {}

SimTime Heartbeat::unjittered(std::uint32_t k, SimTime base) const {
  const std::int64_t period = group_.heartbeat.count();
  if (group_.clock == HeartbeatClock::kLogon) {
    return narrow(Wide{base.count()} + Wide{period} * (Wide{k} + 1));
  }
  const std::uint64_t phase =
      scale(draw(seed_, who_, Purpose::kHeartbeatPhase, 0), static_cast<std::uint64_t>(period));
  return narrow(Wide{static_cast<std::int64_t>(phase)} + Wide{period} * k);
}

SimTime Heartbeat::at(std::uint32_t k, SimTime base) const {
  if (group_.rate) {
    const Wide message = Wide{k} * group_.count + who_.index;
    if (group_.messages_max > 0 && message >= Wide{group_.messages_max}) return kNever;
    return narrow(message * group_.rate->per.count() / Wide{group_.rate->messages});
  }
  const SimTime time = unjittered(k, base);
  if (group_.jitter_ppm == 0 || time == kNever) return time;
  // Both ways by up to the share of the period: reach is below half of it, so beats keep their
  // order.
  const Wide reach = Wide{group_.heartbeat.count()} * group_.jitter_ppm / 1'000'000;
  const std::uint64_t moved = scale(draw(seed_, who_, Purpose::kHeartbeatJitter, k),
                                    static_cast<std::uint64_t>(2 * reach + 1));
  return narrow(Wide{time.count()} + static_cast<std::int64_t>(moved) - reach);
}

std::uint32_t Heartbeat::first_at_or_after(SimTime time, SimTime base) const {
  // A first guess from below that is at most a few beats off, then forward.
  Wide guess = 0;
  if (group_.rate) {
    // Message m is due at or after `time` when m * per / messages >= time.
    const Wide message =
        Wide{time.count()} * Wide{group_.rate->messages} / group_.rate->per.count();
    guess = (message - who_.index) / group_.count - 1;
  } else {
    const SimTime first = unjittered(0, base);
    guess = (Wide{time.count()} - first.count()) / group_.heartbeat.count() - 2;
  }
  auto k = static_cast<std::uint32_t>(std::clamp<Wide>(guess, 0, kBeatMax));
  while (k < kBeatMax && at(k, base) < time) ++k;
  return k;
}

}  // namespace esm
