// Which address an endpoint has, at which site, when: in closed form, so that every shard knows it
// alone and no two endpoints ever have one address at the same moment.
//
// Stable sites: endpoint i of the group has usable address i of the pool.
//
// Leases: every endpoint's lease changes once in each period of `lease`, at a moment of its own
// (its phase, drawn once). The first half of the pool serves lease 0, 2, 4 …, the second half the
// others; within a half a permutation drawn for the lease's number says who has which. Lease k + 2
// begins for nobody before lease k has ended for everybody, so that a half is free when it is dealt
// out again, and addresses do go to another endpoint one period later.
#pragma once

#include <cstdint>
#include <vector>

#include "sender/base/ip_address.h"
#include "sender/base/random.h"
#include "sender/base/time.h"
#include "sender/scenario/scenario.h"

namespace esm {

class AddressPlan {
 public:
  // `hashes`: of the endpoint groups' keys. The rules made sure that pools suffice.
  AddressPlan(const Scenario& scenario, const std::vector<std::uint64_t>& hashes,
              std::uint64_t seed);

  IpAddress at(EndpointRef endpoint, std::uint8_t site, SimTime time) const;
  // Its second address, where its group has a pool of them.
  IpAddress second(EndpointRef endpoint) const;
  // The lease that holds at `time`: how many began before it. 0 at a stable site.
  std::uint64_t lease(EndpointRef endpoint, std::uint8_t site, SimTime time) const;
  // Every endpoint has one address for ever, the one of at(endpoint, 0, 0).
  bool is_stable() const { return stable_; }

 private:
  struct Run {
    std::uint64_t index = 0;  // in the pool
    IpAddress first;
  };
  struct Pool {
    std::vector<Run> runs;
    std::uint64_t lease = 0;  // ns; 0: stable
    std::uint32_t half = 0;   // addresses in a half
  };

  IpAddress address(const Pool& pool, std::uint64_t index) const;

  std::uint64_t seed_;
  bool stable_ = true;
  std::vector<std::uint64_t> hashes_;
  // Of each group, by site; that of the second addresses, if there is one, comes last.
  std::vector<std::vector<Pool>> pools_;
};

}  // namespace esm
