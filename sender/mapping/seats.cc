#include "sender/mapping/seats.h"

#include <algorithm>

namespace esm {
namespace {

std::uint64_t behind_max(const Plan& plan) {
  std::uint64_t most = 0;
  for (std::uint32_t g = 0; g < plan.scenario().endpoints.size(); ++g) {
    const std::uint64_t sessions = plan.sessions_max(g);
    if (sessions > 1) most += (sessions - 1) * plan.scenario().endpoints[g].count;
  }
  return most;
}

}  // namespace

Seats::Seats(const Plan& plan)
    : plan_(plan),
      changes_(plan.endpoint_count(), behind_max(plan), remembers_clocks(plan.scenario())),
      states_(plan.endpoint_count()) {
  for (std::uint32_t e = 0; e < plan.endpoint_count(); ++e) {
    const SimTime first = plan.changes_at(e, SimTime{-1}, scratch_);
    if (first < plan.scenario().length) due_.push_back({first.count(), e});
  }
  std::make_heap(due_.begin(), due_.end());
}

void Seats::advance(SimTime to) {
  while (!due_.empty() && due_.front().at <= to.count()) {
    std::pop_heap(due_.begin(), due_.end());
    const Due due = due_.back();
    due_.pop_back();
    const EndpointGroup& group = plan_.scenario().endpoints[plan_.endpoint_ref(due.endpoint).group];
    const AgentManner manner(plan_.scenario(), group);
    const SimTime next = plan_.changes_at(due.endpoint, SimTime{due.at}, scratch_);
    for (const Change& change : scratch_) {
      changes_.apply(due.endpoint, states_[due.endpoint], manner, change);
    }
    if (next >= plan_.scenario().length) continue;
    due_.push_back({next.count(), due.endpoint});
    std::push_heap(due_.begin(), due_.end());
  }
}

Seat Seats::seat(std::uint32_t endpoint, SimTime at) const {
  const EndpointState& state = states_[endpoint];
  Seat seat;
  seat.endpoint = endpoint;
  seat.user = state.user;
  seat.site = state.site;
  seat.awake = !state.is(EndpointState::kAsleep) && !state.is(EndpointState::kOff);
  seat.behind = changes_.behind(endpoint);
  seat.address = plan_.address(endpoint, state.site, at);
  const EndpointGroup& group = plan_.scenario().endpoints[plan_.endpoint_ref(endpoint).group];
  seat.has_second = state.site == 0 && !group.second_pool.empty();
  if (seat.has_second) seat.second = plan_.second_address(endpoint);
  return seat;
}

}  // namespace esm
