#include "sender/scenario/plan.h"

#include <algorithm>
#include <cassert>
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
  compile_activities();
  compile_steps();
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
    group_activities_[activity.endpoints].push_back(i);
  }
}

void Plan::compile_steps() {
  const auto add = [this](EndpointRef endpoint, SimTime at, bool logon, std::uint32_t user) {
    // Steps come after every activity of the same moment.
    const auto order =
        static_cast<std::uint32_t>(scenario_.activities.size() + step_changes_.size());
    step_changes_.push_back({endpoint_index(endpoint), {at, logon, user, order}});
  };
  for (const Step& step : scenario_.steps) {
    if (const auto* logon = std::get_if<LogonStep>(&step.what)) {
      add(logon->endpoint, step.at, true, user_index(logon->user));
      continue;
    }
    const auto* logoff = std::get_if<LogoffStep>(&step.what);
    if (logoff == nullptr) continue;
    const std::uint32_t user = user_index(logoff->user);
    if (logoff->endpoint) {
      add(*logoff->endpoint, step.at, false, user);
      continue;
    }
    // Everywhere this user may be; where they are not, it changes nothing.
    std::vector<std::uint32_t> places;
    for (const Activity& activity : scenario_.activities) {
      if (activity.kind == Activity::Kind::kLogon && activity.users == logoff->user.group) {
        places.push_back(endpoint_index({activity.endpoints, logoff->user.index}));
      }
    }
    for (const Step& other : scenario_.steps) {
      const auto* there = std::get_if<LogonStep>(&other.what);
      if (there != nullptr && there->user == logoff->user) {
        places.push_back(endpoint_index(there->endpoint));
      }
    }
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    for (const std::uint32_t place : places) add(endpoint_ref(place), step.at, false, user);
  }
  std::stable_sort(
      step_changes_.begin(), step_changes_.end(),
      [](const StepChange& a, const StepChange& b) { return a.endpoint < b.endpoint; });
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
  const EndpointRef ref = endpoint_ref(endpoint);
  std::uint64_t index = ref.index;
  for (const IpNetwork& network : scenario_.endpoints[ref.group].pool) {
    const std::uint64_t usable = network.usable();
    if (index < usable) return network.address(index);
    index -= usable;
  }
  assert(false && "the reader made sure that the pool suffices");
  return {};
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

std::size_t Plan::session_changes_max() const {
  return scenario_.activities.size() + step_changes_.size();
}

void Plan::session_changes(std::uint32_t endpoint, std::vector<SessionChange>& changes) const {
  const std::size_t before = changes.size();
  const EndpointRef ref = endpoint_ref(endpoint);
  for (const std::uint32_t i : group_activities_[ref.group]) {
    const Activity& activity = scenario_.activities[i];
    if (ref.index >= scenario_.users[activity.users].count) continue;
    changes.push_back({arrival(i, ref.index), activity.kind == Activity::Kind::kLogon,
                       user_index({activity.users, ref.index}), i});
  }
  if (!step_changes_.empty()) {
    auto step = std::lower_bound(
        step_changes_.begin(), step_changes_.end(), endpoint,
        [](const StepChange& change, std::uint32_t e) { return change.endpoint < e; });
    for (; step != step_changes_.end() && step->endpoint == endpoint; ++step) {
      changes.push_back(step->change);
    }
  }
  std::sort(changes.begin() + static_cast<std::ptrdiff_t>(before), changes.end(),
            [](const SessionChange& a, const SessionChange& b) {
              return a.at != b.at ? a.at < b.at : a.order < b.order;
            });
}

}  // namespace esm
