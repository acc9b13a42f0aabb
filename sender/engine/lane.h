// One connection's worth of a run: takes the messages due for one (target, ESM, connection), writes
// them in batches, opens the connection again when it is lost, and books every fate. Lives on its
// worker's io_context; nothing here is thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "sender/base/clock.h"
#include "sender/base/hash.h"
#include "sender/base/random.h"
#include "sender/engine/lane_ledger.h"
#include "sender/engine/lane_queue.h"
#include "sender/engine/pacer.h"
#include "sender/engine/player.h"
#include "sender/engine/reconnect.h"
#include "sender/engine/resend_memory.h"
#include "sender/engine/trouble_log.h"
#include "sender/message/batch.h"
#include "sender/message/renderer.h"
#include "sender/report/histogram.h"
#include "sender/transport/transport.h"

namespace esm {

// How far a worker's part of the run has come; it only ever moves on.
enum class Stage : std::uint8_t {
  kConnecting,  // the clock stands until every lane of the run is ready
  kPlaying,
  kFlushing,  // nothing more becomes due; what is due is still written
  kCutOff,    // the drain time is over: nothing more is written, connections say goodbye
  kAborted,   // at once, without goodbyes
};

class Lane;

// What a lane tells its worker.
class LaneEvents {
 public:
  virtual void connection_up(Lane& lane) = 0;
  // What waits in it may go to another lane now.
  virtual void connection_down(Lane& lane) = 0;
  // With fail-over, the lane that gets its messages while it is down; null: there is none now.
  virtual const Lane* substitute(const Lane& lane) const = 0;
  virtual void trouble(Trouble trouble) = 0;
  // With fail-over: no lane of its way has messages any more that this one may have to take.
  virtual bool may_leave(const Lane& lane) const = 0;
  virtual void leaves(Lane& lane) = 0;
  // A batch has its fates: the totals have changed, and there may be room in the queue again.
  virtual void settled() = 0;
  // The lane will not send again: trying on cannot help, or a closed loop has waited long enough.
  virtual void gave_up(Lane& lane) = 0;
  virtual void finished() = 0;

 protected:
  ~LaneEvents() = default;
};

// Sums over a worker's lanes, read by others through its Progress.
struct LaneTotals {
  std::uint64_t due = 0, written = 0, refused = 0, dropped = 0;
};

// What the lanes of a worker share.
struct LaneShared {
  boost::asio::io_context& io;
  const Clock& clock;
  const PlayOptions& options;
  std::uint64_t seed;
  LaneEvents& events;
  Renderer& renderer;
  std::string scratch;  // where a dropped message is rendered for the digest; room() bytes
  TimeScale scale;
  const Pacer* pacer = nullptr;  // null: closed loop, nothing is ever late
  Digest digest{};
  std::vector<std::uint64_t> faults{};  // messages in the digest, by Event::fault from 1
  Histogram lateness{};
  LaneTotals totals{};
  Stage stage = Stage::kConnecting;
  std::chrono::nanoseconds started{};       // clock.monotonic() when the run's clock started
  std::chrono::nanoseconds last_fate{};     // real time since then
  std::chrono::nanoseconds lateness_max{};  // since it was last published

  std::chrono::nanoseconds next_connect{};  // monotonic: when the next lane may connect

  std::chrono::nanoseconds now() const { return clock.monotonic() - started; }
  // A moment for one more connection, at most as many a second as PlayOptions::connect_rate allows.
  std::chrono::nanoseconds connect_turn() {
    const std::chrono::nanoseconds turn = std::max(clock.monotonic(), next_connect);
    if (options.connect_rate) {
      next_connect = turn + options.connect_rate->per * options.workers /
                                static_cast<std::int64_t>(options.connect_rate->messages);
    }
    return turn;
  }

  // A message became due, and this is what it says.
  void account(const Event& event, std::string_view message) {
    digest.add(hash128(message));
    if (event.fault > 0) ++faults[event.fault - 1U];
  }
};

class Lane {
 public:
  struct Address {
    std::uint32_t worker = 0, target = 0, esm = 0, connection = 0, connections = 1;
  };
  struct Sizes {
    std::size_t waiting_max, batch_messages, batch_bytes;
  };

  // `shared` must outlive the lane. `digests`: what becomes due in it is added to the run's digest;
  // each event passes exactly one lane that does.
  Lane(LaneShared& shared, const Address& address, bool digests, const Sizes& sizes,
       std::unique_ptr<Transport> transport);

  // The whole life: connects, writes until the stage says stop, says goodbye.
  boost::asio::awaitable<void> run();

  // Events of this lane have become due. `late_before`: as from Pacer::late_before, SimTime::min()
  // in a closed loop. Takes them or drops them; either way they are in the books. wake()
  // afterwards.
  void offer(std::span<const Event> events, SimTime late_before);
  // With fail-over: the same of a message that has its number among the lanes of its way already.
  void offer_shared(const DueMessage& message, SimTime late_before);
  // Those that wait go on to another lane of the way. wake() that afterwards.
  void hand_over(Lane& to);
  // It may be given messages and is sure to have a connection for them, as far as one can be seen.
  bool is_up() const { return up_ && !leaving_ && !idle_loss_; }
  // And not only just again.
  bool stands() {
    if (is_up() && reconnect_.is_fresh()) reconnect_.look(shared_.clock.monotonic());
    return is_up() && !reconnect_.is_fresh();
  }
  bool is_gone() const { return gave_up_ || leaving_; }
  // Nothing of it is without a fate.
  bool is_idle() const { return queue_.empty() && queue_.flying() == 0; }
  // Nobody will need it to take over any more.
  void dismiss();
  // Messages that were handed over left behind later ones.
  bool order_relaxed() const { return order_relaxed_; }
  // How many more offers find room.
  std::size_t room() const { return queue_.room(); }

  // Something the lane may be waiting for has happened: offers, another stage.
  void wake();
  // After offers: writes them at once where the transport can, else as wake().
  void write_or_wake();
  // After the stage became kCutOff or kAborted: ends an operation that is under way.
  void interrupt();

  const Address& address() const { return address_; }
  LaneLedger& ledger() { return ledger_; }
  const std::string& peer() const { return peer_; }
  std::string certificate() const { return transport_->certificate(); }
  bool was_ready() const { return ledger_.books().connections > 0; }
  // The last reason why the connection could not be made or was lost.
  const Problem& problem() const { return problem_; }
  // Messages were lost to an outage that was not over when the lane ended.
  bool lost_at_end() const { return lost_at_end_; }
  // How long in all its writes stood still before a receiver that did not make room.
  std::chrono::nanoseconds waited() const { return waited_; }

 private:
  void take(const Event& event, std::uint64_t number, SimTime late_before);
  void note_order(const DueMessage& message);
  bool closed_loop() const { return shared_.pacer == nullptr; }
  SimTime late_before(std::chrono::nanoseconds now) const;
  bool done_while_down();
  bool waited_long(std::chrono::nanoseconds now) const;

  boost::asio::awaitable<void> connect();
  boost::asio::awaitable<void> goodbye();
  boost::asio::awaitable<void> sleep_until(std::chrono::nanoseconds monotonic);

  void drop(const DueMessage& message, Reason reason);
  void drop_late(std::chrono::nanoseconds now);
  void drop_all(Reason reason);
  void digest(DueMessage& message, const char* begin, const char* end);
  void fill_batch();
  void settle();
  void book_written(std::size_t begin, std::size_t end);
  void keep(std::size_t begin, std::size_t end, Fate fate);
  std::uint64_t take_back();
  void lose(const Problem& problem);
  void hold(bool on);
  void give_up(const Problem& problem);
  void tell(Severity severity, std::string problem, std::string hint);
  void tell_reason_once(Reason reason, int error);

  LaneShared& shared_;
  const Address address_;
  const bool digests_;
  const Framing framing_;
  const std::size_t frame_bytes_max_;
  std::unique_ptr<Transport> transport_;
  boost::asio::steady_timer timer_;
  Reconnect reconnect_;
  const std::size_t waiting_max_;
  LaneQueue queue_;
  std::optional<ResendMemory> kept_;  // with --resend-unacked, of a stream
  Batch batch_;
  WriteOutcome outcome_;
  LaneLedger ledger_;

  bool up_ = false;
  bool opening_ = false;
  bool writing_ = false;
  bool half_written_ = false;  // the batch; write() goes on with it
  bool closing_ = false;
  bool gave_up_ = false;
  bool dismissed_ = false;      // while it was connecting
  bool leaving_ = false;        // it says goodbye, or has
  bool order_relaxed_ = false;  // of what was handed over
  std::uint64_t next_number_ = 0;
  bool holding_ = false;  // what is due waits for the connection, however late
  bool lost_at_end_ = false;
  bool aborted_write_ = false;
  bool asleep_ = false;
  std::optional<Problem> idle_loss_;
  Problem problem_;
  std::string peer_;
  // Monotonic: since when nothing has been written because of losses.
  std::optional<std::chrono::nanoseconds> outage_began_;
  std::uint64_t outage_cost_ = 0;  // messages dropped in the present outage
  std::array<bool, kReasonCount> told_{};
  std::chrono::nanoseconds waited_{};
};

}  // namespace esm
