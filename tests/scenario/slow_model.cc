#include "tests/scenario/slow_model.h"

#include <algorithm>
#include <optional>

#include "sender/base/hash.h"
#include "sender/base/random.h"
#include "sender/scenario/normal_curve_table.h"

namespace esm::test {
namespace {

__extension__ using Wide = unsigned __int128;

struct Change {
  std::int64_t at;
  bool logon;
  std::uint32_t user;
};

std::int64_t times(std::uint64_t bits, std::int64_t n) {
  return static_cast<std::int64_t>(Wide{bits} * static_cast<std::uint64_t>(n) >> 64);
}

// README, "p, uniform and normal".
std::uint64_t spread(std::uint32_t index, std::uint32_t key, std::uint32_t low) {
  std::uint32_t hash = index + key;
  for (const std::uint32_t factor : {0x6C50B47CU, 0xB82F1E52U, 0xC7AFE638U, 0x8D22F6E6U}) {
    hash ^= hash * factor;
  }
  std::uint32_t reversed = 0;
  for (int bit = 0; bit < 32; ++bit) {
    if ((hash >> bit & 1) != 0) reversed |= std::uint32_t{1} << (31 - bit);
  }
  return std::uint64_t{reversed} * 0x1'0000'0000U + low;
}

std::uint32_t front(const std::vector<Change>& changes, std::int64_t time) {
  std::vector<std::uint32_t> sessions;
  for (const Change& change : changes) {
    if (change.at > time) break;
    std::erase(sessions, change.user);
    if (change.logon) sessions.push_back(change.user);
  }
  return sessions.empty() ? kNobody : sessions.back();
}

}  // namespace

SimTime slow_arrival(const Scenario& scenario, std::uint64_t seed, std::size_t number,
                     std::uint32_t index) {
  const Activity& activity = scenario.activities[number];
  if (activity.curve == Curve::kAtOnce || activity.within.count() == 0) return activity.at;
  const std::uint64_t group = hash64(scenario.users[activity.users].key);
  std::uint32_t a = 0;
  for (std::size_t i = 0; i < number; ++i) {
    if (scenario.activities[i].users == activity.users) ++a;
  }
  const std::uint64_t bits = draw(seed, {group, index}, Purpose::kArrival, a);
  std::uint64_t p = bits;
  if (activity.curve != Curve::kPoisson) {
    const std::uint64_t key = draw(seed, {group, 0xFFFFFFFF}, Purpose::kArrival, a);
    p = spread(index, static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(bits));
  }
  if (activity.curve == Curve::kNormal) {
    const std::size_t piece = p / (std::uint64_t{1} << 56);
    const std::uint64_t place = p / (1 << 24) % (std::uint64_t{1} << 32);
    const Wide from = kNormalQuantiles[piece];
    const Wide to = kNormalQuantiles[piece + 1];
    p = static_cast<std::uint64_t>(from * (1 << 27) + (to - from) * place / 32) * 32;
  }
  return activity.at + SimTime{times(p, activity.within.count())};
}

std::vector<Event> slow_events(const Scenario& scenario, std::uint64_t seed) {
  const auto user_index = [&](UserRef ref) {
    std::uint32_t index = ref.index;
    for (std::uint32_t g = 0; g < ref.group; ++g) index += scenario.users[g].count;
    return index;
  };
  const std::int64_t length = scenario.length.count();
  std::vector<Event> all;
  std::uint32_t endpoint = 0;
  for (std::uint32_t g = 0; g < scenario.endpoints.size(); ++g) {
    const EndpointGroup& group = scenario.endpoints[g];
    const std::uint64_t hash = hash64(group.key);
    for (std::uint32_t index = 0; index < group.count; ++index, ++endpoint) {
      // Session changes: activities in file order, then steps in file order, by time.
      std::vector<Change> changes;
      for (std::size_t i = 0; i < scenario.activities.size(); ++i) {
        const Activity& activity = scenario.activities[i];
        if (activity.endpoints != g || index >= scenario.users[activity.users].count) continue;
        changes.push_back({slow_arrival(scenario, seed, i, index).count(),
                           activity.kind == Activity::Kind::kLogon,
                           user_index({activity.users, index})});
      }
      for (const Step& step : scenario.steps) {
        if (const auto* logon = std::get_if<LogonStep>(&step.what)) {
          if (logon->endpoint == EndpointRef{g, index}) {
            changes.push_back({step.at.count(), true, user_index(logon->user)});
          }
        } else if (const auto* logoff = std::get_if<LogoffStep>(&step.what)) {
          if (!logoff->endpoint || *logoff->endpoint == EndpointRef{g, index}) {
            changes.push_back({step.at.count(), false, user_index(logoff->user)});
          }
        }
      }
      std::stable_sort(changes.begin(), changes.end(),
                       [](const Change& a, const Change& b) { return a.at < b.at; });

      std::vector<Event> events;
      if (!group.rate) {
        for (const Change& change : changes) {
          if (change.logon && change.at < length) {
            events.push_back({SimTime{change.at}, endpoint, change.user, 0, EventKind::kLogon});
          }
        }
      }
      const auto beat_at = [&](std::int64_t due) {
        const std::uint32_t user = due < 0 ? kNobody : front(changes, due);
        if (user == kNobody || due >= length) return;
        events.push_back({SimTime{due}, endpoint, user, 0, EventKind::kHeartbeat});
      };
      const std::int64_t period = group.heartbeat.count();
      const std::int64_t r = static_cast<std::int64_t>(Wide{static_cast<std::uint64_t>(period)} *
                                                       group.jitter_ppm / 1'000'000);
      const auto jitter = [&](std::uint32_t k) {
        return times(draw(seed, {hash, index}, Purpose::kHeartbeatJitter, k), 2 * r + 1) - r;
      };
      if (group.rate) {
        for (std::uint64_t m = index; group.messages_max == 0 || m < group.messages_max;
             m += group.count) {
          const Wide due =
              Wide{m} * static_cast<std::uint64_t>(group.rate->per.count()) / group.rate->messages;
          if (due >= static_cast<std::uint64_t>(length)) break;
          beat_at(static_cast<std::int64_t>(due));
        }
      } else if (group.clock == HeartbeatClock::kBoot) {
        const std::int64_t phase =
            times(draw(seed, {hash, index}, Purpose::kHeartbeatPhase, 0), period);
        for (std::uint32_t k = 0; phase + (std::int64_t{k} - 1) * period < length; ++k) {
          beat_at(phase + k * period + jitter(k));
        }
      } else {
        // Every logon starts the clock anew.
        for (std::size_t c = 0; c < changes.size(); ++c) {
          if (!changes[c].logon) continue;
          std::int64_t end = length;
          for (std::size_t later = c + 1; later < changes.size(); ++later) {
            if (changes[later].logon) end = std::min(end, changes[later].at);
          }
          for (std::uint32_t k = 0;; ++k) {
            const std::int64_t due = changes[c].at + (std::int64_t{k} + 1) * period + jitter(k);
            if (due >= end) break;
            beat_at(due);
          }
        }
      }
      std::stable_sort(events.begin(), events.end(),
                       [](const Event& a, const Event& b) { return a.due < b.due; });
      for (std::uint32_t n = 0; n < events.size(); ++n) events[n].ordinal = n;
      all.insert(all.end(), events.begin(), events.end());
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Event& a, const Event& b) { return a.due < b.due; });
  return all;
}

}  // namespace esm::test
