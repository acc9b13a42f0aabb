#include "sender/scenario/plan.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "sender/base/hash.h"
#include "sender/scenario/curve.h"
#include "sender/scenario/share.h"

namespace esm {
namespace {

// The group that holds `index`, where `bases`, of which there is at least one, are the groups'
// first indices.
std::uint32_t group_of(const std::vector<std::uint32_t>& bases, std::uint32_t index) {
  if (bases.size() == 1) return 0;  // nearly always
  const auto above = std::upper_bound(bases.begin(), bases.end(), index);
  return static_cast<std::uint32_t>(above - bases.begin()) - 1;
}

std::vector<std::uint64_t> hashes_of(const std::vector<EndpointGroup>& groups) {
  std::vector<std::uint64_t> hashes;
  hashes.reserve(groups.size());
  for (const EndpointGroup& group : groups) hashes.push_back(hash64(group.key));
  return hashes;
}

constexpr std::size_t kStepsOrder = 2;  // an activity's begin and end have an order each

}  // namespace

// What happens at one endpoint at a moment, and when something happens next.
class Plan::Nearest {
 public:
  Nearest(SimTime at, std::vector<Change>& now) : at_(at), now_(now) {}

  void take(const Change& change) {
    if (change.at == at_) {
      now_.push_back(change);
    } else if (change.at > at_) {
      next_ = std::min(next_, change.at);
    }
  }
  SimTime at() const { return at_; }
  SimTime next() const { return next_; }

 private:
  SimTime at_;
  SimTime next_ = kNever;
  std::vector<Change>& now_;
};

Plan::Plan(Scenario scenario, std::uint64_t seed)
    : scenario_(std::move(scenario)),
      seed_(seed),
      endpoint_hashes_(hashes_of(scenario_.endpoints)),
      addresses_(scenario_, endpoint_hashes_, seed) {
  for (const EsmServer& server : scenario_.esms) {
    if (server.outages.empty()) continue;
    outages_from_ = std::min(outages_from_, server.outages.front().at);
    outages_over_ = std::max(outages_over_, server.outages.back().over());
  }
  for (const UserGroup& group : scenario_.users) {
    user_bases_.push_back(user_count_);
    user_count_ += group.count;
  }
  for (const EndpointGroup& group : scenario_.endpoints) {
    endpoint_bases_.push_back(endpoint_count_);
    endpoint_count_ += group.count;
    dual_ = dual_ || !group.second_pool.empty();
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
    for (const AddressBlock& network : scenario_.endpoints[g].pool) {
      if (index >= scenario_.endpoints[g].count) break;
      pool_bases_.push_back(endpoint_bases_[g] + static_cast<std::uint32_t>(index));
      pool_firsts_.push_back(network.address(0));
      index += network.usable();
    }
  }
}

void Plan::compile_activities() {
  group_activities_.resize(scenario_.endpoints.size());
  std::vector<std::uint32_t> users_so_far(scenario_.users.size(), 0);
  std::vector<std::uint32_t> machines_so_far(scenario_.endpoints.size(), 0);
  std::vector<std::vector<std::uint32_t>> sessions(scenario_.endpoints.size());
  for (std::uint32_t i = 0; i < scenario_.activities.size(); ++i) {
    const Activity& activity = scenario_.activities[i];
    const EndpointGroup& endpoints = scenario_.endpoints[activity.endpoints];
    Course course;
    course.machines = activity.users == kNoGroup;
    if (course.machines) {
      course.group_hash = endpoint_hashes_[activity.endpoints];
      course.counter = machines_so_far[activity.endpoints]++;
      course.members = endpoints.count;
    } else {
      course.group_hash = hash64(scenario_.users[activity.users].key);
      course.counter = users_so_far[activity.users]++;
      course.members = scenario_.users[activity.users].count;
    }
    course.repetitions = repetitions(activity);
    // Members have indices below 2^32 - 1, so this index is the group's own.
    course.first_point =
        draw(seed_, {course.group_hash, kNobody},
             course.machines ? Purpose::kMachineArrival : Purpose::kArrival, course.counter);
    course.independent = activity.curve == Curve::kPoisson;
    courses_.push_back(course);
    group_activities_[activity.endpoints].push_back(i);
    if (activity.kind == Activity::Kind::kLogon) {
      sessions[activity.endpoints].push_back((course.members - 1) / endpoints.count + 1);
    }
  }
  for (std::size_t g = 0; g < scenario_.endpoints.size(); ++g) {
    std::size_t at_once = 0;
    for (const std::uint32_t i : group_activities_[g]) {
      const std::uint32_t count = scenario_.endpoints[g].count;
      at_once += std::size_t{2} * ((courses_[i].members - 1) / count + 1);
    }
    changes_max_ = std::max(changes_max_, at_once);
    sessions_max_.push_back(std::accumulate(sessions[g].begin(), sessions[g].end(), 0U));
  }
}

// How often its window begins before the scenario's end; at least once.
std::uint32_t Plan::repetitions(const Activity& activity) const {
  if (activity.repeat.count() == 0 || activity.at >= scenario_.length) return 1;
  auto last =
      static_cast<std::uint32_t>((scenario_.length - SimTime{1} - activity.at) / activity.repeat);
  // Where clocks change, windows are a little earlier or later.
  while (window(activity, last + 1) < scenario_.length) ++last;
  while (last > 0 && window(activity, last) >= scenario_.length) --last;
  return last + 1;
}

void Plan::compile_steps() {
  struct StepChange {
    std::uint32_t endpoint = 0;
    Change change;
  };
  std::vector<StepChange> changes;
  const auto add = [&](std::uint32_t endpoint, const Step& step, Activity::Kind kind,
                       std::uint32_t user, std::uint8_t site) {
    Change change;
    change.at = step.at;
    change.kind = kind;
    change.silent = step.silent;
    change.fault = step.fault;
    change.user = user;
    change.site = site;
    // Steps come after every activity of the same moment, in file order.
    change.order =
        static_cast<std::uint32_t>(kStepsOrder * scenario_.activities.size() + changes.size());
    changes.push_back({endpoint, change});
  };
  // Where a step logs each user on, for the logoffs that name no endpoint.
  std::map<std::uint32_t, std::set<std::uint32_t>> places;
  std::map<std::uint32_t, std::uint32_t> logons;  // by group of endpoints: upper bound of sessions
  for (const Step& step : scenario_.steps) {
    if (const auto* logon = std::get_if<LogonStep>(&step.what)) {
      if (places[user_index(logon->user)].insert(endpoint_index(logon->endpoint)).second) {
        ++logons[logon->endpoint.group];
      }
    }
  }
  for (const auto& [group, count] : logons) sessions_max_[group] += count;
  for (const Step& step : scenario_.steps) {
    if (const auto* logon = std::get_if<LogonStep>(&step.what)) {
      add(endpoint_index(logon->endpoint), step, Activity::Kind::kLogon, user_index(logon->user),
          0);
      continue;
    }
    if (const auto* machine = std::get_if<MachineStep>(&step.what)) {
      add(endpoint_index(machine->endpoint), step, machine->kind,
          machine->user ? user_index(*machine->user) : kNobody, machine->site);
      continue;
    }
    const auto* logoff = std::get_if<LogoffStep>(&step.what);
    if (logoff == nullptr) continue;
    const std::uint32_t user = user_index(logoff->user);
    if (logoff->endpoint) {
      add(endpoint_index(*logoff->endpoint), step, Activity::Kind::kLogoff, user, 0);
      continue;
    }
    // Everywhere this user may be; where they are not, it changes nothing.
    std::set<std::uint32_t> everywhere = places[user];
    for (std::uint32_t i = 0; i < scenario_.activities.size(); ++i) {
      const Activity& activity = scenario_.activities[i];
      if (activity.kind != Activity::Kind::kLogon || activity.users != logoff->user.group) continue;
      const std::uint32_t count = scenario_.endpoints[activity.endpoints].count;
      const std::uint32_t seat = activity.shuffled
                                     ? seats(i, begun(i, step.at)).at(logoff->user.index)
                                     : logoff->user.index % count;
      everywhere.insert(endpoint_index({activity.endpoints, seat}));
    }
    for (const std::uint32_t endpoint : everywhere) {
      add(endpoint, step, Activity::Kind::kLogoff, user, 0);
    }
  }
  // Steps are sorted by time, so an endpoint's are afterwards too.
  std::stable_sort(changes.begin(), changes.end(), [](const StepChange& a, const StepChange& b) {
    return a.endpoint < b.endpoint;
  });
  std::size_t most = 0;
  for (std::size_t i = 0; i < changes.size();) {
    stepped_.push_back(changes[i].endpoint);
    step_begins_.push_back(step_changes_.size());
    for (; i < changes.size() && changes[i].endpoint == stepped_.back(); ++i) {
      step_changes_.push_back(changes[i].change);
    }
    most = std::max(most, step_changes_.size() - step_begins_.back());
  }
  step_begins_.push_back(step_changes_.size());
  changes_max_ += most;
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

IpAddress Plan::home(std::uint32_t endpoint) const {
  assert(endpoint < endpoint_count_);
  const std::uint32_t run = group_of(pool_bases_, endpoint);
  return pool_firsts_[run].plus(endpoint - pool_bases_[run]);
}

bool Plan::says_second(const Event& event) const {
  const EndpointRef ref = endpoint_ref(event.endpoint);
  const EndpointGroup& group = scenario_.endpoints[ref.group];
  if (group.second_pool.empty() || event.site != 0) return false;
  const std::uint64_t bits =
      draw(seed_, {endpoint_hashes_[ref.group], ref.index}, Purpose::kSecondAddress, event.ordinal);
  return scale(bits, 1'000'000) < group.second_ppm;
}

std::uint32_t Plan::esm(std::uint32_t endpoint) const {
  const EndpointRef ref = endpoint_ref(endpoint);
  const std::uint32_t fixed = group_esm_[ref.group];
  if (fixed != kNobody) return fixed;
  const std::uint64_t bits =
      draw(seed_, {endpoint_hashes_[ref.group], ref.index}, Purpose::kEsmShare, 0);
  if (scenario_.esms.front().share_ppm == 0) {
    return static_cast<std::uint32_t>(scale(bits, scenario_.esms.size()));
  }
  return chosen(scenario_.esms, &EsmServer::share_ppm, bits);
}

std::uint32_t Plan::version(std::uint32_t endpoint) const {
  const EndpointRef ref = endpoint_ref(endpoint);
  return chosen_by(ref, scenario_.endpoints[ref.group].versions, Purpose::kVersion);
}

std::uint32_t Plan::os(std::uint32_t endpoint) const {
  const EndpointRef ref = endpoint_ref(endpoint);
  return chosen_by(ref, scenario_.endpoints[ref.group].os, Purpose::kOs);
}

std::uint32_t Plan::chosen_by(EndpointRef ref, const std::vector<TextShare>& shares,
                              Purpose purpose) const {
  if (shares.size() < 2) return 0;
  return chosen(shares, &TextShare::parts_per_million,
                draw(seed_, {endpoint_hashes_[ref.group], ref.index}, purpose, 0));
}

SimTime Plan::arrival(std::size_t activity, std::uint32_t index, std::uint32_t repetition) const {
  const Activity& a = scenario_.activities[activity];
  const SimTime window = this->window(a, repetition);
  if (a.curve == Curve::kAtOnce || a.within.count() == 0) return window;
  const Course& course = courses_[activity];
  const Purpose purpose = course.machines ? Purpose::kMachineArrival : Purpose::kArrival;
  const std::uint32_t counter = course.counter | repetition << 16;
  const auto drawn = [&](std::uint32_t who) {
    return draw(seed_, {course.group_hash, who}, purpose, counter);
  };
  const std::uint64_t point =
      course.independent
          ? drawn(index)
          : spread_point(index, repetition == 0 ? course.first_point : drawn(kNobody));
  return window + curve_offset(a.curve, a.curve_table, point, a.within);
}

Plan::Occurrence Plan::occurrence(std::size_t activity, std::uint32_t index,
                                  std::uint32_t repetition) const {
  const Activity& a = scenario_.activities[activity];
  const Course& course = courses_[activity];
  const std::uint32_t counter = course.counter | repetition << 16;
  Occurrence occurrence;
  std::uint32_t share = a.share_ppm;
  if (!a.shares.empty()) {
    // The same part each time, whatever the activity.
    const std::uint64_t bits = draw(seed_, {course.group_hash, index},
                                    course.machines ? Purpose::kMachinePart : Purpose::kPart, 0);
    share = a.shares[chosen(a.shares, &PartShare::parts_per_million, bits)].share_ppm;
  }
  if (share < kWholePpm) {
    const std::uint64_t bits =
        draw(seed_, {course.group_hash, index},
             course.machines ? Purpose::kMachineShare : Purpose::kShare, counter);
    occurrence.takes_part = scale(bits, kWholePpm) < share;
    if (!occurrence.takes_part) return occurrence;
  }
  occurrence.begin = arrival(activity, index, repetition);
  if (a.lasts) {
    const std::uint64_t bits =
        a.lasts->kind == Length::Kind::kConstant
            ? 0
            : draw(seed_, {course.group_hash, index},
                   course.machines ? Purpose::kMachineLength : Purpose::kLength, counter);
    occurrence.end = occurrence.begin + a.lasts->at(bits);
  }
  return occurrence;
}

std::uint32_t Plan::begun(std::uint32_t activity, SimTime at) const {
  const Activity& a = scenario_.activities[activity];
  if (a.repeat.count() == 0 || at <= a.at) return 0;
  const std::uint32_t last = courses_[activity].repetitions - 1;
  auto begun = static_cast<std::uint32_t>(std::min<std::int64_t>((at - a.at) / a.repeat, last));
  // Where clocks change, windows are a little earlier or later.
  while (begun < last && window(a, begun + 1) <= at) ++begun;
  while (begun > 0 && window(a, begun) > at) --begun;
  return begun;
}

Permutation Plan::seats(std::uint32_t activity, std::uint32_t repetition) const {
  const Course& course = courses_[activity];
  const std::uint32_t group = scenario_.activities[activity].endpoints;
  const std::uint64_t key = draw(seed_, {endpoint_hashes_[group], kNobody}, Purpose::kSeat,
                                 course.counter | repetition << 16);
  return {key ^ course.group_hash, scenario_.endpoints[group].count};
}

void Plan::visit(std::uint32_t activity, EndpointRef endpoint, Nearest& nearest) const {
  const Activity& a = scenario_.activities[activity];
  const Course& course = courses_[activity];
  const auto take = [&](std::uint32_t member, std::uint32_t repetition) {
    const Occurrence occurrence = this->occurrence(activity, member, repetition);
    if (!occurrence.takes_part) return;
    Change change;
    change.at = occurrence.begin;
    change.kind = a.kind;
    change.silent = a.silent;
    change.site = a.site;
    change.order = activity * 2;
    if (!course.machines) change.user = user_bases_[a.users] + member;
    nearest.take(change);
    if (!a.lasts) return;
    change.at = occurrence.end;
    change.kind = a.then;
    change.site = 0;
    ++change.order;
    nearest.take(change);
  };
  // Repetitions after the one that has begun matter until something is found.
  for (std::uint32_t repetition = begun(activity, nearest.at()); repetition < course.repetitions;
       ++repetition) {
    if (window(a, repetition) > nearest.next()) return;
    if (course.machines) {
      take(endpoint.index, repetition);
    } else if (a.shuffled) {
      const std::uint32_t member = seats(activity, repetition).index_of(endpoint.index);
      if (member < course.members) take(member, repetition);
    } else {
      const std::uint32_t count = scenario_.endpoints[endpoint.group].count;
      for (std::uint64_t member = endpoint.index; member < course.members; member += count) {
        take(static_cast<std::uint32_t>(member), repetition);
      }
    }
  }
}

SimTime Plan::changes_at(std::uint32_t endpoint, SimTime at, std::vector<Change>& changes) const {
  changes.clear();
  Nearest nearest(at, changes);
  const EndpointRef ref = endpoint_ref(endpoint);
  for (const std::uint32_t activity : group_activities_[ref.group]) visit(activity, ref, nearest);
  const auto stepped = std::lower_bound(stepped_.begin(), stepped_.end(), endpoint);
  if (stepped != stepped_.end() && *stepped == endpoint) {
    const auto i = static_cast<std::size_t>(stepped - stepped_.begin());
    const auto begin = step_changes_.begin();
    const auto end = begin + static_cast<std::ptrdiff_t>(step_begins_[i + 1]);
    auto step =
        std::lower_bound(begin + static_cast<std::ptrdiff_t>(step_begins_[i]), end, at,
                         [](const Change& change, SimTime time) { return change.at < time; });
    for (; step != end; ++step) {
      nearest.take(*step);
      if (step->at > at) break;
    }
  }
  std::sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) {
    return a.order != b.order ? a.order < b.order : a.user < b.user;
  });
  return nearest.next();
}

std::uint8_t Plan::site_at(std::uint32_t endpoint, SimTime at) const {
  std::uint8_t site = 0;
  if (scenario_.endpoints[endpoint_ref(endpoint).group].away.empty()) return site;
  std::vector<Change> changes;
  for (SimTime time = changes_at(endpoint, SimTime{-1}, changes); time <= at && time != kNever;) {
    const SimTime next = changes_at(endpoint, time, changes);
    for (const Change& change : changes) {
      if (change.kind == Activity::Kind::kRoam) site = change.site;
    }
    time = next;
  }
  return site;
}

}  // namespace esm
