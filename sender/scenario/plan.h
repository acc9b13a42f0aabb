// A scenario plus a seed, fully decided. Everything an endpoint is or does is a closed-form
// function of its identity, so a plan holds the scenario and its compiled steps and nothing per
// endpoint: ten million endpoints cost as much as ten. Immutable and shared by all threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sender/base/random.h"
#include "sender/scenario/event.h"
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

// A user becomes or ceases to be logged on at an endpoint.
struct SessionChange {
  SimTime at{};
  bool logon = false;
  std::uint32_t user = 0;
  std::uint32_t order = 0;  // of two changes at one moment at one endpoint the lower comes first

  // What holds from this change to the next one:
  std::uint32_t front = kNobody;  // of those logged on the one whose latest logon is the latest
  SimTime logon_at{};             // the endpoint's latest logon, from which a logon clock counts

  // Of a logon: which of the endpoint's changes logged on whoever comes to the front when this
  // session ends. Plan's own, while it works that out.
  std::uint32_t below = kNobody;
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

  IpAddress address(std::uint32_t endpoint) const;
  std::uint32_t esm(std::uint32_t endpoint) const;  // index into scenario().esms

  // The session changes of one endpoint in order of (at, order), from number `first` on, at most
  // `count` of them, appended to `changes`. Allocates nothing where `changes` has room for
  // session_changes_max() more.
  void session_changes(std::uint32_t endpoint, std::vector<SessionChange>& changes,
                       std::size_t first = 0, std::size_t count = SIZE_MAX) const;
  std::size_t session_changes_max() const { return session_changes_max_; }

  // When the arrival that `activity` (index into scenario().activities) plans for member `index` of
  // its user group happens.
  SimTime arrival(std::size_t activity, std::uint32_t index) const;

 private:
  // What arrival() needs of an activity, computed once.
  struct Arrivals {
    std::uint64_t group_hash = 0;
    std::uint32_t counter = 0;  // which of its user group's activities this is
    std::uint32_t scramble = 0;
    bool independent = false;  // Poisson: every arrival drawn by itself
  };
  // The activities on a group of endpoints.
  struct GroupActivities {
    std::vector<std::uint32_t> by_time;  // by (at, file order)
    // One user group only. Its windows are apart, so change number n of an endpoint is that of
    // activity number n, and can be computed alone.
    bool one_by_one = true;
  };

  void compile_pools();
  void compile_activities();
  void compile_steps();
  // Of an endpoint without steps, all of them.
  void activity_changes(std::uint32_t endpoint, std::vector<SessionChange>& changes) const;

  Scenario scenario_;
  std::uint64_t seed_;
  std::uint32_t endpoint_count_ = 0;
  std::uint32_t user_count_ = 0;
  std::vector<std::uint32_t> endpoint_bases_, user_bases_;  // first index of each group
  std::vector<std::uint64_t> endpoint_hashes_;              // of each group's key
  // Where a group's next network begins, and the first address used of it.
  std::vector<std::uint32_t> pool_bases_;
  std::vector<IpAddress> pool_firsts_;
  std::vector<std::uint32_t> group_esm_;           // of each endpoint group; kNobody: drawn
  std::vector<Arrivals> arrivals_;                 // of each activity
  std::vector<GroupActivities> group_activities_;  // of each endpoint group
  std::size_t session_changes_max_ = 0;
  // The endpoints that steps touch, in order, and their session changes: those of endpoint
  // stepped_[i] are stepped_changes_[stepped_begins_[i]] to before stepped_begins_[i + 1].
  std::vector<std::uint32_t> stepped_;
  std::vector<std::size_t> stepped_begins_;
  std::vector<SessionChange> stepped_changes_;
};

}  // namespace esm
