#include "sender/scenario/plan.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "sender/base/hash.h"
#include "sender/scenario/curve.h"

namespace esm {
namespace {

// The group that holds `index`, where `bases` are the groups' first indices.
std::uint32_t group_of(const std::vector<std::uint32_t>& bases, std::uint32_t index) {
  const auto above = std::upper_bound(bases.begin(), bases.end(), index);
  return static_cast<std::uint32_t>(above - bases.begin()) - 1;
}

// Puts the changes of one endpoint in order and fills in who is in front after each.
void settle_sessions(std::span<SessionChange> changes) {
  std::sort(changes.begin(), changes.end(), [](const SessionChange& a, const SessionChange& b) {
    return a.at != b.at ? a.at < b.at : a.order < b.order;
  });
  // The sessions form a stack, threaded through the changes that opened them.
  std::uint32_t top = kNobody;
  SimTime logon_at{0};
  for (std::uint32_t i = 0; i < changes.size(); ++i) {
    SessionChange& change = changes[i];
    std::uint32_t* link = &top;
    while (*link != kNobody && changes[*link].user != change.user) link = &changes[*link].below;
    if (*link != kNobody) *link = changes[*link].below;
    if (change.logon) {
      logon_at = change.at;
      change.below = std::exchange(top, i);
    }
    change.front = top == kNobody ? kNobody : changes[top].user;
    change.logon_at = logon_at;
  }
}

}  // namespace

Plan::Plan(Scenario scenario, std::uint64_t seed) : scenario_(std::move(scenario)), seed_(seed) {
  for (const UserGroup& group : scenario_.users) {
    user_bases_.push_back(user_count_);
    user_count_ += group.count;
  }
  for (const EndpointGroup& group : scenario_.endpoints) {
    endpoint_bases_.push_back(endpoint_count_);
    endpoint_hashes_.push_back(hash64(group.key));
    endpoint_count_ += group.count;
    std::uint32_t esm = kNobody;
    for (std::uint32_t i = 0; i < scenario_.esms.size(); ++i) {
      if (!group.esm.empty() && scenario_.esms[i].name == group.esm) esm = i;
    }
    group_esm_.push_back(scenario_.esms.size() == 1 ? 0 : esm);
  }
  compile_pools();
  compile_activities();
  compile_steps();
}

// The reader made sure that the pools suffice.
void Plan::compile_pools() {
  for (std::uint32_t g = 0; g < scenario_.endpoints.size(); ++g) {
    std::uint64_t index = 0;
    for (const IpNetwork& network : scenario_.endpoints[g].pool) {
      if (index >= scenario_.endpoints[g].count) break;
      pool_bases_.push_back(endpoint_bases_[g] + static_cast<std::uint32_t>(index));
      pool_firsts_.push_back(network.address(0));
      index += network.usable();
    }
  }
}

void Plan::compile_activities() {
  group_activities_.resize(scenario_.endpoints.size());
  std::vector<std::uint32_t> so_far(scenario_.users.size(), 0);
  for (std::uint32_t i = 0; i < scenario_.activities.size(); ++i) {
    const Activity& activity = scenario_.activities[i];
    Arrivals arrivals;
    arrivals.group_hash = hash64(scenario_.users[activity.users].key);
    arrivals.counter = so_far[activity.users]++;
    // Members have indices below 2^32 - 1, so this index is the group's own.
    arrivals.scramble = static_cast<std::uint32_t>(
        draw(seed_, {arrivals.group_hash, kNobody}, Purpose::kArrival, arrivals.counter));
    arrivals.independent = activity.curve == Curve::kPoisson;
    arrivals_.push_back(arrivals);
    GroupActivities& group = group_activities_[activity.endpoints];
    group.one_by_one =
        group.one_by_one && (group.by_time.empty() ||
                             scenario_.activities[group.by_time.front()].users == activity.users);
    group.by_time.push_back(i);
  }
  for (GroupActivities& group : group_activities_) {
    std::stable_sort(group.by_time.begin(), group.by_time.end(),
                     [this](std::uint32_t a, std::uint32_t b) {
                       return scenario_.activities[a].at < scenario_.activities[b].at;
                     });
    session_changes_max_ = std::max(session_changes_max_, group.by_time.size());
  }
}

void Plan::compile_steps() {
  struct StepChange {
    std::uint32_t endpoint = 0;
    SessionChange change;
  };
  std::vector<StepChange> changes;
  const auto add = [&](std::uint32_t endpoint, SimTime at, bool logon, std::uint32_t user) {
    SessionChange change;
    change.at = at;
    change.logon = logon;
    change.user = user;
    // Steps come after every activity of the same moment, in file order.
    change.order = static_cast<std::uint32_t>(scenario_.activities.size() + changes.size());
    changes.push_back({endpoint, change});
  };
  // Where a step logs each user on, for the logoffs that name no endpoint.
  std::map<std::uint32_t, std::set<std::uint32_t>> places;
  for (const Step& step : scenario_.steps) {
    if (const auto* logon = std::get_if<LogonStep>(&step.what)) {
      places[user_index(logon->user)].insert(endpoint_index(logon->endpoint));
    }
  }
  for (const Step& step : scenario_.steps) {
    if (const auto* logon = std::get_if<LogonStep>(&step.what)) {
      add(endpoint_index(logon->endpoint), step.at, true, user_index(logon->user));
      continue;
    }
    const auto* logoff = std::get_if<LogoffStep>(&step.what);
    if (logoff == nullptr) continue;
    const std::uint32_t user = user_index(logoff->user);
    if (logoff->endpoint) {
      add(endpoint_index(*logoff->endpoint), step.at, false, user);
      continue;
    }
    // Everywhere this user may be; where they are not, it changes nothing.
    std::set<std::uint32_t> everywhere = places[user];
    for (const Activity& activity : scenario_.activities) {
      if (activity.kind == Activity::Kind::kLogon && activity.users == logoff->user.group) {
        everywhere.insert(endpoint_index({activity.endpoints, logoff->user.index}));
      }
    }
    for (const std::uint32_t endpoint : everywhere) add(endpoint, step.at, false, user);
  }
  std::stable_sort(changes.begin(), changes.end(), [](const StepChange& a, const StepChange& b) {
    return a.endpoint < b.endpoint;
  });

  for (std::size_t i = 0; i < changes.size();) {
    const std::uint32_t endpoint = changes[i].endpoint;
    const std::size_t begin = stepped_changes_.size();
    stepped_.push_back(endpoint);
    stepped_begins_.push_back(begin);
    activity_changes(endpoint, stepped_changes_);
    for (; i < changes.size() && changes[i].endpoint == endpoint; ++i) {
      stepped_changes_.push_back(changes[i].change);
    }
    settle_sessions(std::span(stepped_changes_).subspan(begin));
    session_changes_max_ = std::max(session_changes_max_, stepped_changes_.size() - begin);
  }
  stepped_begins_.push_back(stepped_changes_.size());
}

EndpointRef Plan::endpoint_ref(std::uint32_t endpoint) const {
  assert(endpoint < endpoint_count_);
  const std::uint32_t group = group_of(endpoint_bases_, endpoint);
  return {group, endpoint - endpoint_bases_[group]};
}

UserRef Plan::user_ref(std::uint32_t user) const {
  assert(user < user_count_);
  const std::uint32_t group = group_of(user_bases_, user);
  return {group, user - user_bases_[group]};
}

std::uint32_t Plan::endpoint_index(EndpointRef ref) const {
  return endpoint_bases_[ref.group] + ref.index;
}

std::uint32_t Plan::user_index(UserRef ref) const { return user_bases_[ref.group] + ref.index; }

Identity Plan::identity(std::uint32_t endpoint) const {
  const EndpointRef ref = endpoint_ref(endpoint);
  return {endpoint_hashes_[ref.group], ref.index};
}

IpAddress Plan::address(std::uint32_t endpoint) const {
  assert(endpoint < endpoint_count_);
  const std::uint32_t run = group_of(pool_bases_, endpoint);
  return pool_firsts_[run].plus(endpoint - pool_bases_[run]);
}

std::uint32_t Plan::esm(std::uint32_t endpoint) const {
  const EndpointRef ref = endpoint_ref(endpoint);
  const std::uint32_t fixed = group_esm_[ref.group];
  if (fixed != kNobody) return fixed;
  const std::uint64_t bits =
      draw(seed_, {endpoint_hashes_[ref.group], ref.index}, Purpose::kEsmShare, 0);
  return static_cast<std::uint32_t>(scale(bits, scenario_.esms.size()));
}

SimTime Plan::arrival(std::size_t activity, std::uint32_t index) const {
  const Activity& a = scenario_.activities[activity];
  if (a.curve == Curve::kAtOnce || a.within.count() == 0) return a.at;
  const Arrivals& arrivals = arrivals_[activity];
  const std::uint64_t bits =
      draw(seed_, {arrivals.group_hash, index}, Purpose::kArrival, arrivals.counter);
  const std::uint64_t point = arrivals.independent ? bits
                                                   : spread_point(index, arrivals.scramble,
                                                                  static_cast<std::uint32_t>(bits));
  return a.at + curve_offset(a.curve, point, a.within);
}

void Plan::activity_changes(std::uint32_t endpoint, std::vector<SessionChange>& changes) const {
  const EndpointRef ref = endpoint_ref(endpoint);
  for (const std::uint32_t i : group_activities_[ref.group].by_time) {
    const Activity& activity = scenario_.activities[i];
    if (ref.index >= scenario_.users[activity.users].count) continue;
    SessionChange change;
    change.at = arrival(i, ref.index);
    change.logon = activity.kind == Activity::Kind::kLogon;
    change.user = user_index({activity.users, ref.index});
    change.order = i;
    changes.push_back(change);
  }
}

void Plan::session_changes(std::uint32_t endpoint, std::vector<SessionChange>& changes,
                           std::size_t first, std::size_t count) const {
  if (!stepped_.empty()) {
    const auto stepped = std::lower_bound(stepped_.begin(), stepped_.end(), endpoint);
    if (stepped != stepped_.end() && *stepped == endpoint) {
      const auto i = static_cast<std::size_t>(stepped - stepped_.begin());
      const auto all =
          std::span(stepped_changes_)
              .subspan(stepped_begins_[i], stepped_begins_[i + 1] - stepped_begins_[i]);
      const auto part = all.subspan(std::min(first, all.size()));
      changes.insert(changes.end(), part.begin(),
                     part.begin() + static_cast<std::ptrdiff_t>(std::min(count, part.size())));
      return;
    }
  }
  const EndpointRef ref = endpoint_ref(endpoint);
  const GroupActivities& group = group_activities_[ref.group];
  if (group.one_by_one) {
    for (std::size_t n = first; n < group.by_time.size() && n - first < count; ++n) {
      const std::uint32_t i = group.by_time[n];
      const Activity& activity = scenario_.activities[i];
      if (ref.index >= scenario_.users[activity.users].count) return;
      SessionChange change;
      change.at = change.logon_at = arrival(i, ref.index);
      change.logon = activity.kind == Activity::Kind::kLogon;
      change.user = user_index({activity.users, ref.index});
      change.order = i;
      if (change.logon) change.front = change.user;
      changes.push_back(change);
    }
    return;
  }
  const std::size_t before = changes.size();
  activity_changes(endpoint, changes);
  settle_sessions(std::span(changes).subspan(before));
  const auto begin = changes.begin() + static_cast<std::ptrdiff_t>(before);
  const std::size_t all = changes.size() - before;
  if (count < all - std::min(first, all)) {
    changes.resize(before + first + count);
  }
  changes.erase(begin, begin + static_cast<std::ptrdiff_t>(std::min(first, all)));
}

}  // namespace esm
