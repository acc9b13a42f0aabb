#include "sender/engine/lane.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <span>
#include <system_error>
#include <utility>
#include <variant>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/message/framing.h"

namespace esm {
namespace {

namespace asio = boost::asio;
using std::chrono::nanoseconds;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::uint32_t kBatchesInARow = 32;

// While nothing has started a receiver that appears late is to be found soon.
constexpr nanoseconds kFirstBackOffMax = std::chrono::milliseconds{500};

// What is uncertain on a lost connection is known to so many bytes, or to one message.
constexpr std::size_t kStretchBytes = 4'096;

// Intervals of exceptions kept for a lane, about 100 bytes of JSON each. That all lanes together
// still make a record that can be read back is bound_exceptions()' care, when it is written.
constexpr std::size_t kExceptionsMax = 10'000;

std::string_view hint_for(Reason reason) {
  switch (reason) {
    case Reason::kTooLong:
      return "make the message shorter or send it over TCP or TLS";
    case Reason::kNoBuffers:
      return "the local network queue is full: lower the rate";
    case Reason::kConnectionRefused:
      return "nothing listens there: start the listener or check the port";
    case Reason::kUnreachable:
      return "check the route to the receiver";
    case Reason::kNotPermitted:
      return "a local firewall or policy forbids it";
    case Reason::kTooLate:
      return "this sender or the receiver is too slow for the rate: lower it, use more threads or "
             "connections, or allow more lateness";
    case Reason::kQueueFull:
      return "lower the rate or the catch-up window";
    default:
      return "";
  }
}

// What was written once is written again however late.
bool is_late(const DueMessage& message, SimTime late_before) {
  return message.event.due < late_before && message.before == Before::kNothing;
}

std::string said_again(std::uint64_t messages) {
  if (messages == 0) return {};
  return fmt::format("; {} message{} not acknowledged {} to be sent again",
                     format_thousands(messages), messages == 1 ? "" : "s",
                     messages == 1 ? "is" : "are");
}

// Its jitter is drawn for this lane.
Reconnect reconnect_of(const LaneShared& shared, const Lane::Address& address) {
  const TransportOptions& options = shared.options.transport;
  const std::uint64_t within = (std::uint64_t{address.worker} << 32) | address.esm;
  const Identity lane{mix64(within + (std::uint64_t{address.target} << 48)), address.connection};
  return {{options.reconnect_first, options.reconnect_max}, shared.seed, lane};
}

}  // namespace

Lane::Lane(LaneShared& shared, const Address& address, bool digests, const Sizes& sizes,
           std::unique_ptr<Transport> transport)
    : shared_(shared),
      address_(address),
      digests_(digests),
      framing_(std::holds_alternative<UdpTarget>(shared.options.targets[address.target].kind)
                   ? Framing::kNone
                   : shared.options.transport.framing),
      frame_bytes_max_(framing_ == Framing::kNone ? 0 : kFrameOverheadMax),
      transport_(std::move(transport)),
      timer_(shared.io),
      reconnect_(reconnect_of(shared, address)),
      waiting_max_(sizes.waiting_max),
      queue_(sizes.waiting_max),
      batch_(sizes.batch_messages, sizes.batch_bytes),
      ledger_(shared.options.targets[address.target].is_stream(), kExceptionsMax,
              shared.options.distribution == Distribution::kFailOver) {
  if (shared.options.resend_unacked && ledger_.books().stream) kept_.emplace();
  transport_->on_loss([this](const Problem& problem) {
    if (!up_ || closing_) return;  // close() reports it itself
    idle_loss_ = problem;
    wake();
  });
}

asio::awaitable<void> Lane::run() {
  std::uint32_t batches = 0;
  while (true) {
    if (up_ && idle_loss_) {
      const Problem lost = *std::exchange(idle_loss_, std::nullopt);
      lose(lost);
    }
    if (shared_.stage >= Stage::kCutOff && !half_written_) break;
    if (!up_) {
      if (done_while_down()) break;
      co_await connect();
      continue;
    }
    if (shared_.stage == Stage::kConnecting) {
      co_await sleep_until(nanoseconds::max());
      continue;
    }
    if (!half_written_) fill_batch();
    if (batch_.empty()) {
      if (shared_.stage == Stage::kFlushing && shared_.events.may_leave(*this)) {
        if (!kept_) break;
        // What the receiver has not acknowledged goes out once more, if there is time.
        leaving_ = true;
        co_await goodbye();
        if (queue_.empty()) break;
        leaving_ = false;
        continue;
      }
      co_await sleep_until(nanoseconds::max());
      continue;
    }
    writing_ = true;
    co_await transport_->write(batch_, outcome_);
    writing_ = false;
    half_written_ = false;
    settle();
    // A transport that never has to wait would keep signals and other lanes waiting.
    if (++batches % kBatchesInARow == 0) co_await asio::post(shared_.io, kTuple);
  }
  leaving_ = true;
  shared_.events.leaves(*this);
  drop_all(gave_up_ || (holding_ && !up_) ? Reason::kDisconnected : Reason::kInterrupted);
  if (up_) {
    co_await goodbye();
  } else {
    lost_at_end_ = gave_up_ || (outage_cost_ > 0 && !aborted_write_);
  }
  shared_.events.finished();
}

// What is still waiting without a connection is worth waiting for only until it is too late.
bool Lane::done_while_down() {
  if (gave_up_) return true;
  if (shared_.stage != Stage::kFlushing) return false;
  drop_late(shared_.now());
  return queue_.empty() && shared_.events.may_leave(*this);
}

asio::awaitable<void> Lane::connect() {
  // When the back-off is over, it takes its turn among those that want to connect.
  if (reconnect_.wants_turn(shared_.clock.monotonic())) {
    reconnect_.take_turn(shared_.connect_turn());
  }
  if (nanoseconds until = reconnect_.next(); shared_.clock.monotonic() < until) {
    if (shared_.stage == Stage::kFlushing && !closed_loop() && !holding_ && !queue_.empty() &&
        queue_.front().before == Before::kNothing) {
      const nanoseconds late = shared_.started + shared_.scale.real_of(queue_.front().event.due) +
                               std::max(shared_.options.catch_up, Pacer::kTick) + nanoseconds{1};
      until = std::min(until, late);
    }
    co_await sleep_until(until);
    co_return;
  }
  reconnect_.attempt();
  opening_ = true;
  Problem problem = co_await transport_->open();
  opening_ = false;
  const nanoseconds now = shared_.clock.monotonic();
  if (!problem.happened) {
    const bool again = ledger_.books().connections > 0;
    up_ = true;
    reconnect_.connected(now, shared_.stage != Stage::kConnecting);
    idle_loss_.reset();
    ledger_.connected();
    peer_ = transport_->peer();
    shared_.events.connection_up(*this);
    if (again && shared_.options.distribution == Distribution::kFailOver) {
      tell(Severity::kWarning, "connected again",
           fmt::format("it has its turn again when it has stayed so for {}",
                       format_duration(Reconnect::kProven)));
    } else if (again && outage_cost_ > 0) {
      tell(Severity::kWarning, "connected again",
           holding_ ? "what found no room in the queue meanwhile is in the books as dropped: "
                      "queue-full"
                    : "what was due meanwhile is in the books as dropped: disconnected");
    }
    outage_cost_ = 0;
    co_return;
  }
  if (shared_.stage >= Stage::kCutOff || std::exchange(dismissed_, false)) co_return;
  problem_ = problem;
  if (problem.permanent || waited_long(now)) {
    give_up(problem);
    co_return;
  }
  reconnect_.failed(now,
                    shared_.stage == Stage::kConnecting ? kFirstBackOffMax : nanoseconds::max());
  tell(Severity::kWarning, problem.what + "; trying again", problem.hint);
}

// A closed loop stands still while a target is away, and must not do so for ever; nor may a
// receiver that accepts and closes without taking anything keep it going round.
bool Lane::waited_long(nanoseconds now) const {
  return closed_loop() && shared_.stage >= Stage::kPlaying && outage_began_ &&
         now - *outage_began_ >= shared_.options.transport.connect_timeout &&
         shared_.events.substitute(*this) == nullptr;
}

void Lane::give_up(const Problem& problem) {
  gave_up_ = true;
  if (shared_.stage != Stage::kConnecting) {
    tell(Severity::kError, problem.what + "; given up", problem.hint);
  }
  shared_.events.gave_up(*this);
  drop_all(Reason::kDisconnected);
}

asio::awaitable<void> Lane::goodbye() {
  if (shared_.stage == Stage::kAborted) {
    transport_->abort();
    ledger_.lost(transport_->acknowledged());
  } else {
    closing_ = true;
    const CloseOutcome outcome = co_await transport_->close();
    closing_ = false;
    const std::uint64_t uncertain = ledger_.books().uncertain;
    const std::uint64_t acknowledged = ledger_.books().acknowledged;
    ledger_.icmp_errors(outcome.icmp_errors);
    std::uint64_t again = 0;
    if (outcome.drained) {
      ledger_.drained();
    } else if (kept_ && shared_.stage == Stage::kFlushing) {
      again = take_back();
      reconnect_.lost(shared_.clock.monotonic());
    } else {
      ledger_.lost(transport_->acknowledged());
    }
    if (outcome.problem.happened && shared_.stage != Stage::kAborted) {
      std::string text = outcome.problem.what;
      if (again > 0) {
        text += said_again(again);
      } else if (const std::uint64_t cost = ledger_.books().uncertain - uncertain; cost > 0) {
        text += fmt::format("; {} message{} of this connection {} uncertain",
                            format_thousands(cost), cost == 1 ? "" : "s", cost == 1 ? "is" : "are");
      } else if (ledger_.books().acknowledged > acknowledged) {
        text += "; its kernel has acknowledged everything";
      }
      tell(Severity::kWarning, std::move(text), outcome.problem.hint);
    }
  }
  up_ = false;
  shared_.events.connection_down(*this);
}

asio::awaitable<void> Lane::sleep_until(nanoseconds monotonic) {
  if (monotonic == nanoseconds::max()) {
    timer_.expires_at(asio::steady_timer::time_point::max());
  } else {
    timer_.expires_after(monotonic - shared_.clock.monotonic());
  }
  asleep_ = true;
  co_await timer_.async_wait(kTuple);
  asleep_ = false;
}

void Lane::wake() {
  if (asleep_) timer_.cancel();
}

void Lane::write_or_wake() {
  // Awake it is busy with something that comes first.
  const bool ready = asleep_ && up_ && !half_written_ && !idle_loss_ &&
                     (shared_.stage == Stage::kPlaying || shared_.stage == Stage::kFlushing);
  if (!ready || !transport_->writes_at_once()) {
    wake();
    return;
  }
  while (up_) {
    fill_batch();
    if (batch_.empty()) return;
    half_written_ = !transport_->try_write(batch_, outcome_);
    if (half_written_) break;
    settle();
  }
  wake();
}

void Lane::dismiss() {
  dismissed_ = opening_;
  if (opening_) transport_->abort();
  wake();
}

void Lane::interrupt() {
  assert(shared_.stage >= Stage::kCutOff);
  const bool writing = writing_ || half_written_;
  // A write that people end by a second signal is no loss of the receiver.
  aborted_write_ = aborted_write_ || (writing && shared_.stage == Stage::kAborted);
  if (opening_ || writing || (closing_ && shared_.stage == Stage::kAborted)) transport_->abort();
  wake();
}

SimTime Lane::late_before(nanoseconds now) const {
  return closed_loop() ? SimTime::min() : shared_.pacer->late_before(now);
}

inline void Lane::take(const Event& event, std::uint64_t number, SimTime late_before) {
  // A closed loop waits out an outage; an open one says what it could not send.
  const bool accepting = !gave_up_ && (up_ || closed_loop() || holding_);
  const Reason reason = queue_.admit(event.due, late_before, accepting);
  if (reason != Reason::kNone) [[unlikely]] {
    drop({event, number, false}, reason);
    return;
  }
  queue_.push(event, number);
}

void Lane::offer(std::span<const Event> events, SimTime late_before) {
  shared_.totals.due += events.size();
  std::uint64_t number = ledger_.due(events.size());
  for (const Event& event : events) take(event, number++, late_before);
}

void Lane::offer_shared(const DueMessage& message, SimTime late_before) {
  note_order(message);
  take(message.event, message.number, late_before);
}

void Lane::note_order(const DueMessage& message) {
  order_relaxed_ = order_relaxed_ || message.number < next_number_;
  next_number_ = std::max(next_number_, message.number + 1);
}

void Lane::hand_over(Lane& to) {
  if (queue_.empty()) return;
  if (holding_) to.hold(true);
  for (std::size_t left = queue_.waiting(); left > 0; --left) {
    const DueMessage message = queue_.pop();
    // What it may have got goes to no other.
    const bool stays = message.before != Before::kNothing;
    if (!stays) to.note_order(message);
    (stays ? queue_ : to.queue_).push(message);
  }
}

// Every message that becomes due is in the digest, whatever becomes of it: what is dropped is
// rendered for that alone.
void Lane::drop(const DueMessage& message, Reason reason) {
  if (message.before != Before::kNothing) return ledger_.not_resent(message);
  if (digests_ && !message.digested) {
    char* const begin = shared_.scratch.data();
    const char* const end = shared_.renderer.render(message.event, begin);
    shared_.account(message.event, {begin, static_cast<std::size_t>(end - begin)});
  }
  ledger_.drop(message.number, reason);
  ++shared_.totals.dropped;
  if (!up_) ++outage_cost_;
  if (reason == Reason::kTooLate || reason == Reason::kQueueFull) tell_reason_once(reason, 0);
}

void Lane::drop_late(nanoseconds now) {
  if (holding_) return;
  const SimTime late = late_before(now);
  while (!queue_.empty() && is_late(queue_.front(), late)) drop(queue_.pop(), Reason::kTooLate);
}

void Lane::drop_all(Reason reason) {
  if (queue_.empty()) return;
  if (shared_.stage == Stage::kCutOff) {
    tell(Severity::kWarning,
         fmt::format("not all that was due could be written within the drain time of {}",
                     format_duration(shared_.options.drain)),
         "allow more time to drain, or lower the rate");
  }
  while (!queue_.empty()) drop(queue_.pop(), reason);
  shared_.last_fate = std::max(shared_.last_fate, shared_.now());
}

inline void Lane::digest(DueMessage& message, const char* begin, const char* end) {
  if (!digests_ || message.digested) return;
  shared_.account(message.event, {begin, static_cast<std::size_t>(end - begin)});
  message.digested = true;
}

void Lane::fill_batch() {
  batch_.clear();
  if (queue_.empty()) {
    if (holding_) hold(false);
    return;
  }
  const SimTime late = late_before(closed_loop() ? nanoseconds{} : shared_.now());
  const std::size_t message_bytes_max = shared_.renderer.room() + frame_bytes_max_;
  while (!queue_.empty() && batch_.has_room(message_bytes_max)) {
    if (!holding_ && is_late(queue_.front(), late)) {
      if (queue_.flying() > 0) break;  // behind what was written before, or handed over
      drop(queue_.pop(), Reason::kTooLate);
      continue;
    }
    DueMessage& message = queue_.launch();
    char* const begin = batch_.tail();
    char* end = shared_.renderer.render(message.event, begin);
    digest(message, begin, end);
    if (framing_ != Framing::kNone) end = frame(framing_, begin, end);
    batch_.commit(end, message.event.due);
  }
}

// Books messages `begin` to `end` of the flight as written. Dropped ones leave gaps between the
// numbers: by stretches without a gap, and not too long ones, because the acknowledgement of each
// is known as a whole.
void Lane::book_written(std::size_t begin, std::size_t end) {
  const std::span<const Batch::Message> bytes = batch_.messages();
  const std::uint64_t first = queue_.flight(begin).number;
  const bool gaps = kept_ || queue_.flight(end - 1).number - first != end - 1 - begin;
  for (std::size_t i = begin; i < end;) {
    std::size_t next = i + 1;
    while (next < end && bytes[next].end - bytes[i].begin <= kStretchBytes &&
           (!gaps || (queue_.flight(next).number == queue_.flight(next - 1).number + 1 &&
                      queue_.flight(next).same_past(queue_.flight(i))))) {
      ++next;
    }
    ledger_.written(queue_.flight(i).number, queue_.flight(next - 1).number,
                    bytes[next - 1].end - bytes[i].begin, queue_.flight(i));
    i = next;
  }
  if (ledger_.wants_acknowledged()) ledger_.acknowledged(transport_->acknowledged());
}

// One reading of the clock serves the whole batch.
void Lane::settle() {
  const nanoseconds now = shared_.now();
  waited_ += outcome_.waited;
  std::size_t settled = 0;
  for (const FateRun& run : outcome_.runs) {
    const std::size_t end = settled + run.count;
    assert(end <= queue_.flying());
    switch (run.fate) {
      case Fate::kWritten:
        shared_.totals.written += run.count;
        outage_began_.reset();
        book_written(settled, end);
        if (kept_) keep(settled, end, run.fate);
        break;
      case Fate::kCut:
        shared_.totals.written += run.count;
        if (kept_) keep(settled, end, run.fate);
        break;
      case Fate::kRefused:
        shared_.totals.refused += run.count;
        tell_reason_once(run.reason, run.error);
        break;
      case Fate::kDropped:
        shared_.totals.dropped += run.count;
        break;
      case Fate::kElsewhere:
        assert(false);  // no transport knows of others
        break;
    }
    if (closed_loop() && run.fate == Fate::kWritten) settled = end;  // nobody asks how late
    for (; settled < end; ++settled) {
      const DueMessage& message = queue_.flight(settled);
      if (run.fate == Fate::kCut && kept_) {
        ledger_.cut_to_resend(message);
      } else if (run.fate != Fate::kWritten) {
        ledger_.book(message.number, run.fate, run.reason, run.error);
        if (run.fate != Fate::kCut) continue;
      }
      if (closed_loop() || message.before != Before::kNothing) continue;
      const nanoseconds lateness = now - shared_.scale.real_of(message.event.due);
      shared_.lateness.record(lateness);
      shared_.lateness_max = std::max(shared_.lateness_max, lateness);
    }
  }
  // Only a lost connection leaves messages without a fate.
  assert(outcome_.lost || settled == queue_.flying());
  queue_.land(settled);
  ledger_.icmp_errors(outcome_.icmp_errors);
  if (outcome_.problem.happened && !outcome_.lost) {
    tell(Severity::kWarning, outcome_.problem.what, outcome_.problem.hint);
  }
  shared_.last_fate = std::max(shared_.last_fate, now);
  if (outcome_.lost) lose(outcome_.problem);
  shared_.events.settled();
}

// Of messages `begin` to `end` of the flight the connection has got all or a part.
void Lane::keep(std::size_t begin, std::size_t end, Fate fate) {
  const std::span<const Batch::Message> bytes = batch_.messages();
  for (std::size_t i = begin; i < end; ++i) {
    const DueMessage& message = queue_.flight(i);
    // It was counted when it was written for the first time.
    if (message.before != Before::kNothing) --shared_.totals.written;
    if (fate == Fate::kCut) {
      kept_->keep_part(message);
    } else {
      kept_->keep_whole(message, bytes[i].end - bytes[i].begin);
    }
  }
  if (kept_->asks()) kept_->forget(ledger_.acknowledged(transport_->acknowledged()));
}

// The connection is over: what it had and did not acknowledge is to be written again, before all
// that waits. Returns how many messages that is.
std::uint64_t Lane::take_back() {
  return kept_->put_back(ledger_.lost_to_resend(transport_->acknowledged()), queue_);
}

// With --outage queue:N what is due while the connection is away waits, however late it becomes,
// until it has been sent.
void Lane::hold(bool on) {
  const std::optional<std::uint64_t>& held = shared_.options.outage_queue;
  if (!held || closed_loop()) return;
  holding_ = on;
  queue_.set_waiting_max(on ? static_cast<std::size_t>(*held) : waiting_max_);
}

void Lane::lose(const Problem& problem) {
  const nanoseconds now = shared_.clock.monotonic();
  up_ = false;
  hold(true);
  idle_loss_.reset();
  problem_ = problem;
  std::uint64_t again = 0;
  if (kept_) {
    again = take_back();
  } else {
    ledger_.lost(transport_->acknowledged());
  }
  if (!outage_began_) outage_began_ = now;
  outage_cost_ = 0;
  reconnect_.lost(now);
  shared_.events.connection_down(*this);
  if (shared_.stage >= Stage::kCutOff) return;  // our own doing
  // In a closed loop a receiver that does not read would be connected to for ever: every connection
  // takes as much as its buffers hold.
  if (waited_long(now) || (closed_loop() && problem.stalled)) {
    give_up(problem);
  } else {
    const Lane* const other = shared_.events.substitute(*this);
    const std::string meanwhile =
        other == nullptr ? std::string()
                         : fmt::format("; {} gets what is due",
                                       shared_.options.targets[other->address_.target].text);
    tell(Severity::kWarning,
         fmt::format("connection lost: {}{}{}", problem.what, meanwhile, said_again(again)),
         problem.hint);
  }
}

void Lane::tell(Severity severity, std::string problem, std::string hint) {
  shared_.events.trouble({address_.target, severity, std::move(problem), std::move(hint)});
}

void Lane::tell_reason_once(Reason reason, int error) {
  bool& told = told_[static_cast<std::size_t>(reason)];
  if (std::exchange(told, true)) return;
  const bool dropped = reason == Reason::kTooLate || reason == Reason::kQueueFull;
  tell(Severity::kWarning,
       fmt::format("messages are {}: {}{}", dropped ? "dropped" : "refused", name_of(reason),
                   error == 0 ? "" : fmt::format(" ({})", std::generic_category().message(error))),
       std::string(hint_for(reason)));
}

}  // namespace esm
