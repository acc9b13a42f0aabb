#include "sender/scenario/address_plan.h"

#include <algorithm>
#include <cassert>

#include "sender/scenario/event.h"
#include "sender/scenario/permutation.h"

namespace esm {

AddressPlan::AddressPlan(const Scenario& scenario, const std::vector<std::uint64_t>& hashes,
                         std::uint64_t seed)
    : seed_(seed), hashes_(hashes) {
  const auto add = [this](const std::vector<AddressBlock>& networks, SimTime lease) {
    Pool pool;
    pool.lease = static_cast<std::uint64_t>(lease.count());
    std::uint64_t index = 0;
    for (const AddressBlock& network : networks) {
      pool.runs.push_back({index, network.address(0)});
      index += std::min(network.usable(), std::uint64_t{1} << 40);
    }
    pool.half = static_cast<std::uint32_t>(std::min<std::uint64_t>(index / 2, kNobody));
    stable_ = stable_ && pool.lease == 0;
    pools_.back().push_back(std::move(pool));
  };
  for (const EndpointGroup& group : scenario.endpoints) {
    pools_.emplace_back();
    add(group.pool, group.lease);
    for (const Site& site : group.away) add(site.pool, site.lease);
    stable_ = stable_ && group.away.empty();
    if (!group.second_pool.empty()) add(group.second_pool, SimTime{0});
  }
}

IpAddress AddressPlan::address(const Pool& pool, std::uint64_t index) const {
  const auto above =
      std::upper_bound(pool.runs.begin(), pool.runs.end(), index,
                       [](std::uint64_t value, const Run& run) { return value < run.index; });
  const Run& run = *(above - 1);
  return run.first.plus(index - run.index);
}

IpAddress AddressPlan::second(EndpointRef endpoint) const {
  return address(pools_[endpoint.group].back(), endpoint.index);
}

std::uint64_t AddressPlan::lease(EndpointRef endpoint, std::uint8_t site, SimTime time) const {
  const Pool& pool = pools_[endpoint.group][site];
  if (pool.lease == 0) return 0;
  const std::uint64_t phase =
      scale(draw(seed_, {hashes_[endpoint.group], endpoint.index}, Purpose::kLeasePhase, site),
            pool.lease);
  const auto since = static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0));
  // Lease 1 begins at `phase`.
  return since < phase ? 0 : (since - phase) / pool.lease + 1;
}

IpAddress AddressPlan::at(EndpointRef endpoint, std::uint8_t site, SimTime time) const {
  assert(endpoint.group < pools_.size() && site < pools_[endpoint.group].size());
  const Pool& pool = pools_[endpoint.group][site];
  if (pool.lease == 0) return address(pool, endpoint.index);
  const std::uint64_t number = lease(endpoint, site, time);
  const std::uint64_t key =
      draw(seed_, {hashes_[endpoint.group], kNobody}, Purpose::kLeaseAddress, site) + number;
  const std::uint32_t index = Permutation(mix64(key), pool.half).at(endpoint.index);
  return address(pool, index + (number % 2 == 0 ? 0 : std::uint64_t{pool.half}));
}

}  // namespace esm
