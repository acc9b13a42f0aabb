#include "sender/verify/expected_lines.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace esm {

void ExpectedLines::add(const Hash128& hash, std::uint64_t order, std::uint32_t lane, Sent sent) {
  assert(order < std::uint64_t{1} << 40);
  lane = sent == Sent::kNotSent ? kNotJudged : std::min(lane, kNotJudged);
  if (lane >= latest_.size() && lane != kNotJudged) latest_.resize(std::size_t{lane} + 1);
  entries_.push_back(
      {hash, order << 24 | std::uint64_t{lane} << 2 | static_cast<std::uint64_t>(sent), 0});
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
    if (i > 0 && entries_[i - 1].hash == entries_[i].hash) {
      entries_[i - 1].judge_not();
      entries_[i].judge_not();
    }
    const auto first = static_cast<std::size_t>(entries_[i].hash.low >> shift_);
    while (place <= first) directory_[place++] = i;
  }
}

ExpectedLines::Came ExpectedLines::receive(const Hash128& hash) {
  assert(!directory_.empty() && "seal() comes first");
  const auto place = static_cast<std::size_t>(hash.low >> shift_);
  for (std::size_t i = directory_[place]; i < directory_[place + 1]; ++i) {
    Entry& entry = entries_[i];
    if (entry.hash != hash) continue;
    if (++entry.received > 1 || entry.lane() == kNotJudged) return Came::kKnown;
    std::uint64_t& latest = latest_[entry.lane()];
    if (entry.order() < latest) return Came::kOutOfOrder;
    latest = entry.order();
    return Came::kKnown;
  }
  return Came::kUnknown;
}

}  // namespace esm
