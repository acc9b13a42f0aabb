#include "sender/mapping/ignore_list.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

namespace esm {

IgnoreList::IgnoreList(std::span<const std::string> entries) {
  std::vector<std::string> beginnings;
  for (const std::string& entry : entries) {
    if (entry.ends_with('*')) {
      beginnings.push_back(entry.substr(0, entry.size() - 1));
    } else {
      names_.push_back(entry);
    }
  }
  std::sort(names_.begin(), names_.end());
  std::sort(beginnings.begin(), beginnings.end());
  for (std::string& beginning : beginnings) {
    if (!beginnings_.empty() && beginning.starts_with(beginnings_.back())) continue;
    beginnings_.push_back(std::move(beginning));
  }
}

bool IgnoreList::holds(std::string_view user) const {
  if (std::binary_search(names_.begin(), names_.end(), user, std::less<>())) return true;
  // A beginning comes before all names that have it, and whatever comes between begins so, too: it
  // would have been left out.
  const auto above = std::upper_bound(beginnings_.begin(), beginnings_.end(), user, std::less<>());
  return above != beginnings_.begin() && user.starts_with(*std::prev(above));
}

}  // namespace esm
