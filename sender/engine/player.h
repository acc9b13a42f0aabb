// Plays a plan against targets in real time: the loop between schedule and transports.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sender/base/units.h"
#include "sender/message/template.h"
#include "sender/report/distribution.h"
#include "sender/report/progress.h"
#include "sender/report/run_record.h"
#include "sender/scenario/plan.h"
#include "sender/transport/target.h"

namespace esm {

// How closely a message's due time is met.
enum class Pacing : std::uint8_t {
  kEconomical,  // within a quarter of a millisecond, for a part of a core
  kPrecise,     // within microseconds, for a whole core a worker
};

struct PlayOptions {
  std::vector<Target> targets;
  Distribution distribution = Distribution::kAll;  // of the events over them
  TransportOptions transport;
  std::optional<Speed> speed = Speed{};  // none: closed loop, as fast as the targets take it
  UtcTime epoch{};                       // what messages say at simulated time 0
  Shard shard;
  std::uint32_t workers = 1;      // threads
  std::uint32_t connections = 1;  // per target, ESM and worker
  std::optional<std::chrono::nanoseconds>
      stop_after;  // real time: `load --rate max --duration 30s`
  std::chrono::nanoseconds catch_up{std::chrono::milliseconds{100}};  // later than this: dropped
  Pacing pacing = Pacing::kEconomical;
  // Open loop: as many messages of each connection wait while it is away, however late they become,
  // instead of being dropped as disconnected. None: none.
  std::optional<std::uint64_t> outage_queue;
  // Streams: what a lost connection had written and not acknowledged is written again on the next.
  bool resend_unacked = false;
  std::optional<Rate> connect_rate;  // new connections, of all workers together; none: no bound
  std::chrono::nanoseconds drain{
      std::chrono::seconds{10}};  // to flush after the end or an interrupt
};

// Which of the targets an endpoint's messages go to; none: each message goes to all, or to the
// first that is up.
std::optional<WeightedTargets> weighted_targets(const PlayOptions& options);

struct PlayOutcome {
  enum class End : std::uint8_t {
    kDone,
    kNotReady,     // a target was not ready within connect_timeout; nothing was sent
    kInterrupted,  // SIGINT or SIGTERM
  } end = End::kDone;
  int signal = 0;
  // For people, in order: what went wrong on which target, with a hint. A failure that was overcome
  // (a reconnect) is here too.
  Diagnostics messages;
  // Streams: how long the connection that waited longest stood still because its receiver made no
  // room.
  std::chrono::nanoseconds waited{};
  bool transport_failed = false;  // a target was lost and never came back, or refused everything
};

// Fills the "what happened" part of `record`. Blocks until the end; handles SIGINT and SIGTERM: the
// first stops generating and drains, the second stops at once. `on_progress` is called about once a
// second from this thread. `on_message` shows a line of PlayOutcome::messages as it happens.
PlayOutcome play(const Plan& plan, const Templates& templates, const PlayOptions& options,
                 RunRecord& record, const std::function<void(const Progress&)>& on_progress,
                 const std::function<void(const Diagnostic&)>& on_message);

}  // namespace esm
