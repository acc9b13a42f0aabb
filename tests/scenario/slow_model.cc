#include "tests/scenario/slow_model.h"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "sender/base/hash.h"
#include "sender/base/random.h"
#include "sender/scenario/exponent_tables.h"
#include "sender/scenario/normal_curve_table.h"
#include "sender/scenario/permutation.h"

namespace esm::test {
namespace {

__extension__ using Wide = unsigned __int128;

// What happens at one endpoint.
struct Happening {
  std::int64_t at = 0;
  Activity::Kind kind = Activity::Kind::kLogon;
  std::uint32_t user = kNobody;
  std::uint8_t site = 0;
  bool silent = false;
  std::uint8_t fault = 0;
};

std::int64_t times(std::uint64_t bits, std::int64_t n) {
  return static_cast<std::int64_t>(Wide{bits} * static_cast<std::uint64_t>(n) >> 64);
}

std::uint64_t root(std::uint64_t fraction) {
  std::uint64_t low = 0, high = UINT64_MAX;  // the largest r with r * r <= fraction * 2^64
  while (low < high) {
    const std::uint64_t middle = high - (high - low) / 2;
    if (Wide{middle} * middle <= Wide{fraction} << 64) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

std::uint64_t interpolated(const std::array<std::uint64_t, 257>& table, std::uint64_t p) {
  const std::size_t piece = p / (std::uint64_t{1} << 56);
  const std::uint64_t place = p / (1 << 24) % (std::uint64_t{1} << 32);
  const Wide from = table[piece];
  const Wide to = table[piece + 1];
  return static_cast<std::uint64_t>(from * (1 << 27) + (to - from) * place / 32) * 32;
}

std::int64_t offset_in_table(const CurveTable& table, std::uint64_t p) {
  std::int64_t from = 0;
  Wide share = 0;
  for (const CurvePoint& point : table) {
    const Wide next = Wide{point.parts_per_million} << 64;
    if (Wide{p} * 1'000'000 < next) {
      const Wide part = (Wide{p} * 1'000'000 - share) / ((next - share) >> 64);
      return from + times(static_cast<std::uint64_t>(part), point.offset.count() - from);
    }
    from = point.offset.count();
    share = next;
  }
  return from;
}

// One endpoint, from happening to happening.
class Machine {
 public:
  Machine(const Scenario& scenario, std::uint64_t seed, EndpointRef ref, std::uint32_t endpoint)
      : scenario_(scenario),
        seed_(seed),
        group_(scenario.endpoints[ref.group]),
        ref_(ref),
        endpoint_(endpoint) {}

  std::vector<Event> live(std::vector<Happening> happenings) {
    std::stable_sort(happenings.begin(), happenings.end(),
                     [](const Happening& a, const Happening& b) { return a.at < b.at; });
    const std::int64_t length = scenario_.length.count();
    std::int64_t from = 0;
    for (const Happening& happening : happenings) {
      pass(from, std::min(happening.at, length));
      from = std::min(happening.at, length);
      if (happening.at >= length) continue;
      const std::size_t said = events_.size();
      happen(happening);
      if (events_.size() > said) events_.back().fault = happening.fault;
    }
    pass(from, length);
    for (std::uint32_t n = 0; n < events_.size(); ++n) events_[n].ordinal = n;
    return std::move(events_);
  }

 private:
  bool beats() const {
    if (off_ || asleep_) return false;
    return !sessions_.empty() || group_.idle != IdleBeat::kSilent;
  }
  std::uint32_t user() const {
    if (!sessions_.empty()) return sessions_.back();
    return group_.idle == IdleBeat::kStale ? last_ : kNobody;
  }
  void say(std::int64_t at, EventKind kind) {
    events_.push_back({SimTime{at}, endpoint_, user(), 0, kind, site_});
  }

  void happen(const Happening& what) {
    using Kind = Activity::Kind;
    const bool loud = !what.silent && !group_.rate;
    const bool there = std::find(sessions_.begin(), sessions_.end(), what.user) != sessions_.end();
    if (what.kind == Kind::kLogon || (what.kind == Kind::kUnlock && there && !off_)) {
      if (off_) base_ = what.at;
      off_ = asleep_ = false;
      std::erase(sessions_, what.user);
      sessions_.push_back(what.user);
      const bool logon = what.kind == Kind::kLogon;
      if (logon && group_.clock == HeartbeatClock::kLogon) base_ = what.at;
      if (loud) say(what.at, logon ? EventKind::kLogon : EventKind::kUnlock);
    } else if (what.kind == Kind::kLogoff && there) {
      if (sessions_.size() == 1) last_ = what.user;
      std::erase(sessions_, what.user);
      if (loud && group_.logoff != 0 && !asleep_) {
        say(what.at, EventKind::kLogoff);
        events_.back().user = what.user;
        events_.back().message = static_cast<std::uint8_t>(scenario_.noise.size() + group_.logoff);
      }
    } else if (what.kind == Kind::kSleep && !off_) {
      asleep_ = true;
    } else if (what.kind == Kind::kWake && asleep_) {
      asleep_ = false;
      if (loud && beats()) say(what.at, EventKind::kWake);
    } else if (what.kind == Kind::kBoot && off_) {
      off_ = false;
      base_ = what.at;
      if (loud && beats()) say(what.at, EventKind::kBoot);
    } else if (what.kind == Kind::kShutdown || what.kind == Kind::kCrash) {
      if (!sessions_.empty()) last_ = sessions_.front();  // they leave from the front to the first
      sessions_.clear();
      off_ = true;
      asleep_ = false;
    } else if (what.kind == Kind::kRoam && site_ != what.site) {
      site_ = what.site;
      if (loud && beats()) say(what.at, EventKind::kRoam);
    }
  }

  // The beats of [from, to), and the noise; the beat comes first where they meet.
  void pass(std::int64_t from, std::int64_t to) {
    const auto before = static_cast<std::ptrdiff_t>(events_.size());
    beat(from, to);
    make_noise(from, to);
    std::stable_sort(events_.begin() + before, events_.end(),
                     [](const Event& a, const Event& b) { return a.due < b.due; });
  }

  void make_noise(std::int64_t from, std::int64_t to) {
    if (!beats() || from >= to) return;
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < scenario_.noise.size(); ++i) {
      const Noise& noise = scenario_.noise[i];
      if (noise.endpoints != ref_.group) continue;
      const Identity who{hash64(group_.key) + n++, ref_.index};
      const std::int64_t every = noise.every.count();
      for (std::uint32_t k = 0; k * every < to; ++k) {
        const std::int64_t due = k * every + times(draw(seed_, who, Purpose::kNoise, k), every);
        if (due < from || due >= to) continue;
        say(due, EventKind::kNoise);
        events_.back().message = static_cast<std::uint8_t>(i + 1);
      }
    }
  }

  void beat(std::int64_t from, std::int64_t to) {
    if (!beats() || from >= to) return;
    if (group_.rate) {
      for (std::uint64_t m = ref_.index; group_.messages_max == 0 || m < group_.messages_max;
           m += group_.count) {
        const auto due = static_cast<std::int64_t>(
            Wide{m} * static_cast<std::uint64_t>(group_.rate->per.count()) / group_.rate->messages);
        if (due >= to) return;
        if (due >= from) say(due, EventKind::kHeartbeat);
      }
      return;
    }
    const std::uint64_t hash = hash64(group_.key);
    const std::int64_t period = group_.heartbeat.count();
    const auto r = static_cast<std::int64_t>(Wide{static_cast<std::uint64_t>(period)} *
                                             group_.jitter_ppm / 1'000'000);
    std::int64_t first =
        times(draw(seed_, {hash, ref_.index}, Purpose::kHeartbeatPhase, 0), period);
    if (group_.clock == HeartbeatClock::kLogon || base_ > 0) first = base_ + period;
    for (std::uint32_t k = 0; first + (std::int64_t{k} - 1) * period < to; ++k) {
      const std::int64_t jitter =
          times(draw(seed_, {hash, ref_.index}, Purpose::kHeartbeatJitter, k), 2 * r + 1) - r;
      const std::int64_t due = first + k * period + jitter;
      if (due >= from && due < to) say(due, EventKind::kHeartbeat);
    }
  }

  const Scenario& scenario_;
  std::uint64_t seed_;
  const EndpointGroup& group_;
  EndpointRef ref_;
  std::uint32_t endpoint_;
  std::vector<std::uint32_t> sessions_;  // the one in front last
  std::uint32_t last_ = kNobody;
  bool off_ = false, asleep_ = false;
  std::uint8_t site_ = 0;
  std::int64_t base_ = 0;
  std::vector<Event> events_;
};

// What one activity does at endpoint `index` of its group, begins and ends.
class Doing {
 public:
  Doing(const Scenario& scenario, std::uint64_t seed, std::size_t number)
      : scenario_(scenario),
        seed_(seed),
        activity_(scenario.activities[number]),
        machines_(activity_.users == kNoGroup),
        group_(hash64(machines_ ? scenario.endpoints[activity_.endpoints].key
                                : scenario.users[activity_.users].key)) {
    for (std::size_t i = 0; i < number; ++i) {
      const Activity& other = scenario.activities[i];
      const bool same =
          other.users == activity_.users && (!machines_ || other.endpoints == activity_.endpoints);
      if (same) ++number_;
    }
  }

  void at(std::uint32_t index, std::uint32_t first_user, std::vector<Happening>& begins,
          std::vector<Happening>& ends) const {
    const std::uint32_t seats = scenario_.endpoints[activity_.endpoints].count;
    for (std::uint32_t repetition = 0;; ++repetition) {
      const SimTime window{window_of(repetition)};
      if (repetition > 0 && (activity_.repeat.count() == 0 || window >= scenario_.length)) return;
      if (machines_) {
        one(index, kNobody, repetition, begins, ends);
        continue;
      }
      const std::uint32_t users = scenario_.users[activity_.users].count;
      if (!activity_.shuffled) {
        for (std::uint32_t user = index; user < users; user += seats) {
          one(user, first_user + user, repetition, begins, ends);
        }
        continue;
      }
      const std::uint64_t key =
          draw(seed_, {hash64(scenario_.endpoints[activity_.endpoints].key), 0xFFFFFFFF},
               Purpose::kSeat, a(repetition));
      for (std::uint32_t user = 0; user < users; ++user) {
        const std::uint32_t seat = Permutation(key ^ group_, seats).at(user);
        if (seat == index) one(user, first_user + user, repetition, begins, ends);
      }
    }
  }

 private:
  std::uint32_t a(std::uint32_t repetition) const { return number_ + 65'536 * repetition; }

  // README, "clock-changes": what repeats every few days keeps to its time of day.
  std::int64_t window_of(std::uint32_t repetition) const {
    const auto offset = [&](std::int64_t at) {
      std::int64_t minutes = scenario_.clock.utc_offset(SimTime{-1}).count();
      for (const ClockChange& change : scenario_.clock.changes()) {
        if (change.at.count() <= at) minutes = change.utc_offset.count();
      }
      return minutes * 60'000'000'000;
    };
    const std::int64_t at = activity_.at.count();
    const std::int64_t window = at + activity_.repeat.count() * repetition;
    const bool days = activity_.repeat.count() % 86'400'000'000'000 == 0;
    return days ? window + offset(at) - offset(window) : window;
  }

  void one(std::uint32_t member, std::uint32_t user, std::uint32_t repetition,
           std::vector<Happening>& begins, std::vector<Happening>& ends) const {
    const std::uint32_t n = a(repetition);
    const auto drawn = [&](Purpose of_users, Purpose of_machines, std::uint32_t who) {
      return draw(seed_, {group_, who}, machines_ ? of_machines : of_users, n);
    };
    std::int64_t share = activity_.share_ppm;
    std::int64_t part =
        times(draw(seed_, {group_, member}, machines_ ? Purpose::kMachinePart : Purpose::kPart, 0),
              1'000'000);
    for (const PartShare& one : activity_.shares) {
      share = one.share_ppm;
      if (part < one.parts_per_million) break;
      part -= one.parts_per_million;
    }
    if (times(drawn(Purpose::kShare, Purpose::kMachineShare, member), 1'000'000) >= share) {
      return;
    }
    std::int64_t begin = window_of(repetition);
    if (activity_.curve != Curve::kAtOnce && activity_.within.count() > 0) {
      std::uint64_t p = drawn(Purpose::kArrival, Purpose::kMachineArrival, member);
      if (activity_.curve != Curve::kPoisson) {
        const Wide first = drawn(Purpose::kArrival, Purpose::kMachineArrival, 0xFFFFFFFF);
        p = static_cast<std::uint64_t>(first + Wide{member} * 0x9E3779B97F4A7C15U);
      }
      begin += in_window(p);
    }
    begins.push_back({begin, activity_.kind, user, activity_.site, activity_.silent});
    if (!activity_.lasts) return;
    const std::uint64_t point = drawn(Purpose::kLength, Purpose::kMachineLength, member);
    ends.push_back(
        {begin + activity_.lasts->at(point).count(), activity_.then, user, 0, activity_.silent});
  }

  std::int64_t in_window(std::uint64_t p) const {
    if (activity_.curve == Curve::kTable) return offset_in_table(activity_.curve_table, p);
    if (activity_.curve == Curve::kNormal) p = interpolated(kNormalQuantiles, p);
    if (activity_.curve == Curve::kSine) p = interpolated(kSineQuantiles, p);
    if (activity_.curve == Curve::kRamp) p = root(p);
    if (activity_.curve == Curve::kRampDown) p = UINT64_MAX - root(UINT64_MAX - p);
    return times(p, activity_.within.count());
  }

  const Scenario& scenario_;
  std::uint64_t seed_;
  const Activity& activity_;
  bool machines_;
  std::uint64_t group_;
  std::uint32_t number_ = 0;
};

// README, "ESM".
std::size_t esm_of(const Scenario& scenario, std::uint64_t seed, EndpointRef endpoint) {
  const EndpointGroup& group = scenario.endpoints[endpoint.group];
  for (std::size_t i = 0; i < scenario.esms.size(); ++i) {
    if (scenario.esms[i].name == group.esm) return i;
  }
  const std::uint64_t bits = draw(seed, {hash64(group.key), endpoint.index}, Purpose::kEsmShare, 0);
  if (scenario.esms.front().share_ppm == 0) {
    return static_cast<std::size_t>(times(bits, static_cast<std::int64_t>(scenario.esms.size())));
  }
  std::int64_t part = times(bits, 1'000'000);
  std::size_t esm = 0;
  while (part >= scenario.esms[esm].share_ppm) part -= scenario.esms[esm++].share_ppm;
  return esm;
}

// README, "outages": when a message that is ready then is sent.
std::int64_t sent(const EsmServer& esm, std::int64_t ready) {
  for (const Outage& outage : esm.outages) {
    const std::int64_t waited = ready - outage.at.count();
    const std::int64_t flush = outage.flush.count();
    const std::int64_t whole = outage.lasts.count() + flush;
    if (waited < 0 || waited >= whole) continue;
    return (outage.at + outage.lasts).count() +
           static_cast<std::int64_t>(Wide(waited) * static_cast<std::uint64_t>(flush) /
                                     static_cast<std::uint64_t>(whole));
  }
  return ready;
}

// README, "faults": which fault each message has; a duplicate follows its original.
void damage(const Scenario& scenario, std::uint64_t seed, EndpointRef endpoint,
            std::vector<Event>& events) {
  const Identity who{hash64(scenario.endpoints[endpoint.group].key), endpoint.index};
  std::vector<Event> all;
  for (Event event : events) {
    std::int64_t part = times(draw(seed, who, Purpose::kFault, event.ordinal), 1'000'000);
    for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
      const Fault& fault = scenario.faults[i];
      if (fault.endpoints != endpoint.group || event.fault != 0) continue;
      if (event.kind != EventKind::kNoise && part >= 0 && part < fault.share_ppm) {
        event.fault = static_cast<std::uint8_t>(i + 1);
      }
      part -= fault.share_ppm;
    }
    all.push_back(event);
    if (event.fault == 0) continue;
    if (scenario.faults[event.fault - 1U].kind == FaultKind::kDuplicate) all.push_back(event);
  }
  events = std::move(all);
}

}  // namespace

std::vector<Event> slow_events(const Scenario& scenario, std::uint64_t seed) {
  const auto user_index = [&](UserRef ref) {
    std::uint32_t index = ref.index;
    for (std::uint32_t g = 0; g < ref.group; ++g) index += scenario.users[g].count;
    return index;
  };
  std::vector<Event> all;
  std::uint32_t endpoint = 0;
  for (std::uint32_t g = 0; g < scenario.endpoints.size(); ++g) {
    for (std::uint32_t index = 0; index < scenario.endpoints[g].count; ++index, ++endpoint) {
      const EndpointRef here{g, index};
      // Activities in file order, of each the begins, then the ends; then steps in file order.
      std::vector<Happening> happenings;
      for (std::size_t i = 0; i < scenario.activities.size(); ++i) {
        const Activity& activity = scenario.activities[i];
        if (activity.endpoints != g) continue;
        std::vector<Happening> ends;
        const std::uint32_t first_user =
            activity.users == kNoGroup ? 0 : user_index({activity.users, 0});
        Doing(scenario, seed, i).at(index, first_user, happenings, ends);
        happenings.insert(happenings.end(), ends.begin(), ends.end());
      }
      for (const Step& step : scenario.steps) {
        const std::int64_t at = step.at.count();
        if (const auto* logon = std::get_if<LogonStep>(&step.what)) {
          if (logon->endpoint == here) {
            happenings.push_back(
                {at, Activity::Kind::kLogon, user_index(logon->user), 0, step.silent, step.fault});
          }
        } else if (const auto* logoff = std::get_if<LogoffStep>(&step.what)) {
          if (!logoff->endpoint || *logoff->endpoint == here) {
            happenings.push_back({at, Activity::Kind::kLogoff, user_index(logoff->user), 0,
                                  step.silent, step.fault});
          }
        } else if (const auto* machine = std::get_if<MachineStep>(&step.what)) {
          if (machine->endpoint == here) {
            happenings.push_back({at, machine->kind,
                                  machine->user ? user_index(*machine->user) : kNobody,
                                  machine->site, step.silent, step.fault});
          }
        }
      }
      std::vector<Event> events =
          Machine(scenario, seed, here, endpoint).live(std::move(happenings));
      const EsmServer& esm = scenario.esms[esm_of(scenario, seed, here)];
      damage(scenario, seed, here, events);
      for (Event& event : events) event.due = SimTime{sent(esm, event.due.count())};
      std::erase_if(events, [&](const Event& event) { return event.due >= scenario.length; });
      all.insert(all.end(), events.begin(), events.end());
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Event& a, const Event& b) { return a.due < b.due; });
  return all;
}

}  // namespace esm::test
