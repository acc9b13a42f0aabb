#include "sender/scenario/people.h"

#include <algorithm>

#include "sender/base/hash.h"

namespace esm {

std::optional<std::uint8_t> People::add_domain(std::string_view domain) {
  const auto known = std::find(domains_.begin(), domains_.end(), domain);
  if (known == domains_.end()) {
    if (domains_.size() == kDomainsMax) return std::nullopt;
    domains_.emplace_back(domain);
    return static_cast<std::uint8_t>(domains_.size() - 1);
  }
  return static_cast<std::uint8_t>(known - domains_.begin());
}

std::optional<std::uint32_t> People::add(std::string_view name, std::uint8_t domain) {
  if (2 * (domain_of_.size() + 1) > slots_.size()) grow();
  std::size_t at = slot_of(name);
  for (; slots_[at] != kFree; at = (at + 1) & (slots_.size() - 1)) {
    if (domain_of_[slots_[at]] == domain && this->name(slots_[at]) == name) return slots_[at];
  }
  slots_[at] = size();
  names_ += name;
  ends_.push_back(static_cast<std::uint32_t>(names_.size()));
  domain_of_.push_back(domain);
  return std::nullopt;
}

std::size_t People::slot_of(std::string_view name) const {
  return static_cast<std::size_t>(hash64(name)) & (slots_.size() - 1);
}

void People::grow() {
  slots_.assign(std::max<std::size_t>(16, 2 * slots_.size()), kFree);
  for (std::uint32_t i = 0; i < size(); ++i) {
    std::size_t at = slot_of(name(i));
    while (slots_[at] != kFree) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = i;
  }
}

}  // namespace esm
