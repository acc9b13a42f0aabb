// A scenario plus a seed, fully decided. Everything an endpoint is or does is a closed-form
// function of its identity, so a plan holds the scenario and its compiled steps and nothing per
// endpoint: ten million endpoints cost as much as ten. Immutable and shared by all threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
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

// A user becomes or ceases to be logged on at an endpoint. `session` tells the sessions of an
// endpoint apart: a logoff names the logon it ends.
struct SessionChange {
  SimTime at{};
  bool logon = false;
  std::uint32_t user = 0;
  std::uint32_t order = 0;  // of two changes at one moment at one endpoint the lower comes first
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

  // Sessions of one endpoint in order of (at, order), appended to `changes`.
  void session_changes(std::uint32_t endpoint, std::vector<SessionChange>& changes) const;

 private:
  Scenario scenario_;
  std::uint64_t seed_;
  std::uint32_t endpoint_count_ = 0;
  std::uint32_t user_count_ = 0;
};

}  // namespace esm
