#include "sender/engine/worker.h"

#include <algorithm>
#include <cassert>
#include <exception>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/report/lane_rule.h"

namespace esm {
namespace {

namespace asio = boost::asio;
using std::chrono::nanoseconds;

// Events taken from the schedule at a time.
constexpr std::size_t kChunk = 256;
// Messages beyond the catch-up window that are put into the books before the loop looks at signals
// and sockets again.
constexpr std::size_t kLateMax = 65'536;

constexpr std::uint16_t kEsmUnknown = 0xFFFF;

constexpr std::size_t kUdpBatchMessages = 64;    // one sendmmsg
constexpr std::size_t kUdpGroupsMessages = 256;  // of one length they are four groups
// A receiver that keeps up sleeps between two writes, and the sender pays for waking it: 768 KiB at
// a time are a fifth faster over TCP than 256 KiB and a sixth over TLS, and, with what the queue
// knows of the messages, still stay in a second cache of 1 MiB until they are sent. Many streams
// share the memory that a few would take; of these none is that fast.
constexpr std::size_t kStreamBatchBytesMin = std::size_t{16} * 1024;
constexpr std::size_t kStreamBatchBytesMax = std::size_t{768} * 1024;
constexpr std::size_t kStreamBatchesBytes = std::size_t{16} * 1024 * 1024;  // of all of a worker
// A small batch holds at least as many messages as would fill it if they were so short.
constexpr std::size_t kShortMessageBytes = 64;
constexpr std::size_t kUdpBatchBytesMax = 1024 * 1024;

// Coroutines of the engine do not throw; if memory runs out the program ends.
void rethrow(const std::exception_ptr& error) {
  if (error) std::rethrow_exception(error);
}

// Precise pacing: a timer rings some tens of microseconds late, so the last stretch before a due
// time is spun away.
constexpr nanoseconds kSpin = std::chrono::microseconds{100};
// Meanwhile others get their turn: signals, connections. So they do in a closed loop that never has
// to wait, after so many chunks: a few system calls for hundreds of sends.
constexpr nanoseconds kTurn = std::chrono::microseconds{500};
constexpr std::uint32_t kChunksInARow = 64;

Lane::Sizes sizes_for(const Target& target, std::size_t message_bytes_max, std::size_t lanes,
                      const PlayOptions& options) {
  const bool closed_loop = !options.speed.has_value();
  Lane::Sizes sizes{};
  // Memory is bounded however many lanes there are; few lanes get what is fast.
  sizes.waiting_max = closed_loop ? std::clamp<std::size_t>(65'536 / lanes, 2 * kChunk, 4'096)
                                  : std::clamp<std::size_t>((1U << 22) / lanes, 4'096, 1U << 20);
  const std::size_t framed = message_bytes_max + kFrameOverheadMax;
  if (std::holds_alternative<UdpTarget>(target.kind)) {
    sizes.batch_messages = options.transport.udp_gso ? kUdpGroupsMessages : kUdpBatchMessages;
    sizes.batch_bytes =
        std::max(framed, std::min(kUdpBatchBytesMax, sizes.batch_messages * framed));
  } else {
    const std::size_t bytes =
        std::clamp(kStreamBatchesBytes / lanes, kStreamBatchBytesMin, kStreamBatchBytesMax);
    sizes.batch_messages = std::clamp<std::size_t>(bytes / kShortMessageBytes, 1'024, 4'096);
    sizes.batch_bytes = std::max(framed, bytes);
  }
  return sizes;
}

void raise_to(std::atomic<std::int64_t>& value, std::int64_t candidate) {
  if (candidate > value.load(std::memory_order_relaxed)) {
    value.store(candidate, std::memory_order_relaxed);
  }
}

}  // namespace

Worker::Worker(const PlaySeams& seams, const Plan& plan, const Templates& templates,
               const PlayOptions& options, std::uint32_t index, WorkerEvents& events,
               Diagnostics& diagnostics)
    : plan_(plan),
      options_(options),
      index_(index),
      events_(events),
      renderer_(templates, plan, options.epoch),
      shared_{.io = io_,
              .clock = seams.clock,
              .options = options,
              .seed = plan.seed(),
              .events = *this,
              .renderer = renderer_,
              .scratch = std::string(renderer_.room(), '\0'),
              .scale = TimeScale(options.speed.value_or(Speed{})),
              .faults = std::vector<std::uint64_t>(plan.scenario().faults.size())},
      weighted_(weighted_targets(options)),
      chunk_(kChunk),
      pace_timer_(io_),
      drain_timer_(io_) {
  if (options.speed) {
    // All threads together must not overrun a receiver.
    const std::size_t burst_max = std::max<std::size_t>(Pacer::kBurstMax / options.workers, 8);
    pacer_.emplace(shared_.scale, options.catch_up,
                   options.pacing == Pacing::kPrecise ? nanoseconds{0} : Pacer::kTick, burst_max);
    shared_.pacer = &*pacer_;
  }
  const auto esms = static_cast<std::uint32_t>(plan.scenario().esms.size());
  std::size_t lane_count = 0;
  for (const Target& target : options.targets) {
    // A file has no connections to spread over.
    const bool file = std::holds_alternative<FileTarget>(target.kind) ||
                      std::holds_alternative<NullTarget>(target.kind);
    const std::uint32_t connections = file ? 1 : options.connections;
    target_lanes_.push_back({lane_count, connections});
    lane_count += std::size_t{esms} * connections;
  }
  for (std::uint32_t t = 0; t < options.targets.size(); ++t) {
    const Target& target = options.targets[t];
    // Each event passes exactly one of the lanes that digest.
    const bool digests = t == 0 || options.distribution != Distribution::kAll;
    const Lane::Sizes sizes = sizes_for(target, renderer_.room(), lane_count, options);
    for (std::uint32_t e = 0; e < esms; ++e) {
      for (std::uint32_t c = 0; c < target_lanes_[t].connections; ++c) {
        std::unique_ptr<Transport> transport = seams.make_transport(
            io_, target, options.transport, plan.scenario().esms[e].source, diagnostics);
        if (!transport) return;
        const Lane::Address address{index, t, e, c, target_lanes_[t].connections};
        lanes_.push_back(
            std::make_unique<Lane>(shared_, address, digests, sizes, std::move(transport)));
      }
    }
  }
  if (options.distribution == Distribution::kFailOver) {
    fail_over_.emplace(lanes_, options.targets.size(), lane_count / options.targets.size());
  }
  each_lane_gets_all_ =
      options.distribution == Distribution::kAll && lane_count == options.targets.size();
  touched_.reserve(lanes_.size());
  is_touched_.resize(lanes_.size());
}

void Worker::run() {
  schedule_.emplace(plan_, options_.shard.split(index_, options_.workers));
  const std::size_t esm_count = plan_.scenario().esms.size();
  assert(esm_count < kEsmUnknown);
  if (esm_count > 1) {
    const std::size_t parts = std::size_t{options_.shard.count} * options_.workers;
    esms_.resize(plan_.endpoint_count() / parts + 1, kEsmUnknown);
  }
  events_.built();
  lanes_running_ = lanes_.size();
  for (const std::unique_ptr<Lane>& lane : lanes_) asio::co_spawn(io_, lane->run(), rethrow);
  asio::co_spawn(io_, pace(), rethrow);
  io_.run();
  if (fail_over_) fail_over_->share();
  publish();
  events_.finished();
}

void Worker::start(nanoseconds started) {
  asio::post(io_, [this, started] {
    if (shared_.stage != Stage::kConnecting) return;
    shared_.started = started;
    enter(Stage::kPlaying);
  });
}

void Worker::stop() {
  asio::post(io_, [this] {
    stop_requested_ = true;
    if (shared_.stage == Stage::kConnecting) enter(Stage::kAborted);
    if (pacing_asleep_) pace_timer_.cancel();
  });
}

void Worker::abort() {
  asio::post(io_, [this] { enter(Stage::kAborted); });
}

nanoseconds Worker::take_lateness_max() {
  return nanoseconds{progress_.lateness_max_ns.exchange(0, std::memory_order_relaxed)};
}

void Worker::enter(Stage stage) {
  if (stage <= shared_.stage) return;
  shared_.stage = stage;
  for (const std::unique_ptr<Lane>& lane : lanes_) {
    if (stage >= Stage::kCutOff) {
      lane->interrupt();
    } else {
      lane->wake();
    }
  }
  if (pacing_asleep_) pace_timer_.cancel();
  if (stage == Stage::kAborted) drain_timer_.cancel();
}

void Worker::settled() {
  publish();
  if (waiting_for_room_ && lanes_have_room()) {
    waiting_for_room_ = false;
    pace_timer_.cancel();
  }
}

const Lane* Worker::substitute(const Lane& lane) const {
  return fail_over_ ? fail_over_->substitute(lane) : nullptr;
}

bool Worker::may_leave(const Lane& lane) const {
  return !fail_over_ || fail_over_->may_leave(lane);
}

void Worker::leaves(Lane& lane) {
  if (fail_over_ && shared_.stage == Stage::kFlushing) fail_over_->leaves(lane);
}

void Worker::connection_up(Lane& lane) {
  events_.connection(1);
  if (fail_over_ && fail_over_->connection_up(lane)) events_.way(1);
}

void Worker::connection_down(Lane& lane) {
  events_.connection(-1);
  if (fail_over_ && fail_over_->connection_down(lane)) events_.way(-1);
}

void Worker::gave_up(Lane& lane) {
  if (fail_over_ && shared_.stage != Stage::kConnecting && fail_over_->gave_up(lane)) return;
  // A closed loop has nothing to wait for any more: without this it would rush through the rest of
  // the plan, dropping it, until the coordinator's stop arrives.
  if (!options_.speed) {
    stop_requested_ = true;
    if (pacing_asleep_) pace_timer_.cancel();
  }
  events_.gave_up();
}

void Worker::finished() {
  assert(lanes_running_ > 0);
  if (--lanes_running_ == 0) drain_timer_.cancel();
}

void Worker::publish() {
  const auto set = [](auto& to, auto value) { to.store(value, std::memory_order_relaxed); };
  set(progress_.due, shared_.totals.due);
  set(progress_.written, shared_.totals.written);
  set(progress_.refused, shared_.totals.refused);
  set(progress_.dropped, shared_.totals.dropped);
  raise_to(progress_.lateness_max_ns, shared_.lateness_max.count());
  shared_.lateness_max = nanoseconds{0};
}

asio::awaitable<void> Worker::sleep_until(nanoseconds real) {
  constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
  if (real == nanoseconds::max()) {
    pace_timer_.expires_at(asio::steady_timer::time_point::max());
  } else {
    pace_timer_.expires_after(real - shared_.now());
  }
  pacing_asleep_ = true;
  co_await pace_timer_.async_wait(kTuple);
  pacing_asleep_ = false;
}

std::uint32_t Worker::esm_of(std::uint32_t endpoint) {
  if (esms_.empty()) return 0;
  std::uint16_t& known = esms_[endpoint / (std::size_t{options_.shard.count} * options_.workers)];
  if (known == kEsmUnknown) known = static_cast<std::uint16_t>(plan_.esm(endpoint));
  return known;
}

void Worker::touch(std::size_t lane) {
  if (is_touched_[lane] != 0) return;
  is_touched_[lane] = 1;
  touched_.push_back(lane);
}

void Worker::offer(std::span<const Event> events, SimTime late_before) {
  if (!each_lane_gets_all_) {
    for (const Event& event : events) offer_by_rule(event, late_before);
    return;
  }
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    lanes_[lane]->offer(events, late_before);
    touch(lane);
  }
}

void Worker::offer_by_rule(const Event& event, SimTime late_before) {
  const std::uint32_t esm = esm_of(event.endpoint);
  // By this target the lanes are chosen; with fail-over, the ways.
  const auto lane_at = [&](const TargetLanes& target) {
    const std::uint32_t connection = target.connections == 1
                                         ? 0
                                         : connection_of(event.endpoint, options_.shard.count,
                                                         options_.workers, target.connections);
    return target.first + std::size_t{esm} * target.connections + connection;
  };
  if (fail_over_) {
    ++shared_.totals.due;
    touch(fail_over_->offer(lane_at(target_lanes_.front()), event, late_before));
    return;
  }
  std::span<const TargetLanes> targets = target_lanes_;
  if (weighted_) targets = targets.subspan(weighted_->of(event.endpoint), 1);
  for (const TargetLanes& target : targets) {
    const std::size_t lane = lane_at(target);
    lanes_[lane]->offer({&event, 1}, late_before);
    touch(lane);
  }
}

// Events due before `until`, at most `count_max`, go to the lanes of their targets.
std::size_t Worker::release(SimTime until, std::size_t count_max, SimTime late_before) {
  std::size_t total = 0;
  while (total < count_max) {
    const std::span<Event> room{chunk_.data(), std::min(chunk_.size(), count_max - total)};
    const std::size_t count = schedule_->next(room, until);
    if (count == 0) break;
    offer(room.first(count), late_before);
    progress_.simulated_ns.store(room[count - 1].due.count(), std::memory_order_relaxed);
    total += count;
    if (count < room.size()) break;
  }
  events_released_ += total;
  // Without a connection their fate is sealed here.
  if (total > 0) shared_.last_fate = std::max(shared_.last_fate, shared_.now());
  for (const std::size_t lane : touched_) {
    lanes_[lane]->write_or_wake();
    is_touched_[lane] = 0;
  }
  touched_.clear();
  publish();
  return total;
}

asio::awaitable<void> Worker::pace() {
  while (shared_.stage == Stage::kConnecting) co_await sleep_until(nanoseconds::max());
  if (shared_.stage != Stage::kPlaying) co_return;
  if (pacer_) {
    co_await pace_open();
  } else {
    co_await pace_closed();
  }
  if (shared_.stage != Stage::kPlaying) co_return;
  enter(Stage::kFlushing);
  begin_drain();
}

asio::awaitable<void> Worker::pace_open() {
  nanoseconds stop_at = options_.stop_after.value_or(nanoseconds::max());
  nanoseconds give_up_at = nanoseconds::max();
  while (shared_.stage == Stage::kPlaying) {
    const nanoseconds real = shared_.now();
    if (stop_requested_ && give_up_at == nanoseconds::max()) {
      // Or a schedule that is faster than this machine would run away from its own end.
      stop_at = std::min(stop_at, real);
      give_up_at = real + options_.drain;
    }
    const nanoseconds now = std::min(real, stop_at);
    const Pacer::Step step = pacer_->step(now);
    // What is too late does not wait for the lane's next batch: it is booked here.
    if (release(step.late_before, kLateMax, step.late_before) == kLateMax) {
      if (real >= give_up_at) {
        tell_unbooked(now);
        co_return;
      }
      co_await sleep_until(now);
      continue;
    }
    const std::size_t released = release(step.until, step.count_max, step.late_before);
    if (stop_requested_ || now == stop_at) {
      // Whatever had become due by now is due, though the pacer would have spread it a little.
      const SimTime reached = shared_.scale.sim_at(now);
      const SimTime until = reached == kNever ? kNever : reached + SimTime{1};
      while (release(until, kLateMax, step.late_before) == kLateMax) {
        if (shared_.now() >= give_up_at) {
          tell_unbooked(now);
          co_return;
        }
        co_await sleep_until(now);
        if (shared_.stage != Stage::kPlaying) co_return;
      }
      walked_ = schedule_->next_due() == kNever;
      co_return;
    }
    const nanoseconds wake = pacer_->wake(now, released, schedule_->next_due());
    if (wake == nanoseconds::max()) {
      walked_ = true;
      co_return;
    }
    if (options_.pacing == Pacing::kPrecise) {
      co_await meet(std::min(wake, stop_at));
    } else {
      co_await sleep_until(std::min(wake, stop_at));
    }
  }
}

asio::awaitable<void> Worker::let_others_run() {
  co_await asio::post(io_, asio::as_tuple(asio::use_awaitable));
  others_ran_ = shared_.now();
}

// As sleep_until(), to the microsecond.
asio::awaitable<void> Worker::meet(nanoseconds real) {
  while (shared_.stage == Stage::kPlaying && !stop_requested_) {
    const nanoseconds now = shared_.now();
    if (real - now > kSpin) {
      co_await sleep_until(real - kSpin);
      others_ran_ = shared_.now();
    } else if (now - others_ran_ > kTurn) {
      co_await let_others_run();
    } else if (now >= real) {
      co_return;
    }
  }
}

// A stop that comes when so much is overdue that booking it as too late would take longer than
// there is time to drain: the books end where they have come to, and say so.
void Worker::tell_unbooked(nanoseconds now) {
  const nanoseconds behind = now - shared_.scale.real_of(schedule_->next_due());
  if (behind <= nanoseconds{0}) return;
  events_.trouble(
      {0, Severity::kWarning,
       fmt::format(
           "stopped {} behind the schedule: what became due in that time is not in the books",
           format_duration(behind)),
       "this machine cannot keep such a rate: lower it, or use more threads"});
}

bool Worker::lanes_have_room() const {
  return std::all_of(lanes_.begin(), lanes_.end(),
                     [](const std::unique_ptr<Lane>& lane) { return lane->room() >= kChunk; });
}

asio::awaitable<void> Worker::pace_closed() {
  const nanoseconds stop_at = options_.stop_after.value_or(nanoseconds::max());
  std::uint32_t chunks = 0;
  while (shared_.stage == Stage::kPlaying && !stop_requested_) {
    const nanoseconds now = shared_.now();
    if (now >= stop_at) co_return;
    if (!lanes_have_room()) {
      waiting_for_room_ = true;
      co_await sleep_until(stop_at);
      waiting_for_room_ = false;
      continue;
    }
    if (release(kNever, kChunk, SimTime::min()) == 0) {
      walked_ = true;
      co_return;
    }
    // Lanes that write at once always have room.
    if (++chunks % kChunksInARow == 0) co_await let_others_run();
  }
}

void Worker::begin_drain() {
  if (lanes_running_ == 0) return;
  drain_timer_.expires_after(options_.drain);
  drain_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) enter(Stage::kCutOff);
  });
}

}  // namespace esm
