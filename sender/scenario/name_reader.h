// Names of a scenario's file: what may be one, and "PC-{:05}".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sender/base/diagnostics.h"
#include "sender/base/yaml.h"
#include "sender/scenario/name_pattern.h"

namespace esm {

// Empty, or why this cannot be the name of anything in a message.
std::string what_is_wrong_with_name(std::string_view name);

// Reports it at `place`, as the value of `key`.
void check_name(const Place& place, std::string_view key, std::string_view name,
                Diagnostics& diagnostics);

// At most one number. A group of several needs one.
NamePattern read_pattern(const YamlNode& node, std::string_view key, std::uint32_t count,
                         Diagnostics& diagnostics);

}  // namespace esm
