// The address -> user table a receiver keeps: the last login on an address wins, a user may hold
// many addresses, an entry ends `timeout` after the last login that confirmed it. Times are
// whatever clock the caller uses throughout: simulated time for truth, monotonic time for the
// listener.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sender/base/ip_address.h"
#include "sender/base/time.h"

namespace esm {

struct Mapping {
  IpAddress address;
  std::string user;     // as the table shows it
  SimTime since{};      // first login of this user here, without a gap
  SimTime confirmed{};  // last login
  SimTime expires{};    // confirmed + timeout
  // Contested (design law 6): another user logged in here closer to the winner than the settle
  // time; the receiver may rightly hold either.
  std::string rival;  // empty: not contested
};

class MappingTable {
 public:
  // `settle`: two logins of different users on one address closer than this are contested.
  MappingTable(SimTime timeout, SimTime settle);

  void login(const IpAddress& address, std::string_view user, SimTime now);
  void logout(const IpAddress& address, SimTime now);

  // Entries alive at `now` (now < expires), sorted by address.
  std::vector<Mapping> alive(SimTime now) const;
  std::size_t size() const { return entries_.size(); }
  // Forgets entries that ended before `now`, to bound memory.
  void purge(SimTime now);

 private:
  SimTime timeout_;
  SimTime settle_;
  std::unordered_map<IpAddress, Mapping> entries_;
};

}  // namespace esm
