// One thread's part of a run: a part of the shard, its schedule, and a lane for every (target, ESM,
// connection). Workers share nothing but the plan; they learn of each other's end only through the
// coordinator.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "sender/engine/fail_over.h"
#include "sender/engine/lane.h"
#include "sender/engine/pacer.h"
#include "sender/scenario/schedule.h"

namespace esm {

using TransportFactory = std::function<std::unique_ptr<Transport>(
    boost::asio::io_context&, const Target&, const TransportOptions&, std::optional<IpAddress>,
    Diagnostics&)>;

// What the program stands on when it plays; tests put their own here.
struct PlaySeams {
  const Clock& clock;
  TransportFactory make_transport;
};

// What a worker tells the coordinator, from the worker's thread.
class WorkerEvents {
 public:
  virtual void built() = 0;  // the schedule is ready; connecting begins
  virtual void connection(int change) = 0;
  // With fail-over: ways (FailOver) of which a lane is up.
  virtual void way(int change) = 0;
  virtual void trouble(Trouble trouble) = 0;
  virtual void gave_up() = 0;  // one lane did; with fail-over, the last of a way
  virtual void finished() = 0;

 protected:
  ~WorkerEvents() = default;
};

// Written by the worker, read by the progress line: no locks, each value for itself.
struct WorkerProgress {
  std::atomic<std::uint64_t> due{0}, written{0}, refused{0}, dropped{0};
  std::atomic<std::int64_t> simulated_ns{0};
  std::atomic<std::int64_t> lateness_max_ns{0};  // the reader sets it back to 0
};

class Worker final : private LaneEvents {
 public:
  // All references must outlive the worker. A transport that cannot be made is reported in
  // `diagnostics`, and the worker must not be run then.
  Worker(const PlaySeams& seams, const Plan& plan, const Templates& templates,
         const PlayOptions& options, std::uint32_t index, WorkerEvents& events,
         Diagnostics& diagnostics);

  // The thread's work: returns when every lane has ended.
  void run();

  // From any thread.
  void start(std::chrono::nanoseconds started);  // every lane is ready: the clock starts
  void stop();                                   // generate no more, drain
  void abort();                                  // at once
  const WorkerProgress& progress() const { return progress_; }
  std::chrono::nanoseconds take_lateness_max();

  // Before run() and after it.
  std::vector<std::unique_ptr<Lane>>& lanes() { return lanes_; }
  // Null: each lane numbers its own messages.
  const FailOver* fail_over() const { return fail_over_ ? &*fail_over_ : nullptr; }
  const LaneShared& results() const { return shared_; }
  // The schedule was played to its end; how many events it had.
  bool walked() const { return walked_; }
  std::uint64_t events_released() const { return events_released_; }

 private:
  void connection_up(Lane& lane) override;
  void connection_down(Lane& lane) override;
  const Lane* substitute(const Lane& lane) const override;
  bool may_leave(const Lane& lane) const override;
  void leaves(Lane& lane) override;
  void trouble(Trouble trouble) override { events_.trouble(std::move(trouble)); }
  void settled() override;
  void gave_up(Lane& lane) override;
  void finished() override;

  boost::asio::awaitable<void> pace();
  boost::asio::awaitable<void> pace_open();
  void tell_unbooked(std::chrono::nanoseconds now);
  boost::asio::awaitable<void> pace_closed();
  boost::asio::awaitable<void> sleep_until(std::chrono::nanoseconds real);
  boost::asio::awaitable<void> meet(std::chrono::nanoseconds real);
  boost::asio::awaitable<void> let_others_run();

  std::uint32_t esm_of(std::uint32_t endpoint);
  void touch(std::size_t lane);
  void offer(std::span<const Event> events, SimTime late_before);
  void offer_by_rule(const Event& event, SimTime late_before);
  std::size_t release(SimTime until, std::size_t count_max, SimTime late_before);
  bool lanes_have_room() const;
  void enter(Stage stage);
  void publish();
  void begin_drain();

  const Plan& plan_;
  const PlayOptions& options_;
  const std::uint32_t index_;
  WorkerEvents& events_;
  boost::asio::io_context io_{1};
  Renderer renderer_;
  std::optional<Pacer> pacer_;  // none: closed loop
  LaneShared shared_;
  std::optional<Schedule> schedule_;
  std::vector<std::unique_ptr<Lane>> lanes_;  // by target, ESM, connection
  struct TargetLanes {
    std::size_t first = 0;
    std::uint32_t connections = 1;
  };
  std::vector<TargetLanes> target_lanes_;
  bool each_lane_gets_all_ = false;          // there is nothing to choose
  std::optional<WeightedTargets> weighted_;  // none: every event goes to all targets
  std::optional<FailOver> fail_over_;
  // Which ESM each endpoint of this part reports to, by endpoint / parts, from the first time it is
  // asked for: drawing it anew would cost more than rendering a field. Empty with one ESM.
  std::vector<std::uint16_t> esms_;
  std::vector<Event> chunk_;
  std::vector<std::size_t> touched_;  // lanes that were offered something in this release
  std::vector<std::uint8_t> is_touched_;

  boost::asio::steady_timer pace_timer_;
  boost::asio::steady_timer drain_timer_;
  std::chrono::nanoseconds others_ran_{};  // real time
  bool pacing_asleep_ = false;
  bool waiting_for_room_ = false;
  bool stop_requested_ = false;
  bool walked_ = false;
  std::uint64_t events_released_ = 0;
  std::size_t lanes_running_ = 0;
  WorkerProgress progress_;
};

}  // namespace esm
