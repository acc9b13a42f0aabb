#include "sender/check/session_check.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sender/base/hash.h"
#include "sender/base/units.h"
#include "sender/scenario/heartbeat.h"

namespace esm {
namespace {

std::string to_the_second(SimTime at) {
  return format_duration(std::chrono::duration_cast<std::chrono::seconds>(at));
}

// An endpoint holds one user for the receiver: whom its agent spoke of last. That is who is in
// front, but for the time between a change and the message that tells of it. A logon is told at
// once, so somebody who logs on where another one is does no harm.
class SessionCheck {
 public:
  SessionCheck(const Plan& plan, const CheckOptions& options) : plan_(plan) {
    settle_ = settle_time(options.speed.value_or(Speed{}));
    for (const EndpointGroup& group : plan.scenario().endpoints) {
      beats_.emplace_back(group, hash64(group.key), plan.seed());
    }
  }

  void run(std::vector<Warning>& warnings) {
    std::vector<Change> changes;
    for (std::uint32_t endpoint = 0; endpoint < plan_.endpoint_count(); ++endpoint) {
      const EndpointRef ref = plan_.endpoint_ref(endpoint);
      // Where a rate says when messages are due, logons are told no sooner.
      if (plan_.scenario().endpoints[ref.group].rate) continue;
      Desk desk;
      desk.endpoint = endpoint;
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
  // An endpoint on its way through its changes.
  struct Desk {
    std::uint32_t endpoint = 0;
    std::uint8_t site = 0;
    SimTime base{};  // from which a logon clock, or that of a restart, counts
    bool asleep = false;
    bool off = false;
    std::vector<std::uint32_t> present;  // who is in front last
    std::uint32_t told = kNobody;        // who logged on last
    SimTime told_at{};
  };

  void look_at(const Change& change, SimTime next, Desk& desk) {
    const EndpointRef ref = plan_.endpoint_ref(desk.endpoint);
    switch (change.kind) {
      case Activity::Kind::kLogon: {
        if (!change.silent && desk.told != kNobody && desk.told != change.user &&
            change.at - desk.told_at < settle_) {
          contested_.push_back(fmt::format(
              "{}: {} logs on at {}, {} behind {}", place(desk, change.at), user(change.user),
              format_moment(change.at), format_moment(change.at - desk.told_at), user(desk.told)));
        }
        std::erase(desk.present, change.user);
        desk.present.push_back(change.user);
        desk.told = change.user;
        desk.told_at = change.at;
        desk.asleep = false;
        // Whoever sits down at a machine that is off starts it, and with it its clock.
        if (desk.off || plan_.scenario().endpoints[ref.group].clock == HeartbeatClock::kLogon) {
          desk.base = change.at;
        }
        desk.off = false;
        break;
      }
      case Activity::Kind::kLogoff: {
        const bool was_in_front = !desk.present.empty() && desk.present.back() == change.user;
        std::erase(desk.present, change.user);
        if (!was_in_front || desk.present.empty() || desk.asleep) break;
        const SimTime beat =
            beats_[ref.group].first_at_or_after(ref.index, change.at, desk.base).due;
        if (next > change.at && beat > change.at) {
          unheard_.push_back(fmt::format(
              "{}: {} logs off at {}, {} is {}", place(desk, change.at), user(change.user),
              format_moment(change.at), user(desk.present.back()),
              beat < next ? "heard of at " + to_the_second(beat) : "not heard of again"));
        }
        break;
      }
      case Activity::Kind::kShutdown:
      case Activity::Kind::kCrash:
        desk.present.clear();
        desk.asleep = false;
        desk.off = true;
        break;
      case Activity::Kind::kBoot:
        if (desk.off) desk.base = change.at;
        desk.off = false;
        break;
      case Activity::Kind::kSleep:
        desk.asleep = true;
        break;
      case Activity::Kind::kWake:
        desk.asleep = false;
        break;
      case Activity::Kind::kUnlock:
        if (std::erase(desk.present, change.user) > 0) desk.present.push_back(change.user);
        desk.asleep = false;
        break;
      case Activity::Kind::kRoam:
        desk.site = change.site;
        break;
      case Activity::Kind::kLock:
        break;
    }
  }

  std::string place(const Desk& desk, SimTime at) const {
    const EndpointRef ref = plan_.endpoint_ref(desk.endpoint);
    return fmt::format("{} ({})", plan_.scenario().endpoints[ref.group].host.name(ref.index),
                       plan_.address(desk.endpoint, desk.site, at).to_string());
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
