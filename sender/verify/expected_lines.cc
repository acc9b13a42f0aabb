#include "sender/verify/expected_lines.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace esm {

void ExpectedLines::add(const Hash128& hash, std::uint64_t order, Sent sent) {
  assert(order < std::uint64_t{1} << 62);
  entries_.push_back({hash, order << 2 | static_cast<std::uint64_t>(sent), 0});
}

// Hashes are uniform, so their leading bits say nearly where they are: a directory of an eighth as
// many places leads to about eight neighbours.
void ExpectedLines::seal() {
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    if (a.hash != b.hash) return a.hash < b.hash;
    if (a.sent() != b.sent()) return a.sent() < b.sent();
    return a.order() < b.order();
  });
  const int bits = std::max(1, static_cast<int>(std::bit_width(entries_.size() / 8)));
  shift_ = 64 - bits;
  directory_.assign((std::size_t{1} << bits) + 1, entries_.size());
  std::size_t place = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto first = static_cast<std::size_t>(entries_[i].hash.low >> shift_);
    while (place <= first) directory_[place++] = i;
  }
}

bool ExpectedLines::receive(const Hash128& hash) {
  assert(!directory_.empty() && "seal() comes first");
  const auto place = static_cast<std::size_t>(hash.low >> shift_);
  for (std::size_t i = directory_[place]; i < directory_[place + 1]; ++i) {
    if (entries_[i].hash == hash) {
      ++entries_[i].received;
      return true;
    }
  }
  return false;
}

}  // namespace esm
