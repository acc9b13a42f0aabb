#include "sender/scenario/names.h"

#include <algorithm>
#include <utility>

#include "sender/scenario/scenario_rules.h"

namespace esm {

namespace {

// Of a group whose names could not be read, which has been reported.
bool is_nameless(const UserGroup& group) {
  return !group.people && !group.name.numbered && group.name.prefix.empty();
}

}  // namespace

std::optional<UserRef> find_user(const Scenario& scenario, const YamlNode& node,
                                 std::string_view key, Diagnostics& diagnostics) {
  const std::string& text = node.text;
  std::vector<UserRef> found;
  std::vector<std::string> candidates;
  for (std::uint32_t g = 0; g < scenario.users.size(); ++g) {
    const UserGroup& group = scenario.users[g];
    for (const std::uint32_t index : group.find(text)) found.push_back({g, index});
    candidates.push_back(group.name_of(0));
    if (group.count > 1) candidates.push_back(group.name_of(group.count - 1));
  }
  if (found.empty()) {
    for (std::uint32_t g = 0; g < scenario.users.size(); ++g) {
      if (scenario.users[g].key == text && scenario.users[g].count == 1) found.push_back({g, 0});
    }
  }
  if (found.size() == 1) return found.front();
  const std::vector<UserGroup>& groups = scenario.users;
  if (found.empty() && std::any_of(groups.begin(), groups.end(), is_nameless)) return std::nullopt;
  if (found.size() > 1) {
    diagnostics.error(node.place,
                      fmt::format("{}: there are {} users '{}'", key, found.size(), text),
                      "write it with its domain: CORP\\name");
  } else {
    diagnostics.error(node.place, fmt::format("{}: there is no user '{}'", key, text),
                      did_you_mean(text, candidates,
                                   fmt::format("for instance {}",
                                               candidates.empty() ? "alice" : candidates.front())));
  }
  return std::nullopt;
}

std::optional<EndpointRef> find_endpoint(const Scenario& scenario, const YamlNode& node,
                                         const std::string& text, std::string_view key,
                                         Diagnostics& diagnostics) {
  std::vector<std::string> candidates;
  for (std::uint32_t g = 0; g < scenario.endpoints.size(); ++g) {
    const EndpointGroup& group = scenario.endpoints[g];
    if (const auto index = group.host.index_of(text, group.count)) return EndpointRef{g, *index};
    candidates.push_back(group.host.name(0));
    if (group.count > 1) candidates.push_back(group.host.name(group.count - 1));
  }
  for (std::uint32_t g = 0; g < scenario.endpoints.size(); ++g) {
    if (scenario.endpoints[g].key == text && scenario.endpoints[g].count == 1) {
      return EndpointRef{g, 0};
    }
  }
  if (const auto address = IpAddress::parse(text)) {
    if (const auto owner = endpoint_with_address(scenario, *address)) return owner->endpoint;
  }
  diagnostics.error(
      node.place, fmt::format("{}: there is no endpoint '{}'", key, text),
      did_you_mean(
          text, candidates,
          fmt::format("for instance {}", candidates.empty() ? "PC-00001" : candidates.front())));
  return std::nullopt;
}

std::optional<std::uint8_t> find_site(const EndpointGroup& group, const YamlNode& node,
                                      std::string_view key, Diagnostics& diagnostics) {
  if (node.text == "home") return std::uint8_t{0};
  std::vector<std::string> keys{"home"};
  for (std::size_t i = 0; i < group.away.size(); ++i) {
    if (group.away[i].key == node.text) return static_cast<std::uint8_t>(i + 1);
    keys.push_back(group.away[i].key);
  }
  diagnostics.error(node.place,
                    fmt::format("{}: '{}' have no site '{}'", key, group.key, node.text),
                    did_you_mean(node.text, keys, fmt::format("sites: {}", fmt::join(keys, ", "))));
  return std::nullopt;
}

}  // namespace esm
