// A scenario plus a seed, fully decided. Everything an endpoint is or does is a closed-form
// function of its identity, so a plan holds the scenario and its compiled steps and nothing per
// endpoint: ten million endpoints cost as much as ten. Immutable and shared by all threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sender/base/random.h"
#include "sender/scenario/address_plan.h"
#include "sender/scenario/event.h"
#include "sender/scenario/permutation.h"
#include "sender/scenario/scenario.h"

namespace esm {

// Changes whenever the same scenario and seed would give other events or other bytes.
inline constexpr int kPlanVersion = 1;

// Part `index` of `count`: the endpoints whose fleet index is `index` modulo `count`.
struct Shard {
  std::uint32_t index = 0;
  std::uint32_t count = 1;

  bool holds(std::uint32_t endpoint) const { return endpoint % count == index; }
  // Part `part` of `parts` of this shard; the parts' union is the shard.
  Shard split(std::uint32_t part, std::uint32_t parts) const {
    return {index + count * part, count * parts};
  }
};

// Something happens at an endpoint, besides its heartbeats.
struct Change {
  SimTime at{};
  Activity::Kind kind = Activity::Kind::kLogon;
  bool silent = false;           // no heartbeat is sent because of it
  std::uint8_t site = 0;         // of kRoam
  std::uint8_t fault = 0;        // of the message that is sent because of it: Event::fault
  std::uint32_t user = kNobody;  // of kLogon, kLogoff, kLock and kUnlock
  std::uint32_t order = 0;  // of changes at one moment the lower comes first, then the lower user
};

class Plan {
 public:
  // `scenario` has passed read_scenario: references are in range, windows do not overlap, pools
  // suffice. Everything random follows from `seed`.
  Plan(Scenario scenario, std::uint64_t seed);

  const Scenario& scenario() const { return scenario_; }
  std::uint64_t seed() const { return seed_; }

  std::uint32_t endpoint_count() const { return endpoint_count_; }
  std::uint32_t user_count() const { return user_count_; }

  EndpointRef endpoint_ref(std::uint32_t endpoint) const;
  UserRef user_ref(std::uint32_t user) const;
  std::uint32_t endpoint_index(EndpointRef ref) const;
  std::uint32_t user_index(UserRef ref) const;
  Identity identity(std::uint32_t endpoint) const;

  // The address an endpoint has at a moment at which it is at `site`.
  IpAddress address(std::uint32_t endpoint, std::uint8_t site, SimTime at) const {
    if (addresses_.is_stable()) return home(endpoint);
    return addresses_.at(endpoint_ref(endpoint), site, at);
  }
  // That of the moment at which the message was ready, not at which its ESM sent it.
  IpAddress address(const Event& event) const {
    if (dual_ && says_second(event)) return addresses_.second(endpoint_ref(event.endpoint));
    return address(event.endpoint, event.site, ready_before(event.endpoint, event.due));
  }
  // Whether every message of an endpoint has the same.
  bool addresses_stay() const { return addresses_.is_stable() && !dual_; }
  // Of an endpoint whose group has second addresses.
  IpAddress second_address(std::uint32_t endpoint) const {
    return addresses_.second(endpoint_ref(endpoint));
  }
  const AddressPlan& addresses() const { return addresses_; }

  std::uint32_t esm(std::uint32_t endpoint) const;  // index into scenario().esms
  bool has_outages() const { return outages_from_ != kNever; }
  // When what the endpoint's agent says at `ready` leaves its ESM; and the first moment at which
  // what it says leaves at `leaves` or later (outage.h).
  SimTime leaves_at(std::uint32_t endpoint, SimTime ready) const {
    return may_wait(ready) ? esm::leaves_at(outages_of(endpoint), ready) : ready;
  }
  SimTime ready_before(std::uint32_t endpoint, SimTime leaves) const {
    return may_wait(leaves) ? esm::ready_before(outages_of(endpoint), leaves) : leaves;
  }
  // Index into its group's `versions`; 0 where there are none.
  std::uint32_t version(std::uint32_t endpoint) const;
  std::uint32_t os(std::uint32_t endpoint) const;  // the same of `os`

  // What changes at `endpoint` at the very moment `at`, in order, replaces `changes`; returns when
  // something changes next, kNever if nothing does. Allocates nothing where `changes` has room for
  // changes_max().
  SimTime changes_at(std::uint32_t endpoint, SimTime at, std::vector<Change>& changes) const;
  // An endpoint never has more changes at one moment.
  std::size_t changes_max() const { return changes_max_; }
  // Upper bound of how many users are logged on at an endpoint of the group at the same time.
  std::uint32_t sessions_max(std::uint32_t group) const { return sessions_max_[group]; }
  // The site at which the endpoint is at `at`, after what changes then. Walks all changes before.
  std::uint8_t site_at(std::uint32_t endpoint, SimTime at) const;

  // When member `index` of the activity's group does it for the time number `repetition`, and when
  // that is undone (kNever: not at all).
  struct Occurrence {
    bool takes_part = true;
    SimTime begin{};
    SimTime end = kNever;
  };
  Occurrence occurrence(std::size_t activity, std::uint32_t index, std::uint32_t repetition) const;

 private:
  // What occurrence() needs of an activity, computed once.
  struct Course {
    std::uint64_t group_hash = 0;
    std::uint32_t counter = 0;  // which of its group's activities this is
    std::uint32_t members = 0;
    std::uint32_t repetitions = 1;
    std::uint64_t first_point = 0;  // spread_point's key, of repetition 0
    bool machines = false;          // endpoints act, not users
    bool independent = false;       // Poisson: every arrival drawn by itself
  };
  class Nearest;

  bool may_wait(SimTime time) const { return time >= outages_from_ && time < outages_over_; }
  const Outages& outages_of(std::uint32_t endpoint) const {
    return scenario_.esms[esm(endpoint)].outages;
  }
  // Whether the message says the second address of its endpoint, if that has one.
  bool says_second(const Event& event) const;
  IpAddress home(std::uint32_t endpoint) const;
  std::uint32_t chosen_by(EndpointRef ref, const std::vector<TextShare>& shares,
                          Purpose purpose) const;
  void compile_pools();
  void compile_activities();
  void compile_steps();
  std::uint32_t repetitions(const Activity& activity) const;
  // When the activity's window begins for the time number `repetition`.
  SimTime window(const Activity& activity, std::uint32_t repetition) const {
    return scenario_.clock.again(activity.at, activity.repeat, repetition);
  }
  SimTime arrival(std::size_t activity, std::uint32_t index, std::uint32_t repetition) const;
  // The repetition whose window was the last to begin, up to and at `at`; 0 before the first. All
  // of the one before it is over when a window begins.
  std::uint32_t begun(std::uint32_t activity, SimTime at) const;
  // Of a logon with shuffled seats: user i sits at endpoint at(i).
  Permutation seats(std::uint32_t activity, std::uint32_t repetition) const;
  void visit(std::uint32_t activity, EndpointRef endpoint, Nearest& nearest) const;

  Scenario scenario_;
  std::uint64_t seed_;
  std::uint32_t endpoint_count_ = 0;
  std::uint32_t user_count_ = 0;
  std::vector<std::uint32_t> endpoint_bases_, user_bases_;  // first index of each group
  std::vector<std::uint64_t> endpoint_hashes_;              // of each group's key
  AddressPlan addresses_;
  bool dual_ = false;  // some endpoints have second addresses
  // From the first outage of any ESM to the end of the last.
  SimTime outages_from_ = kNever, outages_over_{};
  // Where a group's next network begins, and the first address used of it.
  std::vector<std::uint32_t> pool_bases_;
  std::vector<IpAddress> pool_firsts_;
  std::vector<std::uint32_t> group_esm_;  // of each endpoint group; kNobody: drawn
  std::vector<Course> courses_;           // of each activity
  // Of each endpoint group, the activities at it, in file order.
  std::vector<std::vector<std::uint32_t>> group_activities_;
  std::vector<std::uint32_t> sessions_max_;
  std::size_t changes_max_ = 0;
  // The endpoints that steps touch, in order, and what they do there by (at, order): that of
  // stepped_[i] is step_changes_[step_begins_[i]] to before step_begins_[i + 1].
  std::vector<std::uint32_t> stepped_;
  std::vector<std::size_t> step_begins_;
  std::vector<Change> step_changes_;
};

}  // namespace esm
