// The books of one lane, and its exceptions: where every fate is written down, exactly once. Pure.
//
// A stream's written messages get their end (drained or uncertain) only when their connection is
// over, so the ledger keeps the numbers written on the present connection until then.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sender/base/books.h"
#include "sender/engine/interval_recorder.h"

namespace esm {

class LaneLedger {
 public:
  // `stream`: the peer can acknowledge (Target::is_stream).
  LaneLedger(bool stream, std::size_t intervals_max);

  // A message became due; returns its number in the lane.
  std::uint64_t due() { return books_.due++; }

  // Messages `first` to `last` (both included) were written whole, `bytes` with their frames.
  void written(std::uint64_t first, std::uint64_t last, std::size_t bytes);
  // Message `number` ended in any other way. What was accepted of a cut one is not in
  // bytes_written.
  void book(std::uint64_t number, Fate fate, Reason reason, int error);
  void drop(std::uint64_t number, Reason reason) { book(number, Fate::kDropped, reason, 0); }

  void icmp_errors(std::uint64_t count) { books_.icmp_errors += count; }

  void connected();
  // The connection is over. `drained`: it ended with the peer's own end after everything written
  // was acknowledged; otherwise what was written on it is uncertain, and listed.
  void disconnected(bool drained);

  const Books& books() const { return books_; }
  // Sorted and merged.
  const std::vector<FateInterval>& exceptions() { return exceptions_.intervals(); }
  // Valid after exceptions().
  bool overflowed() const { return exceptions_.overflowed(); }

 private:
  Books books_;
  IntervalRecorder exceptions_;
  // Streams: the messages written (not cut) on the present connection, and how many including cut.
  IntervalRecorder open_;
  std::uint64_t open_count_ = 0;
  bool ever_connected_ = false;
};

}  // namespace esm
