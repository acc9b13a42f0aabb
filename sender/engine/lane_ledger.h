// The books of one lane, and its exceptions: where every fate is written down, exactly once. Pure.
//
// A stream's written messages get their end (drained, acknowledged or uncertain) only when their
// connection is over, so the ledger keeps the numbers written on the present connection until then,
// and how many bytes lie behind them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sender/base/books.h"
#include "sender/engine/interval_recorder.h"
#include "sender/engine/lane_queue.h"
#include "sender/transport/offset_queue.h"

namespace esm {

class LaneLedger {
 public:
  // `stream`: the peer can acknowledge (Target::is_stream).
  // `shares`: its numbers are those of several lanes, of which each message ends in one. It is due
  // only there; its owner numbers them, not due().
  LaneLedger(bool stream, std::size_t intervals_max, bool shares = false);

  // So many messages became due; returns the number of the first in the lane.
  std::uint64_t due(std::size_t count = 1) {
    const std::uint64_t first = books_.due;
    books_.due += count;
    return first;
  }

  // Messages `first` to `last` (both included) were written whole, `bytes` with their frames. What
  // is called together is acknowledged together: streams call often enough.
  // `past`: of all of them, what their DueMessage says.
  void written(std::uint64_t first, std::uint64_t last, std::size_t bytes,
               const DueMessage& past = {});
  // Message `number` ended in any other way. What was accepted of a cut one is not in
  // bytes_written.
  void book(std::uint64_t number, Fate fate, Reason reason, int error);
  void drop(std::uint64_t number, Reason reason) { book(number, Fate::kDropped, reason, 0); }

  void icmp_errors(std::uint64_t count) { books_.icmp_errors += count; }

  void connected();
  // Of the bytes written on this connection the peer's kernel has this many. To be told when
  // wants_acknowledged(), or what is uncertain at the end is known less finely.
  // Returns how many of its messages that is.
  std::uint64_t acknowledged(std::uint64_t bytes) { return marks_.advance(bytes); }
  bool wants_acknowledged() const { return marks_.full(); }
  // The connection is over: it drained.
  void drained();
  // The connection ended in another way, when the peer's kernel had acknowledged so many of its
  // bytes: what lies behind them is uncertain, and listed.
  void lost(std::uint64_t acknowledged_bytes);
  // The same, but what is uncertain has no end yet, because it is to be written again: as if it had
  // not been written. Returns how many whole messages that is, the last ones of the connection.
  std::uint64_t lost_to_resend(std::uint64_t acknowledged_bytes);
  // Message `number` was cut, and is to be written again.
  void cut_to_resend(const DueMessage& message);
  // It was not: what the lost connection had of it is all.
  void not_resent(const DueMessage& message);

  // Of a ledger that shares, at the end: of the `count` messages that were numbered all that did
  // not end here ended elsewhere.
  void share(std::uint64_t count);

  const Books& books() const { return books_; }
  // How many messages have a number in this lane, after share().
  std::uint64_t numbered() const { return shares_ ? numbered_ : books_.due; }
  // Sorted and merged.
  const std::vector<FateInterval>& exceptions() { return exceptions_.intervals(); }
  // Valid after exceptions().
  bool overflowed() const {
    return exceptions_.overflowed() || own_.overflowed() || resent_.overflowed();
  }
  // Messages that were written again. Sorted and merged; the first 1,000 stretches.
  const std::vector<FateInterval>& resent() { return resent_.intervals(); }
  // Which messages were acknowledged on connections that ended badly, for each such connection the
  // first and the last: of those between, all but the exceptions. The first 100 connections. Of a
  // ledger that shares, where later connections may go back, exactly these, the first 1,000
  // stretches.
  std::vector<MessageInterval> acknowledged();

 private:
  void own(std::uint64_t first, std::uint64_t last);
  void again(std::uint64_t first, std::uint64_t last, const DueMessage& past);
  std::uint64_t end_acknowledged(std::uint64_t acknowledged_bytes);

  Books books_;
  IntervalRecorder exceptions_;
  const bool shares_;
  IntervalRecorder own_;  // of a ledger that shares: what ended here
  std::uint64_t numbered_ = 0;
  std::vector<MessageInterval> acknowledged_;
  IntervalRecorder shared_acknowledged_;
  IntervalRecorder resent_;
  // Streams: the messages written on the present connection. Cut ones are in the exceptions.
  IntervalRecorder open_;
  std::uint64_t open_whole_ = 0, open_cut_ = 0;
  std::uint64_t open_bytes_ = 0;  // of the whole ones
  OffsetQueue marks_;             // bytes -> whole ones
  bool ever_connected_ = false;
};

}  // namespace esm
