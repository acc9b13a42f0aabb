#include "sender/scenario/scenario_rules.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "sender/base/units.h"

namespace esm {
namespace {

constexpr std::uint64_t kFleetMax = 0xFFFFFFFE;

// A name that two patterns both make, if there is one: the smaller group's names are tried in the
// other, unless the fixed parts exclude it at once.
std::optional<std::string> common_name(const NamePattern& a, std::uint32_t a_count,
                                       const NamePattern& b, std::uint32_t b_count) {
  const auto starts_alike = [](std::string_view x, std::string_view y) {
    return x.starts_with(y) || y.starts_with(x);
  };
  if (!starts_alike(a.prefix, b.prefix)) return std::nullopt;
  if (a_count > b_count) return common_name(b, b_count, a, a_count);
  for (std::uint32_t i = 0; i < a_count; ++i) {
    std::string name = a.name(i);
    if (b.index_of(name, b_count)) return name;
  }
  return std::nullopt;
}

void check_users(const Scenario& scenario, Diagnostics& diagnostics) {
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < scenario.users.size(); ++i) {
    const UserGroup& group = scenario.users[i];
    all += group.count;
    for (std::size_t j = 0; j < i; ++j) {
      const UserGroup& other = scenario.users[j];
      if (group.domain != other.domain) continue;
      if (const auto name = common_name(group.name, group.count, other.name, other.count)) {
        diagnostics.error(
            group.place,
            fmt::format("the user '{}' is in '{}' and in '{}'", *name, other.key, group.key),
            "users are told apart by domain and name");
      }
    }
  }
  if (all > kFleetMax) {
    diagnostics.error(scenario.users.front().place, fmt::format("{} users are too many", all));
  }
}

void check_endpoints(const Scenario& scenario, Diagnostics& diagnostics) {
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < scenario.endpoints.size(); ++i) {
    const EndpointGroup& group = scenario.endpoints[i];
    all += group.count;
    std::uint64_t usable = 0;
    for (std::size_t n = 0; n < group.pool.size(); ++n) {
      usable += std::min(group.pool[n].usable(), std::uint64_t{1} << 40);
      for (std::size_t m = 0; m < n; ++m) {
        if (group.pool[n].overlaps(group.pool[m])) {
          diagnostics.error(group.place, fmt::format("the pools {} and {} of '{}' overlap",
                                                     group.pool[m].to_string(),
                                                     group.pool[n].to_string(), group.key));
        }
      }
    }
    if (usable < group.count) {
      diagnostics.error(group.place,
                        fmt::format("the pool of '{}' has {} addresses for {} endpoints", group.key,
                                    format_thousands(usable), format_thousands(group.count)),
                        "a shorter prefix, or a list of networks");
    }
    for (std::size_t j = 0; j < i; ++j) {
      const EndpointGroup& other = scenario.endpoints[j];
      if (const auto name = common_name(group.host, group.count, other.host, other.count)) {
        diagnostics.error(group.place, fmt::format("the host '{}' is in '{}' and in '{}'", *name,
                                                   other.key, group.key));
      }
      for (const IpNetwork& mine : group.pool) {
        for (const IpNetwork& theirs : other.pool) {
          if (mine.overlaps(theirs)) {
            diagnostics.error(
                group.place,
                fmt::format("the pool {} of '{}' overlaps {} of '{}'", mine.to_string(), group.key,
                            theirs.to_string(), other.key),
                "give each group addresses of its own");
          }
        }
      }
    }
  }
  if (all > kFleetMax) {
    diagnostics.error(scenario.endpoints.front().place,
                      fmt::format("{} endpoints are too many", all));
  }
}

void check_activities(Scenario& scenario, Diagnostics& diagnostics) {
  // Per group of users, in order of time: logon, logoff, logon, …
  std::vector<Activity*> by_time;
  for (Activity& activity : scenario.activities) by_time.push_back(&activity);
  std::stable_sort(by_time.begin(), by_time.end(),
                   [](const Activity* a, const Activity* b) { return a->at < b->at; });
  std::vector<const Activity*> last(scenario.users.size(), nullptr);
  for (Activity* activity : by_time) {
    const UserGroup& users = scenario.users[activity->users];
    const Activity* before = last[activity->users];
    const bool logon = activity->kind == Activity::Kind::kLogon;
    if (activity->at > scenario.length || activity->within > scenario.length - activity->at) {
      diagnostics.error(activity->place,
                        fmt::format("this window ends after the scenario, which lasts {}",
                                    format_duration(scenario.length)),
                        "a longer 'length', or an earlier 'at' and a shorter 'within'");
    }
    const bool is_on = before != nullptr && before->kind == Activity::Kind::kLogon;
    if (logon && is_on) {
      diagnostics.error(
          activity->place,
          fmt::format("'{}' are logged on already, since line {}", users.key, before->place.line),
          "let them log off first");
    } else if (!logon && !is_on) {
      diagnostics.error(activity->place, fmt::format("'{}' are not logged on then", users.key),
                        "a logoff follows a logon of the same group");
    } else if (before != nullptr && activity->at - before->at < before->within) {
      diagnostics.error(
          activity->place,
          fmt::format("this begins before the window of line {} has ended, at {}",
                      before->place.line, format_duration(before->at + before->within)),
          "a later 'at'");
    }
    if (!logon && is_on) {
      if (activity->endpoints == kNoGroup) activity->endpoints = before->endpoints;
      if (activity->endpoints != before->endpoints) {
        diagnostics.error(activity->place,
                          fmt::format("'{}' are logged on at '{}'", users.key,
                                      scenario.endpoints[before->endpoints].key),
                          "'on' may be left out of a logoff");
      }
    }
    if (logon) {
      const EndpointGroup& endpoints = scenario.endpoints[activity->endpoints];
      if (users.count > endpoints.count) {
        diagnostics.error(activity->place,
                          fmt::format("{} users of '{}' cannot log on at {} endpoints of '{}'",
                                      format_thousands(users.count), users.key,
                                      format_thousands(endpoints.count), endpoints.key),
                          "user i logs on at endpoint i: as many endpoints as users are needed");
      }
    }
    last[activity->users] = activity;
  }
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
      diagnostics.error(
          step.place,
          fmt::format("'{}' is not logged on anywhere then",
                      scenario.users[logoff->user.group].name.name(logoff->user.index)),
          "a logoff follows a logon");
    }
  }
}

}  // namespace

void check_scenario_rules(Scenario& scenario, Diagnostics& diagnostics) {
  check_users(scenario, diagnostics);
  check_endpoints(scenario, diagnostics);
  check_activities(scenario, diagnostics);
  check_steps(scenario, diagnostics);
}

std::optional<EndpointRef> endpoint_with_address(const Scenario& scenario,
                                                 const IpAddress& address) {
  for (std::uint32_t g = 0; g < scenario.endpoints.size(); ++g) {
    const EndpointGroup& group = scenario.endpoints[g];
    std::uint64_t before = 0;
    for (const IpNetwork& network : group.pool) {
      if (network.contains(address)) {
        const std::uint64_t offset = address.low() - network.address(0).low();
        const std::uint64_t index = before + offset;
        const bool same = offset < network.usable() && network.address(offset) == address;
        if (same && index < group.count) return EndpointRef{g, static_cast<std::uint32_t>(index)};
      }
      before += network.usable();
    }
  }
  return std::nullopt;
}

}  // namespace esm
