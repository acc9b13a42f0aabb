// Who sits where: what a person would want a receiver to know. From the plan alone, whatever is
// sent of it.
#pragma once

#include <cstdint>
#include <vector>

#include "sender/scenario/endpoint_states.h"
#include "sender/scenario/plan.h"

namespace esm {

// Somebody who is logged on at an endpoint, in front.
struct Seat {
  std::uint32_t endpoint = 0;
  std::uint32_t user = 0;
  std::uint8_t site = 0;
  bool awake = true;         // asleep, the endpoint needs no mapping
  std::uint32_t behind = 0;  // others who are logged on there: an address holds one of them
  IpAddress address;
  bool has_second = false;
  IpAddress second;  // that the endpoint has too
};

// Goes forward through the plan's changes. About 50 bytes an endpoint.
class Seats {
 public:
  // `plan` must outlive it.
  explicit Seats(const Plan& plan);

  // After everything that happens up to and at `to`, which does not go back from call to call.
  void advance(SimTime to);

  // Calls `look(seat)` for everybody who is in front somewhere, by endpoint. `at`: the moment, for
  // addresses that are leased.
  template <typename Look>
  void for_each(SimTime at, const Look& look) const {
    for (std::uint32_t e = 0; e < states_.size(); ++e) {
      if (states_[e].is(EndpointState::kOccupied)) look(seat(e, at));
    }
  }

 private:
  struct Due {
    std::int64_t at = 0;
    std::uint32_t endpoint = 0;
    bool operator<(const Due& other) const { return at > other.at; }  // the earliest on top
  };
  Seat seat(std::uint32_t endpoint, SimTime at) const;

  const Plan& plan_;
  EndpointChanges changes_;
  std::vector<EndpointState> states_;
  std::vector<Due> due_;  // a heap
  std::vector<Change> scratch_;
};

}  // namespace esm
