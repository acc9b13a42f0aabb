// People whose names are given one by one, a million of them if need be: one piece of memory for
// all names, four bytes and a number of a domain for each, and an index by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace esm {

class People {
 public:
  // Directories have few; and so many people at most have one name.
  static constexpr std::size_t kDomainsMax = 200;

  std::uint32_t size() const { return static_cast<std::uint32_t>(domain_of_.size()); }
  std::string_view name(std::uint32_t index) const {
    return {names_.data() + ends_[index], ends_[index + 1] - ends_[index]};
  }
  // The position of the domain of somebody in domains().
  std::uint8_t domain(std::uint32_t index) const { return domain_of_[index]; }
  // Each once; an empty one is none at all.
  const std::vector<std::string>& domains() const { return domains_; }

  // The position of a domain that is new or known; nothing where there are too many.
  std::optional<std::uint8_t> add_domain(std::string_view domain);
  // Somebody behind all others. Who has that name and domain already is returned instead.
  std::optional<std::uint32_t> add(std::string_view name, std::uint8_t domain);

  // Calls `take(index)` for everybody of that name.
  template <typename Take>
  void find(std::string_view wanted, Take take) const {
    if (slots_.empty()) return;
    for (std::size_t at = slot_of(wanted); slots_[at] != kFree;
         at = (at + 1) & (slots_.size() - 1)) {
      if (name(slots_[at]) == wanted) take(slots_[at]);
    }
  }

 private:
  static constexpr std::uint32_t kFree = 0xFFFFFFFF;
  std::size_t slot_of(std::string_view name) const;
  void grow();

  std::string names_;
  std::vector<std::uint32_t> ends_{0};
  std::vector<std::uint8_t> domain_of_;
  std::vector<std::string> domains_;
  // Open addressing: a power of two, at most half of it taken.
  std::vector<std::uint32_t> slots_;
};

}  // namespace esm
