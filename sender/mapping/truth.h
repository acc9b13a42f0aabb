// What a correct receiver must hold: the same events from the same schedule, the same rendered
// lines, read by the receiver's own profiles, put into the receiver's table. No network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
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
  // The longest line that the receiver reads.
  std::size_t message_bytes_max = std::numeric_limits<std::size_t>::max();

  Timeouts timeouts() const { return {timeout, maximum_timeout}; }
};

// Lines: each message is one, but for those that a deliberate fault has made several of.
// messages = not_received + mapped + ignored + no_event + no_user + no_address + bad_address +
// gave_up + too_long.
struct TruthCounts {
  std::uint64_t messages = 0;      // due up to and at the last moment asked
  std::uint64_t not_received = 0;  // `keep` said so
  std::uint64_t mapped = 0;        // read as user and address
  std::uint64_t ignored = 0;       // the same, of users whom the profile ignores
  std::uint64_t no_event = 0, no_user = 0, no_address = 0, bad_address = 0, gave_up = 0;
  std::uint64_t too_long = 0;  // longer than the receiver reads
};

struct TruthAt {
  SimTime at{};
  std::vector<Mapping> mappings;
  std::vector<Mapping> may_remain;  // beside them (MappingTable::may_remain)
};

// A change of the table.
struct TableChange {
  enum class Kind : std::uint8_t {
    kMapped,     // the address had nobody
    kChanged,    // it had somebody else
    kEnded,      // its entry's time was over
    kLoggedOut,  // its user was logged out
  } kind = Kind::kMapped;
  SimTime at{};
  IpAddress address;
  std::string user;    // who is there now, or was until now
  std::string before;  // of kChanged
};
std::string_view name_of(TableChange::Kind kind);

// False: the message never reached the receiver (refused, dropped).
using KeepMessage = std::function<bool(const Event&, std::string_view line)>;

// Goes forward through everything that is due. Memory grows with the addresses mapped and the
// endpoints, not with the events.
class TruthWalk {
 public:
  // All references must outlive it. `keep` may be empty: then the receiver gets everything.
  TruthWalk(const Plan& plan, const Templates& templates, const ProfileSet& profiles,
            const TruthOptions& options, KeepMessage keep = {});
  ~TruthWalk();

  // From now on `change` is told of every change, in order of time; entries end before a message
  // of the same moment is read. To be called before the first advance().
  void watch(std::function<void(const TableChange&)> change);

  // After everything due up to and at `to`, which does not go back from call to call; kNever: after
  // everything. Returns `to`, or with kNever the time of the last message: "after everything" has
  // no time of its own.
  SimTime advance(SimTime to);

  const MappingTable& table() const;
  const TruthCounts& counts() const;

 private:
  class Receiver;
  std::unique_ptr<Receiver> receiver_;
};

// Tables at each of `moments` (in ascending order; kNever: after everything), one after the other.
void truth(const Plan& plan, const Templates& templates, const ProfileSet& profiles,
           const TruthOptions& options, std::span<const SimTime> moments,
           const std::function<void(const TruthAt&)>& table, const KeepMessage& keep = {});
// All of them. The moment of a table is the one that was asked for.
std::vector<TruthAt> truth(const Plan& plan, const Templates& templates, const ProfileSet& profiles,
                           const TruthOptions& options, std::span<const SimTime> moments,
                           TruthCounts* counts = nullptr, const KeepMessage& keep = {});

}  // namespace esm
