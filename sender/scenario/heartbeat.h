// When an endpoint's agent beats, in closed form: any beat can be computed without those before it.
#pragma once

#include <cstdint>
#include <optional>

#include "sender/base/random.h"
#include "sender/base/time.h"
#include "sender/scenario/message_times.h"
#include "sender/scenario/scenario.h"

namespace esm {

// Beats and messages of one endpoint are counted in 32 bits; check_scenario_rules refuses scenarios
// that need more.
inline constexpr std::uint32_t kBeatsMax = 0xFFFFFFFE;

// The beats of a group's endpoints. `index` is the endpoint's within the group, `k` the beat's
// number from 0. `base` is the moment the clock counts from: the endpoint's latest logon, or the
// boot of a machine that was off; 0 for a machine that has been running since before the start.
class Heartbeat {
 public:
  Heartbeat(const EndpointGroup& group, std::uint64_t group_hash, std::uint64_t seed);

  // Due time of beat k; negative where jitter moves the first one before the start, kNever where
  // there is none (a limit on the number of messages).
  SimTime at(std::uint32_t index, std::uint32_t k, SimTime base) const;
  // Due time of beat k + 1, where beat k is due at `due`: cheaper than at(), and needs no base.
  SimTime after(std::uint32_t index, std::uint32_t k, SimTime due) const {
    if (times_) return message_time(index, k + 1);
    std::int64_t next = due.count() + period_;
    if (reach_ > 0) {
      const auto [now, then] = draw_two(jitter_key_, {group_hash_, index}, k);
      next += jitter_of(then) - jitter_of(now);
    }
    return SimTime{next};
  }
  // The first beat that is due at `time` or later (time >= 0), and when that is.
  struct Beat {
    std::uint32_t k = 0;
    SimTime due{};
  };
  Beat first_at_or_after(std::uint32_t index, SimTime time, SimTime base) const;

  // Of a group with a rate.
  const std::optional<MessageTimes>& times() const { return times_; }
  std::uint64_t messages_max() const { return messages_max_; }  // 0: no limit

 private:
  // From -reach_ to reach_. That is below half a period, so beats keep their order.
  std::int64_t jitter(std::uint32_t index, std::uint32_t k) const {
    return jitter_of(draw(jitter_key_, {group_hash_, index}, k));
  }
  std::int64_t jitter_of(std::uint64_t bits) const {
    return static_cast<std::int64_t>(scale(bits, 2 * static_cast<std::uint64_t>(reach_) + 1)) -
           reach_;
  }
  // Beat 0 without its jitter.
  SimTime first_unjittered(std::uint32_t index, SimTime base) const;
  SimTime unjittered(std::uint32_t index, std::uint32_t k, SimTime base) const;
  SimTime message_time(std::uint32_t index, std::uint32_t k) const {
    // Below 2^64, because indices are below count_ and counts at most 2^32.
    const std::uint64_t message = std::uint64_t{k} * count_ + index;
    if (messages_max_ > 0 && message >= messages_max_) return kNever;
    return times_->at(message);
  }

  std::uint64_t group_hash_;
  DrawKey phase_key_;
  DrawKey jitter_key_;
  std::int64_t period_;
  std::int64_t reach_;
  HeartbeatClock clock_;
  // With a rate: when message m of the group is due, which comes from endpoint m modulo count_.
  std::optional<MessageTimes> times_;
  std::uint64_t count_;
  std::uint64_t messages_max_ = 0;  // 0: no limit
};

}  // namespace esm
