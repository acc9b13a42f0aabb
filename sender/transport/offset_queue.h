// Which of two growing counts go together: ciphertext and plaintext behind every record, plaintext
// and messages behind every batch. Asked with what a peer has acknowledged, it tells what that
// covers. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace esm {

class OffsetQueue {
 public:
  // At most `entries_max` (>= 2, a power of two) entries are kept; memory grows with the need, and
  // nothing is allocated once it has been seen.
  explicit OffsetQueue(std::size_t entries_max);

  // At `offset` of the one count the other one is `value`. Neither is ever less than before. Where
  // there is no room, every other entry goes: what is covered is then told less finely, never too
  // high.
  void push(std::uint64_t offset, std::uint64_t value);
  // The value at the last offset that is not beyond `reached`, which is never less than before;
  // entries before it are forgotten. 0 before the first.
  std::uint64_t advance(std::uint64_t reached);
  // The next push() would take more memory, or make it coarser: advance() first, if it can be.
  bool full() const { return count_ >= kAskedEntries && count_ == ring_.size(); }
  void clear();

 private:
  struct Entry {
    std::uint64_t offset = 0;
    std::uint64_t value = 0;
  };

  // So many are kept before anybody is asked: asking costs a system call.
  static constexpr std::size_t kAskedEntries = 256;

  Entry& at(std::size_t i) { return ring_[(head_ + i) & (ring_.size() - 1)]; }
  void grow();
  void thin();

  std::vector<Entry> ring_;  // a power of two
  std::size_t head_ = 0;
  std::size_t count_ = 0;
  std::size_t entries_max_;
  std::uint64_t reached_value_ = 0;
};

}  // namespace esm
