#include "sender/scenario/schedule.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sender/scenario/calendar.h"
#include "sender/scenario/endpoint_states.h"
#include "sender/scenario/fault.h"
#include "sender/scenario/heartbeat.h"
#include "sender/scenario/large_array.h"
#include "sender/scenario/noise.h"
#include "sender/scenario/steady_rate.h"

namespace esm {

class Schedule::Fleet {
 public:
  Fleet(const Plan& plan, Shard shard, SimTime since)
      : plan_(plan),
        shard_(shard),
        count_(count_of(plan, shard)),
        length_(plan.scenario().length.count()),
        endpoints_(count_, behind_max(plan, shard), remembers_clocks(plan.scenario())),
        calendar_(count_, rate_of(plan, shard), std::max<std::int64_t>(since.count(), 0)),
        faulty_(!plan.scenario().faults.empty()) {
    for (std::uint32_t g = 0; g < plan.scenario().endpoints.size(); ++g) {
      const EndpointGroup& group = plan.scenario().endpoints[g];
      const std::uint32_t first = plan.endpoint_index({g, 0});
      const std::uint64_t hash = plan.identity(first).group;
      groups_.push_back({first, AgentManner(plan.scenario(), group),
                         Heartbeat(group, hash, plan.seed()),
                         GroupNoise(plan.scenario(), g, hash, plan.seed()),
                         GroupFaults(plan.scenario().faults, g, hash, plan.seed())});
    }
    if (plan.has_outages() && !plan.scenario().noise.empty()) {
      noise_waiting_ = LargeArray<GroupNoise::Moment>(count_);
    }
    changes_.reserve(plan.changes_max());
    if (seat_all(since)) return;
    for (std::uint32_t i = 0; i < count_; ++i) {
      const Pending pending = beginning(i, since);
      if (pending.due < length_) calendar_.file(pending);
    }
  }

  std::size_t next(std::span<Event> out, std::int64_t until) {
    std::size_t filled = 0;
    until = std::min(until, length_);
    if (steady_) return steady_->next(out, until);
    while (is_held_ && filled < out.size()) {
      if (held_.due.count() >= until) return filled;
      out[filled++] = held_;
      is_held_ = std::exchange(comes_again_, false);
    }
    while (filled < out.size() && calendar_.first_due() < until) {
      if (!happen(out[filled])) continue;
      ++filled;
      if (!comes_again_) continue;
      comes_again_ = false;
      if (filled < out.size()) {
        out[filled] = out[filled - 1];
        ++filled;
      } else {
        held_ = out[filled - 1];
        is_held_ = true;
      }
    }
    return filled;
  }

  // What sends nothing happens on the way; the event that is found is held for next().
  SimTime next_due() {
    if (steady_) return steady_->next_due() < length_ ? SimTime{steady_->next_due()} : kNever;
    while (!is_held_ && calendar_.first_due() < length_) is_held_ = happen(held_);
    return is_held_ ? held_.due : kNever;
  }

  std::size_t bytes() const {
    return sizeof(*this) + endpoints_.bytes() + calendar_.bytes() +
           noise_waiting_.size() * sizeof(GroupNoise::Moment) + (steady_ ? steady_->bytes() : 0) +
           changes_.capacity() * sizeof(Change);
  }

 private:
  struct Group {
    std::uint32_t first = 0;  // index of its first endpoint
    AgentManner manner;
    Heartbeat beats;
    GroupNoise noise;
    GroupFaults faults;
  };

  // An endpoint of this shard: `i` of the shard, `e` of the fleet, `index` of its group.
  struct Desk {
    std::uint32_t i, e, index;
    const Group& group;
  };
  Desk desk(std::uint32_t i) const {
    const std::uint32_t e = i * shard_.count + shard_.index;
    const Group& group = group_of(e);
    return {i, e, e - group.first, group};
  }

  static std::uint32_t count_of(const Plan& plan, Shard shard) {
    const std::uint32_t all = plan.endpoint_count();
    return all <= shard.index ? 0 : (all - shard.index - 1) / shard.count + 1;
  }

  // How many may be logged on behind somebody else.
  static std::uint64_t behind_max(const Plan& plan, Shard shard) {
    std::uint64_t most = 0;
    for (std::uint32_t g = 0; g < plan.scenario().endpoints.size(); ++g) {
      const std::uint64_t behind = plan.sessions_max(g) > 1 ? plan.sessions_max(g) - 1 : 0;
      most += behind * (plan.scenario().endpoints[g].count / shard.count + 1);
    }
    return most;
  }

  // Heartbeats and noise in Calendar::kSpan, from the groups' own periods.
  static Calendar::Wide rate_of(const Plan& plan, Shard shard) {
    const auto in_span = [](SimTime period, std::uint64_t count) {
      return Calendar::kSpan / period.count() * static_cast<std::int64_t>(count);
    };
    Calendar::Wide rate = 0;
    for (const EndpointGroup& group : plan.scenario().endpoints) {
      rate += group.rate ? in_span(group.rate->per, group.rate->messages)
                         : in_span(group.heartbeat, group.count);
    }
    for (const Noise& noise : plan.scenario().noise) {
      rate += in_span(noise.every, plan.scenario().endpoints[noise.endpoints].count);
    }
    return rate / shard.count;
  }

  const Group& group_of(std::uint32_t e) const {
    if (groups_.size() == 1) return groups_.front();
    const auto above = std::upper_bound(
        groups_.begin(), groups_.end(), e,
        [](std::uint32_t value, const Group& group) { return value < group.first; });
    return *(above - 1);
  }

  // Whether a steady rate is all there is.
  bool seat_all(SimTime since) {
    if (groups_.size() != 1 || count_ == 0 || faulty_ || plan_.has_outages() ||
        plan_.sessions_max(0) > 1) {
      return false;
    }
    const Group& group = groups_.front();
    if (!group.beats.times() || !group.beats.times()->rise() || !group.noise.empty()) return false;
    const std::uint32_t count = plan_.endpoint_count();
    std::vector<SteadyRate::Seat> seats;
    seats.reserve(count_);
    std::uint64_t first = UINT64_MAX;  // message at or behind `since`
    for (std::uint32_t i = 0; i < count_; ++i) {
      const Pending pending = beginning(i, since);
      const EndpointState& state = pending.state;
      if (state.change_at != kNever.count() || !state.beats(group.manner)) {
        for (std::uint32_t begun = 0; begun <= i; ++begun) {
          EndpointState as_before;
          endpoints_.reset(begun, as_before);
        }
        return false;
      }
      seats.push_back({state.shown_user(group.manner), state.ordinal, state.site});
      first = std::min(first, std::uint64_t{state.beat} * count + desk(i).index);
    }
    steady_.emplace(*group.beats.times(), group.beats.messages_max(), count, shard_,
                    std::move(seats), first);
    return true;
  }

  // Endpoint i in the state just before `first_sent`: beats are counted in closed form, changes are
  // walked.
  Pending beginning(std::uint32_t i, SimTime first_sent) {
    Pending pending;
    pending.endpoint = i;
    EndpointState& state = pending.state;
    const Desk at = desk(i);
    const SimTime since = plan_.ready_before(at.e, first_sent);
    SimTime next = plan_.changes_at(at.e, SimTime{-1}, changes_);
    // Where changes send nothing, those at `since` are over too: all of a load logs on at 0s.
    const SimTime over = at.group.manner.speaks ? std::max(since, SimTime{0})
                                                : std::max(since, SimTime{0}) + SimTime{1};
    SimTime from{0};
    while (next < over) {
      count_beats(at, state, from, std::min(next, since));
      from = next;
      next = plan_.changes_at(at.e, from, changes_);
      for (const Change& change : changes_) {
        if (endpoints_.apply(i, state, at.group.manner, change)) ++state.ordinal;
      }
    }
    state.change_at = next.count();
    if (since > from) count_beats(at, state, from, since);
    const SimTime ready = look_ahead(at, state, std::max(since, SimTime{0}));
    const SimTime noise_since = plan_.ready_before(at.e, std::max(first_sent, SimTime{0}));
    choose(at, pending, ready, first_noise(at, noise_since));
    return pending;
  }

  // Those in [from, until).
  void count_beats(const Desk& at, EndpointState& state, SimTime from, SimTime until) const {
    if (from >= until || !state.beats(at.group.manner)) return;
    const SimTime base = endpoints_.clock_start(at.i);
    state.ordinal += at.group.beats.first_at_or_after(at.index, until, base).k -
                     at.group.beats.first_at_or_after(at.index, from, base).k;
    if (at.group.noise.empty()) return;
    state.ordinal +=
        at.group.noise.count_before(at.index, until) - at.group.noise.count_before(at.index, from);
  }

  // When a beat or a change is ready next at an endpoint where all changes until `time` are over:
  // the first beat at or after `time`, if it beats and no change comes before it.
  SimTime look_ahead(const Desk& at, EndpointState& state, SimTime time) const {
    const SimTime change{state.change_at};
    if (!state.beats(at.group.manner)) return change;
    const Heartbeat::Beat beat =
        at.group.beats.first_at_or_after(at.index, time, endpoints_.clock_start(at.i));
    state.beat = beat.k;
    return std::min(change, beat.due);
  }

  // When that is at an endpoint that waits for it.
  SimTime ready(const Desk& at, const EndpointState& state) const {
    const SimTime change{state.change_at};
    if (state.done > 0 || !state.beats(at.group.manner)) return change;
    return std::min(change, at.group.beats.at(at.index, state.beat, endpoints_.clock_start(at.i)));
  }

  static GroupNoise::Moment first_noise(const Desk& at, SimTime time) {
    if (at.group.noise.empty()) return {};
    return at.group.noise.first_at_or_after(at.index, time);
  }

  // What is due next: a beat or change that is ready at `ready`, or before it `noise`. (Both are
  // due when they leave the ESM.)
  void choose(const Desk& at, Pending& pending, SimTime ready, GroupNoise::Moment noise) {
    pending.due = plan_.leaves_at(at.e, ready).count();
    pending.noise = 0;
    if (at.group.noise.empty()) return;
    if (noise_waiting_.size() > 0) {
      noise_waiting_[at.i] = noise;
    } else if (!pending.state.beats(at.group.manner)) {
      return;  // no noise until that changes
    }
    const std::int64_t noise_due = plan_.leaves_at(at.e, noise.due).count();
    if (noise_due >= pending.due) return;
    pending.due = noise_due;
    pending.noise = static_cast<std::uint8_t>(noise.source + 1);
  }

  // The first of what is due happens, and the endpoint's next moment is filed. True when it sends a
  // message, which is then in `event`.
  bool happen(Event& event) {
    Pending& pending = calendar_.take();
    const Desk at = desk(pending.endpoint);
    const bool sends =
        pending.noise > 0 ? make_noise(at, pending, event) : beat_or_change(at, pending, event);
    if (pending.due < length_) {
      calendar_.put_back();
    } else {
      calendar_.let_go();
    }
    if (sends && faulty_) damage(at, event);
    return sends;
  }

  // Noise stays as it is. What a step asks for comes before what is drawn.
  void damage(const Desk& at, Event& event) {
    if (event.kind == EventKind::kNoise) return;
    if (event.fault == 0 && !at.group.faults.empty()) {
      event.fault = at.group.faults.of(at.index, event.ordinal);
    }
    comes_again_ =
        event.fault > 0 && plan_.scenario().faults[event.fault - 1U].kind == FaultKind::kDuplicate;
  }

  // It is sent while the agent beats.
  bool make_noise(const Desk& at, Pending& pending, Event& event) {
    EndpointState& state = pending.state;
    const auto source = static_cast<std::uint8_t>(pending.noise - 1);
    const GroupNoise::Moment now = noise_waiting_.size() > 0
                                       ? noise_waiting_[at.i]
                                       : GroupNoise::Moment{SimTime{pending.due}, source};
    const SimTime due{pending.due};
    choose(at, pending, ready(at, state), at.group.noise.after(at.index, now));
    if (!state.beats(at.group.manner)) return false;
    event = {due,
             at.e,
             state.shown_user(at.group.manner),
             state.ordinal++,
             EventKind::kNoise,
             state.site,
             at.group.noise.message(source)};
    return true;
  }

  bool beat_or_change(const Desk& at, Pending& pending, Event& event) {
    EndpointState& state = pending.state;
    const SimTime due{pending.due};
    const SimTime now = plan_.ready_before(at.e, due) == due ? due : ready(at, state);
    const GroupNoise::Moment noise =
        noise_waiting_.size() > 0 ? noise_waiting_[at.i] : first_noise(at, now);
    // A change comes before a beat of the same moment.
    if (now.count() != state.change_at) {
      event = {due,
               at.e,
               state.shown_user(at.group.manner),
               state.ordinal++,
               EventKind::kHeartbeat,
               state.site};
      const SimTime next = at.group.beats.after(at.index, state.beat, now);
      ++state.beat;
      choose(at, pending, std::min(SimTime{state.change_at}, next), noise);
      return true;
    }
    const SimTime next = plan_.changes_at(at.e, now, changes_);
    std::optional<EventKind> said;
    while (state.done < changes_.size() && !said) {
      said = endpoints_.apply(at.i, state, at.group.manner, changes_[state.done++]);
    }
    if (said == EventKind::kLogoff) {
      event = {due,
               at.e,
               changes_[state.done - 1U].user,
               state.ordinal++,
               EventKind::kLogoff,
               state.site,
               at.group.manner.logoff_message};
    } else if (said) {
      event = {due, at.e, state.shown_user(at.group.manner), state.ordinal++, *said, state.site};
    }
    if (said) event.fault = changes_[state.done - 1U].fault;
    if (state.done < changes_.size()) return said.has_value();  // the others are due at once
    state.done = 0;
    state.change_at = next.count();
    choose(at, pending, look_ahead(at, state, now), noise);
    return said.has_value();
  }

  const Plan& plan_;
  Shard shard_;
  std::uint32_t count_;  // endpoints of this shard
  std::int64_t length_;
  EndpointChanges endpoints_;
  Calendar calendar_;
  std::vector<Group> groups_;
  // When an endpoint's next noise is ready, where it may have to wait: else it is ready when due.
  LargeArray<GroupNoise::Moment> noise_waiting_;
  std::vector<Change> changes_;       // scratch
  bool faulty_;                       // the scenario has faults
  std::optional<SteadyRate> steady_;  // instead of the calendar
  bool is_held_ = false;              // what next() gives first
  bool comes_again_ = false;          // the last event does, as it is; the held one, if one is held
  Event held_;
};

Schedule::Schedule(const Plan& plan, Shard shard, SimTime since)
    : fleet_(std::make_unique<Fleet>(plan, shard, since)) {}
Schedule::~Schedule() = default;
Schedule::Schedule(Schedule&&) noexcept = default;

std::size_t Schedule::next(std::span<Event> out, SimTime until) {
  return fleet_->next(out, until.count());
}

SimTime Schedule::next_due() const { return fleet_->next_due(); }

std::size_t Schedule::bytes() const { return fleet_->bytes(); }

}  // namespace esm
