// Finds what a scenario's file speaks of by name - groups, people, machines - and says what was
// meant where there is no such thing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "sender/base/diagnostics.h"
#include "sender/base/edit_distance.h"
#include "sender/base/yaml.h"
#include "sender/scenario/scenario.h"

namespace esm {

// The position of the group with the key node.text. `key` and `kind` are for messages: "on",
// "endpoints".
template <typename Group>
std::optional<std::uint32_t> find_group(const std::vector<Group>& groups, const YamlNode& node,
                                        std::string_view key, std::string_view kind,
                                        Diagnostics& diagnostics) {
  for (std::uint32_t i = 0; i < groups.size(); ++i) {
    if (groups[i].key == node.text) return i;
  }
  std::vector<std::string> keys;
  keys.reserve(groups.size());
  for (const Group& group : groups) keys.push_back(group.key);
  diagnostics.error(
      node.place, fmt::format("{}: there is no group of {} '{}'", key, kind, node.text),
      did_you_mean(node.text, keys, fmt::format("groups of {}: {}", kind, fmt::join(keys, ", "))));
  return std::nullopt;
}

// By name, by DOMAIN\name, or by the key of a group of one.
std::optional<UserRef> find_user(const Scenario& scenario, const YamlNode& node,
                                 std::string_view key, Diagnostics& diagnostics);

// By host name, by address, or by the key of a group of one.
std::optional<EndpointRef> find_endpoint(const Scenario& scenario, const YamlNode& node,
                                         const std::string& text, std::string_view key,
                                         Diagnostics& diagnostics);

// A site of the group: "home" is where its endpoints are at the start.
std::optional<std::uint8_t> find_site(const EndpointGroup& group, const YamlNode& node,
                                      std::string_view key, Diagnostics& diagnostics);

}  // namespace esm
