// "PC-{:05}": text, at most one number padded with zeros to `width`, text. Members of a group are
// numbered from 1: index 0 is PC-00001.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace esm {

struct NamePattern {
  std::string prefix;
  std::string suffix;
  bool numbered = false;
  int width = 0;  // 0 to 20

  std::string name(std::uint32_t index) const;
  // The index whose name is `name`, if there is one below `count`.
  std::optional<std::uint32_t> index_of(std::string_view name, std::uint32_t count) const;
};

}  // namespace esm
