#include "sender/check/session_check.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "sender/base/hash.h"
#include "sender/base/units.h"
#include "sender/scenario/heartbeat.h"

namespace esm {
namespace {

// Logins closer than this are contested (design law 6), by the receiver's clock.
constexpr SimTime kSettle = std::chrono::seconds{1};

std::string to_the_second(SimTime at) {
  return format_duration(std::chrono::duration_cast<std::chrono::seconds>(at));
}

// An endpoint holds one user for the receiver: whom its agent spoke of last. That is who is in
// front, but for the time between a change and the message that tells of it. A logon is told at
// once, so somebody who logs on where another one is does no harm.
class SessionCheck {
 public:
  SessionCheck(const Plan& plan, const CheckOptions& options) : plan_(plan) {
    __extension__ using Wide = __int128;
    const Speed speed = options.speed.value_or(Speed{});
    settle_ = SimTime{
        static_cast<std::int64_t>(Wide{kSettle.count()} * speed.numerator / speed.denominator)};
    for (const EndpointGroup& group : plan.scenario().endpoints) {
      beats_.emplace_back(group, hash64(group.key), plan.seed());
    }
  }

  void run(std::vector<Warning>& warnings) {
    std::vector<SessionChange> changes;
    for (std::uint32_t endpoint = 0; endpoint < plan_.endpoint_count(); ++endpoint) {
      changes.clear();
      plan_.session_changes(endpoint, changes);
      const SimTime length = plan_.scenario().length;
      std::erase_if(changes, [&](const SessionChange& change) { return change.at >= length; });
      look_at(endpoint, changes);
    }
    if (!unheard_.empty()) {
      Warning warning;
      warning.code = "return-unheard";
      warning.problem = fmt::format(
          "{} left somebody in front who had been behind: until the agent's next "
          "heartbeat the receiver holds the one who left, if anybody",
          unheard_.size() == 1 ? "1 logoff has"
                               : format_thousands(unheard_.size()) + " logoffs have");
      warning.samples = std::move(unheard_);
      warning.hint =
          "right for fast user switching, of which no message tells; otherwise log off "
          "first who is behind";
      warnings.push_back(std::move(warning));
    }
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
  void look_at(std::uint32_t endpoint, const std::vector<SessionChange>& changes) {
    const EndpointRef ref = plan_.endpoint_ref(endpoint);
    // Where a rate says when messages are due, logons are told no sooner.
    if (plan_.scenario().endpoints[ref.group].rate) return;
    const SessionChange* logon = nullptr;
    std::uint32_t before = kNobody;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const SessionChange& change = changes[i];
      if (change.logon) {
        if (logon != nullptr && logon->user != change.user && change.at - logon->at < settle_) {
          contested_.push_back(fmt::format("{}: {} logs on at {}, {} behind {}", place(endpoint),
                                           user(change.user), format_duration(change.at),
                                           format_duration(change.at - logon->at),
                                           user(logon->user)));
        }
        logon = &change;
      } else if (change.front != kNobody && change.front != before) {
        const SimTime next_change =
            i + 1 < changes.size() ? changes[i + 1].at : plan_.scenario().length;
        const SimTime beat =
            beats_[ref.group].first_at_or_after(ref.index, change.at, change.logon_at).due;
        if (next_change > change.at && beat > change.at) {
          unheard_.push_back(fmt::format(
              "{}: {} logs off at {}, {} is {}", place(endpoint), user(change.user),
              format_duration(change.at), user(change.front),
              beat < next_change ? "heard of at " + to_the_second(beat) : "not heard of again"));
        }
      }
      before = change.front;
    }
  }

  std::string place(std::uint32_t endpoint) const {
    const EndpointRef ref = plan_.endpoint_ref(endpoint);
    return fmt::format("{} ({})", plan_.scenario().endpoints[ref.group].host.name(ref.index),
                       plan_.address(endpoint).to_string());
  }

  std::string user(std::uint32_t index) const {
    const UserRef ref = plan_.user_ref(index);
    return plan_.scenario().users[ref.group].name.name(ref.index);
  }

  const Plan& plan_;
  SimTime settle_{};
  std::vector<Heartbeat> beats_;  // of each group
  std::vector<std::string> unheard_, contested_;
};

}  // namespace

void check_sessions(const Plan& plan, const CheckOptions& options, std::vector<Warning>& warnings) {
  SessionCheck(plan, options).run(warnings);
}

}  // namespace esm
