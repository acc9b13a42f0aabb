#include "sender/check/repeats.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "sender/base/hash.h"

namespace esm {

void Repeats::add(std::uint32_t user, std::string_view name) {
  hashes_[user] = std::max<std::uint64_t>(hash64(name), 1);
}

// Sorting all hashes would take as long as reading a message of everybody. So a bit for each of a
// part of the hash says first which parts come twice; few others share those by chance.
std::vector<std::uint32_t> Repeats::candidates() const {
  constexpr std::size_t kBitsEach = 16;
  const std::size_t bits = std::bit_ceil(std::max<std::size_t>(hashes_.size() * kBitsEach, 64));
  std::vector<bool> once(bits), twice(bits);
  for (const std::uint64_t hash : hashes_) {
    if (hash == 0) continue;
    const std::size_t part = hash & (bits - 1);
    if (once[part]) twice[part] = true;
    once[part] = true;
  }
  std::vector<std::pair<std::uint64_t, std::uint32_t>> some;
  for (std::size_t user = 0; user < hashes_.size(); ++user) {
    const std::uint64_t hash = hashes_[user];
    if (hash != 0 && twice[hash & (bits - 1)]) {
      some.emplace_back(hash, static_cast<std::uint32_t>(user));
    }
  }
  std::sort(some.begin(), some.end());
  std::vector<std::uint32_t> out;
  for (std::size_t i = 0; i < some.size(); ++i) {
    const bool before = i > 0 && some[i - 1].first == some[i].first;
    const bool behind = i + 1 < some.size() && some[i + 1].first == some[i].first;
    if (before || behind) out.push_back(some[i].second);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace esm
