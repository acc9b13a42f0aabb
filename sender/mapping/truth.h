// What a correct receiver must hold: the same events from the same schedule, the same rendered
// lines, read by the receiver's own profiles, put into the receiver's table. No network.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "sender/base/hash.h"
#include "sender/base/units.h"
#include "sender/mapping/profile_set.h"
#include "sender/mapping/table.h"
#include "sender/message/template.h"
#include "sender/scenario/plan.h"

namespace esm {

struct TruthOptions {
  UtcTime epoch{};
  // In simulated time: the receiver's timeout times the speed of the run, over the speed of the
  // receiver's clock (a firewall's is 1). At --speed 60 a 45 min timeout lasts 45 h of the
  // scenario.
  SimTime timeout = std::chrono::minutes{45};
  SimTime maximum_timeout = kNever;  // likewise
  SimTime settle = std::chrono::seconds{1};

  Timeouts timeouts() const { return {timeout, maximum_timeout}; }
};

// messages = not_received + mapped + ignored + no_event + no_user + no_address + bad_address +
// gave_up.
struct TruthCounts {
  std::uint64_t messages = 0;      // due up to and at the last moment asked
  std::uint64_t not_received = 0;  // `keep` said so
  std::uint64_t mapped = 0;        // read as user and address
  std::uint64_t ignored = 0;       // the same, of users whom the profile ignores
  std::uint64_t no_event = 0, no_user = 0, no_address = 0, bad_address = 0, gave_up = 0;
};

struct TruthAt {
  SimTime at{};
  std::vector<Mapping> mappings;
  std::vector<Mapping> may_remain;  // beside them (MappingTable::may_remain)
};

// Tables at each of `moments` (in ascending order; kNever: after everything), after everything due
// up to and at that moment. Memory grows with the addresses mapped, not with the events. `keep` may
// be empty; otherwise a message for which it returns false never reached the receiver (refused,
// dropped): it gets the event and the rendered line.
std::vector<TruthAt> truth(const Plan& plan, const Templates& templates, const ProfileSet& profiles,
                           const TruthOptions& options, std::span<const SimTime> moments,
                           TruthCounts* counts = nullptr,
                           const std::function<bool(const Event&, std::string_view)>& keep = {});

}  // namespace esm
