#include "sender/engine/lane_ledger.h"

#include <cassert>
#include <optional>

namespace esm {
namespace {

// Stretches of written bytes whose acknowledgement is awaited, told apart.
constexpr std::size_t kMarksMax = 4'096;
// Lost connections of which the acknowledged messages are listed.
constexpr std::size_t kAcknowledgedMax = 100;
// Stretches of messages that were written again, or acknowledged out of order.
constexpr std::size_t kResentMax = 1'000;

}  // namespace

LaneLedger::LaneLedger(bool stream, std::size_t intervals_max, bool shares)
    : exceptions_(intervals_max),
      shares_(shares),
      own_(intervals_max),
      shared_acknowledged_(kResentMax),
      resent_(kResentMax),
      open_(intervals_max),
      marks_(kMarksMax) {
  books_.stream = stream;
}

void LaneLedger::written(std::uint64_t first, std::uint64_t last, std::size_t bytes,
                         const DueMessage& past) {
  assert(first <= last);
  const std::uint64_t count = last - first + 1;
  books_.written += count;
  books_.bytes_written += bytes;
  if (past.before != Before::kNothing) {
    again(first, last, past);
  } else if (shares_) {
    own(first, last);
  }
  if (!books_.stream) return;
  open_whole_ += count;
  open_bytes_ += bytes;
  marks_.push(open_bytes_, open_whole_);
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
      if (books_.stream) ++open_cut_;
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
    case Fate::kElsewhere:
      assert(false);  // share()
      return;
  }
  if (shares_) own(number, number);
  exceptions_.add({number, number, fate, reason, error});
}

void LaneLedger::own(std::uint64_t first, std::uint64_t last) {
  books_.due += last - first + 1;
  own_.add({first, last, Fate::kWritten, Reason::kNone, 0});
}

void LaneLedger::share(std::uint64_t count) {
  if (!shares_) return;
  numbered_ = count;
  std::uint64_t next = 0;
  for (const FateInterval& mine : own_.intervals()) {
    if (mine.first > next) {
      exceptions_.add({next, mine.first - 1, Fate::kElsewhere, Reason::kNone, 0});
    }
    next = mine.last + 1;
  }
  // Behind an overflow nobody knows.
  if (next < count && !own_.overflowed()) {
    exceptions_.add({next, count - 1, Fate::kElsewhere, Reason::kNone, 0});
  }
}

void LaneLedger::connected() {
  assert(open_whole_ + open_cut_ == 0);
  ++books_.connections;
  if (ever_connected_) ++books_.reconnects;
  ever_connected_ = true;
  open_bytes_ = 0;
  marks_.clear();
}

void LaneLedger::drained() {
  if (!books_.stream) return;
  assert(open_cut_ == 0);
  books_.drained += open_whole_;
  open_.clear();
  open_whole_ = 0;
}

// Returns how many whole messages of the connection are not acknowledged.
std::uint64_t LaneLedger::end_acknowledged(std::uint64_t acknowledged_bytes) {
  const std::uint64_t acknowledged = marks_.advance(acknowledged_bytes);
  assert(acknowledged <= open_whole_);
  books_.acknowledged += acknowledged;
  const std::optional<MessageInterval> stretch =
      open_.remove_first(acknowledged, shares_ ? &shared_acknowledged_ : nullptr);
  if (stretch && acknowledged_.size() < kAcknowledgedMax) acknowledged_.push_back(*stretch);
  return open_whole_ - acknowledged;
}

std::vector<MessageInterval> LaneLedger::acknowledged() {
  if (!shares_) return acknowledged_;
  std::vector<MessageInterval> exact;
  for (const FateInterval& interval : shared_acknowledged_.intervals()) {
    exact.push_back({interval.first, interval.last});
  }
  return exact;
}

void LaneLedger::lost(std::uint64_t acknowledged_bytes) {
  if (!books_.stream) return;
  books_.uncertain += end_acknowledged(acknowledged_bytes) + open_cut_;
  exceptions_.take(open_);
  open_whole_ = open_cut_ = 0;
}

std::uint64_t LaneLedger::lost_to_resend(std::uint64_t acknowledged_bytes) {
  assert(books_.stream && open_cut_ == 0);
  const std::uint64_t open = end_acknowledged(acknowledged_bytes);
  books_.written -= open;
  open_.clear();
  open_whole_ = 0;
  return open;
}

void LaneLedger::cut_to_resend(const DueMessage& message) {
  if (message.before != Before::kNothing) {
    again(message.number, message.number, message);
  } else if (shares_) {
    own(message.number, message.number);
  }
}

void LaneLedger::not_resent(const DueMessage& message) {
  const bool cut = message.before == Before::kPart;
  ++books_.written;
  books_.cut += cut ? 1U : 0U;
  ++books_.uncertain;
  exceptions_.add(
      {message.number, message.number, cut ? Fate::kCut : Fate::kWritten, Reason::kNone, 0});
}

void LaneLedger::again(std::uint64_t first, std::uint64_t last, const DueMessage& past) {
  books_.resent += last - first + 1;
  if (!past.resent) resent_.add({first, last, Fate::kWritten, Reason::kNone, 0});
}

}  // namespace esm
