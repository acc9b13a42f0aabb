#include "sender/scenario/scenario_rules.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/scenario/conflicts.h"

namespace esm {
namespace {

// An endpoint and its noise have a number each in the schedule, and 32 bits hold it.
constexpr std::uint64_t kFleetMax = 0x7FFFFFFE;
constexpr std::uint32_t kRepetitionsMax = 65'000;  // repetition and activity make one counter
constexpr std::uint32_t kUsersAtOneMax = 10'000;  // so that what happens at a moment can be counted

// Whether no name of the one can be one of the other, as their fixed parts tell.
bool are_apart(const NamePattern& a, const NamePattern& b) {
  return !a.prefix.starts_with(b.prefix) && !b.prefix.starts_with(a.prefix);
}

// A name that two patterns both make, if there is one: the smaller group's are tried in the other.
std::optional<std::string> common_host(const EndpointGroup& a, const EndpointGroup& b) {
  if (are_apart(a.host, b.host)) return std::nullopt;
  if (a.count > b.count) return common_host(b, a);
  for (std::uint32_t i = 0; i < a.count; ++i) {
    std::string name = a.host.name(i);
    if (b.host.index_of(name, b.count)) return name;
  }
  return std::nullopt;
}

// Whether a group's names are those of its pattern, all of one domain.
bool is_plain(const UserGroup& group) {
  return !group.people && !group.awkward.any() && group.domains.size() < 2;
}

// What two groups need to have in common to share a user; none: that is not known.
std::optional<std::string> beginning_of(const UserGroup& group) {
  if (!is_plain(group)) return std::nullopt;
  std::string out(group.domain_of(0));
  out += '\0';
  return out + group.name.prefix;
}

// The same of users, who are told apart by their domains too.
std::optional<std::string> common_user(const UserGroup& a, const UserGroup& b) {
  const bool plain = !a.people && !b.people && !a.awkward.any() && !b.awkward.any();
  if (plain && are_apart(a.name, b.name)) return std::nullopt;
  if (a.count > b.count) return common_user(b, a);
  for (std::uint32_t i = 0; i < a.count; ++i) {
    std::string name = a.name_of(i);
    for (const std::uint32_t other : b.find(name)) {
      if (b.name_of(other) == name && b.domain_of(other) == a.domain_of(i)) return name;
    }
  }
  return std::nullopt;
}

void check_users(const Scenario& scenario, Diagnostics& diagnostics) {
  std::uint64_t all = 0;
  std::vector<std::optional<std::string>> beginnings;
  for (std::size_t i = 0; i < scenario.users.size(); ++i) {
    all += scenario.users[i].count;
    beginnings.push_back(beginning_of(scenario.users[i]));
  }
  for (const auto& [later, earlier] : shared_beginnings(beginnings)) {
    const UserGroup& group = scenario.users[later];
    const UserGroup& other = scenario.users[earlier];
    if (const auto name = common_user(group, other)) {
      diagnostics.error(
          group.place,
          fmt::format("the user '{}' is in '{}' and in '{}'", *name, other.key, group.key),
          "users are told apart by domain and name");
    }
  }
  if (all > kFleetMax) {
    diagnostics.error(scenario.users.front().place, fmt::format("{} users are too many", all));
  }
}

void check_outages(const Scenario& scenario, Diagnostics& diagnostics) {
  for (const EsmServer& server : scenario.esms) {
    const Outage* before = nullptr;
    for (const Outage& outage : server.outages) {
      if (before != nullptr && outage.at < before->over()) {
        diagnostics.error(outage.place,
                          fmt::format("this outage begins before what has waited in that of line "
                                      "{} is sent, at {}",
                                      before->place.line, format_duration(before->over())),
                          "a later 'at', or a shorter 'flush'");
      }
      if (outage.over() > scenario.length) {
        diagnostics.error(
            outage.place,
            fmt::format("what waits in this outage is sent until {}, after the "
                        "scenario, which lasts {}",
                        format_duration(outage.over()), format_duration(scenario.length)),
            "a longer 'length', or an earlier 'at' and a shorter 'for' and 'flush'");
      }
      before = &outage;
    }
  }
}

// A pool of one of a group's sites.
struct Pool {
  const EndpointGroup* group;
  const std::vector<AddressBlock>* networks;
  SimTime lease;
  std::string whose;  // for messages: "of 'office'", "of 'office' at 'vpn'"
};

std::vector<Pool> pools_of(const EndpointGroup& group) {
  std::vector<Pool> pools{{&group, &group.pool, group.lease, fmt::format("of '{}'", group.key)}};
  for (const Site& site : group.away) {
    pools.push_back(
        {&group, &site.pool, site.lease, fmt::format("of '{}' at '{}'", group.key, site.key)});
  }
  if (!group.second_pool.empty()) {
    pools.push_back({&group, &group.second_pool, SimTime{0},
                     fmt::format("of second addresses of '{}'", group.key)});
  }
  return pools;
}

void check_pool_size(const Pool& pool, Diagnostics& diagnostics) {
  std::uint64_t usable = 0;
  std::vector<const AddressBlock*> networks;
  for (const AddressBlock& network : *pool.networks) {
    usable += std::min(network.usable(), std::uint64_t{1} << 40);
    networks.push_back(&network);
  }
  for (const auto& [later, earlier] : overlaps(networks)) {
    diagnostics.error(pool.group->place,
                      fmt::format("the pools {} and {} {} overlap", networks[earlier]->to_string(),
                                  networks[later]->to_string(), pool.whose));
  }
  if (usable < pool.group->count) {
    diagnostics.error(pool.group->place,
                      fmt::format("the pool {} has {} addresses for {} endpoints", pool.whose,
                                  format_thousands(usable), format_thousands(pool.group->count)),
                      "a shorter prefix, or a list of networks");
  } else if (pool.lease.count() > 0 && usable / 2 < pool.group->count) {
    diagnostics.error(
        pool.group->place,
        fmt::format("the pool {} has {} addresses for {} endpoints with leases", pool.whose,
                    format_thousands(usable), format_thousands(pool.group->count)),
        "twice as many addresses as endpoints: those of the last lease are in use until the last "
        "endpoint has its new one");
  }
}

void check_pools_apart(const Pool& mine, const Pool& theirs, Diagnostics& diagnostics) {
  for (const AddressBlock& a : *mine.networks) {
    for (const AddressBlock& b : *theirs.networks) {
      if (!a.overlaps(b)) continue;
      diagnostics.error(mine.group->place,
                        fmt::format("the pool {} {} overlaps {} {}", a.to_string(), mine.whose,
                                    b.to_string(), theirs.whose),
                        mine.group == theirs.group ? "give each site addresses of its own"
                                                   : "give each group addresses of its own");
    }
  }
}

// Pools that overlap, by their positions.
std::vector<Clash> overlapping(const std::vector<Pool>& pools) {
  std::vector<const AddressBlock*> blocks;
  std::vector<std::size_t> pool_of;
  for (std::size_t p = 0; p < pools.size(); ++p) {
    for (const AddressBlock& block : *pools[p].networks) {
      blocks.push_back(&block);
      pool_of.push_back(p);
    }
  }
  std::vector<Clash> out;
  for (const auto& [later, earlier] : overlaps(blocks)) {
    if (pool_of[later] != pool_of[earlier]) out.emplace_back(pool_of[later], pool_of[earlier]);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

void check_endpoints(const Scenario& scenario, Diagnostics& diagnostics) {
  std::uint64_t all = 0;
  std::vector<std::optional<std::string>> beginnings;
  std::vector<Pool> pools;
  for (const EndpointGroup& group : scenario.endpoints) {
    all += group.count;
    beginnings.emplace_back(group.host.prefix);
    for (Pool& pool : pools_of(group)) pools.push_back(std::move(pool));
  }
  // In the order of the groups: first what is wrong with a group's names, then with its pools.
  const std::vector<Clash> names = shared_beginnings(beginnings);
  const std::vector<Clash> shared = overlapping(pools);
  auto clash = names.begin();
  auto overlap = shared.begin();
  std::size_t pool = 0;
  for (std::size_t i = 0; i < scenario.endpoints.size(); ++i) {
    const EndpointGroup& group = scenario.endpoints[i];
    for (; clash != names.end() && clash->first == i; ++clash) {
      const EndpointGroup& other = scenario.endpoints[clash->second];
      if (const auto name = common_host(group, other)) {
        diagnostics.error(group.place, fmt::format("the host '{}' is in '{}' and in '{}'", *name,
                                                   other.key, group.key));
      }
    }
    for (; pool < pools.size() && pools[pool].group == &group; ++pool) {
      check_pool_size(pools[pool], diagnostics);
      for (; overlap != shared.end() && overlap->first == pool; ++overlap) {
        check_pools_apart(pools[pool], pools[overlap->second], diagnostics);
      }
    }
  }
  if (all > kFleetMax) {
    diagnostics.error(scenario.endpoints.front().place,
                      fmt::format("{} endpoints are too many", all));
  }
}

SimTime longest(const Activity& activity) {
  return activity.lasts ? activity.lasts->longest() : SimTime{0};
}

void check_window(const Scenario& scenario, const Activity& activity, Diagnostics& diagnostics) {
  if (activity.at > scenario.length || activity.within > scenario.length - activity.at) {
    diagnostics.error(activity.place,
                      fmt::format("this window ends after the scenario, which lasts {}",
                                  format_duration(scenario.length)),
                      "a longer 'length', or an earlier 'at' and a shorter 'within'");
  }
  if (activity.repeat.count() == 0) return;
  const SimTime shortest = scenario.clock.shortest_again(activity.repeat);
  if (activity.within + longest(activity) > shortest) {
    diagnostics.error(
        activity.place,
        fmt::format("this comes again after {}{} and may last {}", format_duration(activity.repeat),
                    shortest == activity.repeat ? ""
                                                : fmt::format(", or {} where clocks go forward,",
                                                              format_duration(shortest)),
                    format_duration(activity.within + longest(activity))),
        "a longer 'repeat', or a shorter 'within' and 'for'");
  }
  if (scenario.length / activity.repeat >= kRepetitionsMax) {
    diagnostics.error(
        activity.place,
        fmt::format("this would come again more than {} times", format_thousands(kRepetitionsMax)),
        "a longer 'repeat', or a shorter 'length'");
  }
}

void check_machines(const Scenario& scenario, const Activity& activity, Diagnostics& diagnostics) {
  const EndpointGroup& group = scenario.endpoints[activity.endpoints];
  if (!group.rate) return;
  diagnostics.error(activity.place,
                    fmt::format("'{}' have a rate, and nothing else happens to them", group.key),
                    "give them a heartbeat instead of the rate");
}

// Who sits where.
void check_seats(const Scenario& scenario, const Activity& activity, Diagnostics& diagnostics) {
  const EndpointGroup& endpoints = scenario.endpoints[activity.endpoints];
  const UserGroup& users = scenario.users[activity.users];
  if (users.count <= endpoints.count) return;
  if (!endpoints.many_users || activity.shuffled) {
    diagnostics.error(
        activity.place,
        fmt::format("{} users of '{}' cannot log on at {} endpoints of '{}'",
                    format_thousands(users.count), users.key, format_thousands(endpoints.count),
                    endpoints.key),
        activity.shuffled
            ? "as many endpoints as users are needed where seats are shuffled"
            : "user i logs on at endpoint i: as many endpoints as users are needed, or "
              "kind: terminal-server");
  } else if (users.count / endpoints.count >= kUsersAtOneMax) {
    diagnostics.error(activity.place,
                      fmt::format("more than {} users of '{}' at each of '{}'",
                                  format_thousands(kUsersAtOneMax), users.key, endpoints.key),
                      "more endpoints");
  }
}

// In order of time: logon, logoff, logon, … Of activities that come again, one round.
void check_users_in_turn(const Scenario& scenario, std::uint32_t group,
                         const std::vector<Activity*>& by_time, Diagnostics& diagnostics) {
  const UserGroup& users = scenario.users[group];
  const Activity* logon = nullptr;   // the latest, while they are logged on
  const Activity* before = nullptr;  // whatever was the latest
  std::uint32_t endpoints = kNoGroup;
  for (Activity* activity : by_time) {
    const bool logs_on = activity->kind == Activity::Kind::kLogon;
    const bool logs_off = activity->kind == Activity::Kind::kLogoff;
    if (before != nullptr && activity->repeat != before->repeat) {
      diagnostics.error(
          activity->place,
          fmt::format("'{}' do one thing every {} and another every {}", users.key,
                      format_duration(before->repeat), format_duration(activity->repeat)),
          "the same 'repeat' for all that a group of users does");
    }
    if (logs_on && logon != nullptr) {
      diagnostics.error(
          activity->place,
          fmt::format("'{}' are logged on already, since line {}", users.key, logon->place.line),
          "let them log off first");
    } else if (!logs_on && logon == nullptr && endpoints == kNoGroup) {
      diagnostics.error(
          activity->place, fmt::format("'{}' are not logged on then", users.key),
          fmt::format("a {} follows a logon of the same group", logs_off ? "logoff" : "lock"));
    } else if (logs_off && logon == nullptr) {
      diagnostics.error(activity->place, fmt::format("'{}' are not logged on then", users.key),
                        "a logoff follows a logon of the same group");
    } else if (before != nullptr && (logs_on || logs_off) &&
               activity->at - before->at < before->within + longest(*before)) {
      diagnostics.error(
          activity->place,
          fmt::format("this begins before {} of line {} {} ended, at {}",
                      before->lasts ? "what the window" : "the window", before->place.line,
                      before->lasts ? "begins has" : "has",
                      format_duration(before->at + before->within + longest(*before))),
          "a later 'at'");
    }
    if (!logs_on && endpoints != kNoGroup) {
      if (activity->endpoints == kNoGroup) activity->endpoints = endpoints;
      if (activity->endpoints != endpoints) {
        diagnostics.error(
            activity->place,
            fmt::format("'{}' are logged on at '{}'", users.key, scenario.endpoints[endpoints].key),
            "'on' may be left out");
      }
      if (before != nullptr && before->shuffled) {
        diagnostics.error(activity->place,
                          fmt::format("'{}' sit at other machines each time", users.key),
                          "say all in one line: the logon with 'for' and 'then'");
      }
    }
    // An error above is reported once; nothing below may fall over it.
    if (activity->endpoints == kNoGroup) activity->endpoints = 0;
    if (logs_on) {
      check_seats(scenario, *activity, diagnostics);
      endpoints = activity->endpoints;
      logon = activity->lasts ? nullptr : activity;
    } else if (logs_off) {
      logon = nullptr;
    }
    if (logs_on || logs_off) before = activity;
  }
  if (before == nullptr || before->repeat.count() == 0) return;
  if (logon != nullptr) {
    diagnostics.error(logon->place,
                      fmt::format("'{}' log on again and again and never log off", users.key),
                      "how long they stay: for: 8h");
  } else if (by_time.size() > 1 &&
             by_time.front()->at + scenario.clock.shortest_again(before->repeat) <
                 before->at + before->within + longest(*before)) {
    diagnostics.error(
        by_time.front()->place,
        fmt::format("this comes again before what line {} begins has ended", before->place.line),
        "a longer 'repeat'");
  }
}

void check_activities(Scenario& scenario, Diagnostics& diagnostics) {
  std::vector<std::vector<Activity*>> of_users(scenario.users.size());
  std::vector<std::size_t> of_machines(scenario.endpoints.size());
  for (Activity& activity : scenario.activities) {
    check_window(scenario, activity, diagnostics);
    if (activity.users == kNoGroup) {
      check_machines(scenario, activity, diagnostics);
      ++of_machines[activity.endpoints];
    } else {
      of_users[activity.users].push_back(&activity);
    }
  }
  for (std::uint32_t g = 0; g < of_users.size(); ++g) {
    std::stable_sort(of_users[g].begin(), of_users[g].end(),
                     [](const Activity* a, const Activity* b) { return a->at < b->at; });
    check_users_in_turn(scenario, g, of_users[g], diagnostics);
  }
  const bool many = std::any_of(of_machines.begin(), of_machines.end(),
                                [](std::size_t count) { return count >= kRepetitionsMax; }) ||
                    std::any_of(of_users.begin(), of_users.end(), [](const auto& activities) {
                      return activities.size() >= kRepetitionsMax;
                    });
  if (many) diagnostics.error(scenario.activities.back().place, "activity: too many lines");
}

void check_steps(const Scenario& scenario, Diagnostics& diagnostics) {
  for (const Step& step : scenario.steps) {
    const bool expects = std::holds_alternative<ExpectStep>(step.what);
    if (step.at > scenario.length || (!expects && step.at == scenario.length)) {
      diagnostics.error(step.place,
                        fmt::format("this step comes after the scenario, which lasts {}",
                                    format_duration(scenario.length)),
                        "a longer 'length', or an earlier 'at'");
    }
    const auto* logoff = std::get_if<LogoffStep>(&step.what);
    if (logoff == nullptr) continue;
    const bool by_activity = std::any_of(
        scenario.activities.begin(), scenario.activities.end(), [&](const Activity& activity) {
          return activity.kind == Activity::Kind::kLogon && activity.users == logoff->user.group &&
                 activity.at <= step.at;
        });
    const bool by_step =
        std::any_of(scenario.steps.begin(), scenario.steps.end(), [&](const Step& other) {
          const auto* logon = std::get_if<LogonStep>(&other.what);
          return logon != nullptr && logon->user == logoff->user && other.at <= step.at;
        });
    if (!by_activity && !by_step) {
      diagnostics.error(step.place,
                        fmt::format("'{}' is not logged on anywhere then",
                                    scenario.users[logoff->user.group].name_of(logoff->user.index)),
                        "a logoff follows a logon");
    }
  }
}

// How many usable addresses of the pool come before this one, if it is one.
std::optional<std::uint32_t> index_in_pool(const std::vector<AddressBlock>& pool,
                                           const IpAddress& address) {
  std::uint64_t before = 0;
  for (const AddressBlock& network : pool) {
    if (network.contains(address)) {
      const std::uint64_t offset = address.low() - network.address(0).low();
      const bool same = offset < network.usable() && network.address(offset) == address;
      if (same && before + offset < kFleetMax) return static_cast<std::uint32_t>(before + offset);
    }
    before += network.usable();
  }
  return std::nullopt;
}

}  // namespace

void check_scenario_rules(Scenario& scenario, Diagnostics& diagnostics) {
  check_outages(scenario, diagnostics);
  check_users(scenario, diagnostics);
  check_endpoints(scenario, diagnostics);
  check_activities(scenario, diagnostics);
  check_steps(scenario, diagnostics);
}

std::optional<AddressOwner> endpoint_with_address(const Scenario& scenario,
                                                  const IpAddress& address) {
  for (std::uint32_t g = 0; g < scenario.endpoints.size(); ++g) {
    const EndpointGroup& group = scenario.endpoints[g];
    // Leased addresses are now here, now there.
    if (group.lease.count() == 0) {
      const auto index = index_in_pool(group.pool, address);
      if (index && *index < group.count) return AddressOwner{{g, *index}, false};
    }
    const auto index = index_in_pool(group.second_pool, address);
    if (index && *index < group.count) return AddressOwner{{g, *index}, true};
  }
  return std::nullopt;
}

}  // namespace esm
