#include "sender/engine/lane_ledger.h"

#include <cassert>

namespace esm {

LaneLedger::LaneLedger(bool stream, std::size_t intervals_max)
    : exceptions_(intervals_max), open_(intervals_max) {
  books_.stream = stream;
}

void LaneLedger::written(std::uint64_t first, std::uint64_t last, std::size_t bytes) {
  assert(first <= last);
  const std::uint64_t count = last - first + 1;
  books_.written += count;
  books_.bytes_written += bytes;
  if (!books_.stream) return;
  open_count_ += count;
  open_.add({first, last, Fate::kWritten, Reason::kNone, 0});
}

void LaneLedger::book(std::uint64_t number, Fate fate, Reason reason, int error) {
  switch (fate) {
    case Fate::kWritten:
      assert(false);  // written()
      return;
    case Fate::kCut:
      ++books_.written;
      ++books_.cut;
      if (books_.stream) ++open_count_;
      break;
    case Fate::kRefused:
      assert(reason != Reason::kNone);
      ++books_.refused;
      ++books_.by_reason[static_cast<std::size_t>(reason)];
      break;
    case Fate::kDropped:
      assert(reason != Reason::kNone);
      ++books_.dropped;
      ++books_.by_reason[static_cast<std::size_t>(reason)];
      break;
  }
  exceptions_.add({number, number, fate, reason, error});
}

void LaneLedger::connected() {
  assert(open_count_ == 0);
  ++books_.connections;
  if (ever_connected_) ++books_.reconnects;
  ever_connected_ = true;
}

void LaneLedger::disconnected(bool drained) {
  if (!books_.stream) return;
  if (drained) {
    books_.drained += open_count_;
    open_.clear();
  } else {
    books_.uncertain += open_count_;
    exceptions_.take(open_);
  }
  open_count_ = 0;
}

}  // namespace esm
