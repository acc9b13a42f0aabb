// What endpoints are in at a moment - who is logged on, running or not, where - and what a change
// does to that: the table "What each does" of scenarios/README.md. 24 bytes an endpoint, 8 more
// where clocks are remembered, and 8 for everybody who may be logged on behind somebody else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sender/scenario/event.h"
#include "sender/scenario/large_array.h"
#include "sender/scenario/plan.h"

namespace esm {

// How a group's agents go about it.
struct AgentManner {
  AgentManner(const Scenario& scenario, const EndpointGroup& group)
      : speaks(!group.rate),
        logon_clock(group.clock == HeartbeatClock::kLogon),
        idle(group.idle),
        logoff_message(static_cast<std::uint8_t>(
            group.logoff == 0 ? 0 : scenario.noise.size() + group.logoff)) {}

  bool speaks;       // changes send heartbeats of their own
  bool logon_clock;  // beats count from the latest logon
  IdleBeat idle;
  std::uint8_t logoff_message;  // Event::message of what a logoff sends; 0: nothing
};

struct EndpointState {
  std::int64_t change_at = 0;    // when something changes next, kNever if nothing does
  std::uint32_t beat = 0;        // number of the next beat, while the endpoint beats
  std::uint32_t ordinal = 0;     // of the next message
  std::uint32_t user = kNobody;  // in front; or, where idle beats are stale, who was there last
  std::uint16_t done = 0;        // how many changes of the moment `change_at` are over
  std::uint8_t site = 0;
  std::uint8_t flags = 0;

  static constexpr std::uint8_t kOccupied = 1;  // somebody is logged on
  static constexpr std::uint8_t kAsleep = 2;
  static constexpr std::uint8_t kOff = 4;

  bool is(std::uint8_t flag) const { return (flags & flag) != 0; }
  void set(std::uint8_t flag, bool on) {
    flags = static_cast<std::uint8_t>(on ? flags | flag : flags & ~flag);
  }
  bool beats(const AgentManner& manner) const {
    if (is(kOff) || is(kAsleep)) return false;
    return is(kOccupied) || manner.idle != IdleBeat::kSilent;
  }
  // Whom a heartbeat names.
  std::uint32_t shown_user(const AgentManner& manner) const {
    if (is(kOccupied)) return user;
    return manner.idle == IdleBeat::kStale ? user : kNobody;
  }
};
static_assert(sizeof(EndpointState) == 24);

// Changes the states of endpoints, and keeps of them what a heartbeat does not need: who is logged
// on behind the one in front, and since when clocks count.
class EndpointChanges {
 public:
  // `count` endpoints, of all of whom together at most `behind_max` users are logged on behind
  // somebody else at one moment. `clocks`: whether the moments are remembered from which beats
  // count (remembers_clocks()). Each of these takes 8 bytes, where there are any.
  EndpointChanges(std::uint32_t count, std::uint64_t behind_max, bool clocks);

  // From when endpoint i's beats count: its latest logon, or the start of a machine that was off.
  // 0 where it has been running since before the scenario.
  SimTime clock_start(std::uint32_t i) const {
    return SimTime{clocks_.size() == 0 ? 0 : clocks_[i]};
  }
  // `change` happens at endpoint i, which is in `state`. What its agent sends because of it, if it
  // does: a heartbeat, or at kLogoff the group's logoff message, which speaks of the change's user.
  std::optional<EventKind> apply(std::uint32_t i, EndpointState& state, const AgentManner& manner,
                                 const Change& change);
  // How many are logged on at endpoint i behind the one in front.
  std::uint32_t behind(std::uint32_t i) const;
  // Endpoint i is again as it is before the scenario begins.
  void reset(std::uint32_t i, EndpointState& state);

  std::size_t bytes() const;

 private:
  // Who is logged on at an endpoint below the one in front: the latest first.
  struct Session {
    std::uint32_t user;
    std::uint32_t below;
  };

  void log_on(std::uint32_t i, EndpointState& state, std::uint32_t user);
  // Whether they were logged on there.
  bool log_off(std::uint32_t i, EndpointState& state, std::uint32_t user, IdleBeat idle);
  bool is_logged_on(std::uint32_t i, const EndpointState& state, std::uint32_t user) const;
  void all_log_off(std::uint32_t i, EndpointState& state, IdleBeat idle);
  void start(std::uint32_t i, EndpointState& state, SimTime at);
  std::uint32_t take_session();
  void give_back(std::uint32_t session);

  LargeArray<std::int64_t> clocks_;   // ns
  LargeArray<std::uint32_t> behind_;  // the first session behind the one in front
  LargeArray<Session> sessions_;
  std::uint32_t sessions_used_ = 0;
  std::uint32_t free_session_ = kNobody;
};

// Whether beats of some endpoint count from a moment that must be remembered: a logon, or the start
// of a machine that was off.
bool remembers_clocks(const Scenario& scenario);

}  // namespace esm
