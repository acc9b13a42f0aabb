// The firewall's ignore-user list: users who are never mapped, by their whole name or by its
// beginning.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace esm {

// As many as a firewall takes.
inline constexpr std::size_t kIgnoredMax = 5'000;

class IgnoreList {
 public:
  // An entry that ends in '*' stands for all names that begin so.
  explicit IgnoreList(std::span<const std::string> entries);

  bool empty() const { return names_.empty() && beginnings_.empty(); }
  // Allocates nothing.
  bool holds(std::string_view user) const;

 private:
  std::vector<std::string> names_;       // sorted
  std::vector<std::string> beginnings_;  // sorted, and none begins with another one
};

}  // namespace esm
