#include "sender/check/session_check.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sender/base/hash.h"
#include "sender/base/units.h"
#include "sender/scenario/endpoint_states.h"
#include "sender/scenario/heartbeat.h"

namespace esm {
namespace {

// Upper bound of how many are logged on at one endpoint at the same time.
std::uint64_t sessions_max(const Plan& plan) {
  std::uint64_t most = 0;
  for (std::uint32_t g = 0; g < plan.scenario().endpoints.size(); ++g) {
    most = std::max<std::uint64_t>(most, plan.sessions_max(g));
  }
  return most;
}

std::string to_the_second(SimTime at) {
  return format_duration(std::chrono::duration_cast<std::chrono::seconds>(at));
}

// An endpoint holds one user for the receiver: whom its agent spoke of last. That is who is in
// front, but for the time between a change and the message that tells of it. A logon is told at
// once, so somebody who logs on where another one is does no harm.
class SessionCheck {
 public:
  SessionCheck(const Plan& plan, const CheckOptions& options)
      : plan_(plan), changes_(1, sessions_max(plan), remembers_clocks(plan.scenario())) {
    settle_ = settle_time(options.speed.value_or(Speed{}));
    for (const EndpointGroup& group : plan.scenario().endpoints) {
      beats_.emplace_back(group, hash64(group.key), plan.seed());
    }
  }

  void run(std::vector<Warning>& warnings) {
    std::vector<Change> changes;
    for (std::uint32_t endpoint = 0; endpoint < plan_.endpoint_count(); ++endpoint) {
      const EndpointRef ref = plan_.endpoint_ref(endpoint);
      const AgentManner manner(plan_.scenario(), plan_.scenario().endpoints[ref.group]);
      // Where a rate says when messages are due, logons are told no sooner.
      if (!manner.speaks) continue;
      changes_.reset(0, state_);
      const Desk desk{endpoint, ref, manner};
      told_ = {};
      SimTime at = plan_.changes_at(endpoint, SimTime{-1}, changes);
      while (at < plan_.scenario().length) {
        const SimTime next = plan_.changes_at(endpoint, at, changes);
        for (std::size_t i = 0; i < changes.size(); ++i) {
          const bool last = i + 1 == changes.size();
          look_at(changes[i], last ? std::min(next, plan_.scenario().length) : at, desk);
        }
        at = next;
      }
    }
    unheard(std::move(unheard_), "the receiver holds the one who left, if anybody",
            "right for fast user switching, of which no message tells; otherwise log off first who "
            "is behind",
            warnings);
    unheard(std::move(only_leaving_told_),
            "the receiver, which is told of the logoff, holds nobody there",
            "right for agents that tell of logoffs and not of who is in front again; otherwise log "
            "off first who is behind",
            warnings);
    if (!contested_.empty()) {
      Warning warning;
      warning.code = "logons-contested";
      warning.problem = fmt::format(
          "{} closer than {} behind somebody else's at the same address: the receiver may hold "
          "either",
          contested_.size() == 1 ? "1 logon is"
                                 : format_thousands(contested_.size()) + " logons are",
          format_duration(settle_));
      warning.samples = std::move(contested_);
      warning.hint =
          "keep them a second of real time apart; truth and verify take either for right";
      warnings.push_back(std::move(warning));
    }
  }

 private:
  static void unheard(std::vector<std::string> samples, std::string_view holds, std::string hint,
                      std::vector<Warning>& warnings) {
    if (samples.empty()) return;
    std::string problem = fmt::format(
        "{} left somebody in front who had been behind: until the agent's next heartbeat {}",
        samples.size() == 1 ? "1 logoff has" : format_thousands(samples.size()) + " logoffs have",
        holds);
    warnings.push_back({"return-unheard", std::move(problem), std::move(samples), std::move(hint)});
  }

  // The endpoint that is looked at; what it is in is state_.
  struct Desk {
    std::uint32_t endpoint = 0;
    EndpointRef ref;
    AgentManner manner;
  };
  struct Told {
    std::uint32_t user = kNobody;  // who logged on last
    SimTime at{};                  // when the message left
  };

  // `next`: when something else changes.
  void look_at(const Change& change, SimTime next, const Desk& desk) {
    const bool was_in_front = state_.is(EndpointState::kOccupied) && state_.user == change.user;
    if (change.kind == Activity::Kind::kLogon) look_at_logon(change, desk);
    changes_.apply(0, state_, desk.manner, change);
    if (change.kind != Activity::Kind::kLogoff || !was_in_front) return;
    if (!state_.is(EndpointState::kOccupied) || state_.is(EndpointState::kAsleep)) return;
    const SimTime beat = beats_[desk.ref.group]
                             .first_at_or_after(desk.ref.index, change.at, changes_.clock_start(0))
                             .due;
    if (next <= change.at || beat <= change.at) return;
    (desk.manner.logoff_message == 0 ? unheard_ : only_leaving_told_)
        .push_back(
            fmt::format("{}: {} logs off at {}, {} is {}", place(desk, change.at),
                        user(change.user), format_moment(change.at), user(state_.user),
                        beat < next ? "heard of at " + to_the_second(beat) : "not heard of again"));
  }

  void look_at_logon(const Change& change, const Desk& desk) {
    if (change.silent) return;
    const SimTime sent = plan_.leaves_at(desk.endpoint, change.at);
    if (told_.user != kNobody && told_.user != change.user && sent - told_.at < settle_) {
      contested_.push_back(fmt::format("{}: {} logs on at {}, {} behind {}", place(desk, change.at),
                                       user(change.user), format_moment(change.at),
                                       format_moment(sent - told_.at), user(told_.user)));
    }
    told_ = {change.user, sent};
  }

  std::string place(const Desk& desk, SimTime at) const {
    return fmt::format("{} ({})",
                       plan_.scenario().endpoints[desk.ref.group].host.name(desk.ref.index),
                       plan_.address(desk.endpoint, state_.site, at).to_string());
  }

  std::string user(std::uint32_t index) const {
    const UserRef ref = plan_.user_ref(index);
    return plan_.scenario().users[ref.group].name_of(ref.index);
  }

  const Plan& plan_;
  EndpointState state_;  // of one endpoint
  EndpointChanges changes_;
  Told told_;  // there
  SimTime settle_{};
  std::vector<Heartbeat> beats_;  // of each group
  std::vector<std::string> unheard_, only_leaving_told_, contested_;
};

}  // namespace

void check_sessions(const Plan& plan, const CheckOptions& options, std::vector<Warning>& warnings) {
  SessionCheck(plan, options).run(warnings);
}

}  // namespace esm
