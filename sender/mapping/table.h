// The address -> user table a receiver keeps: the last login on an address wins, a user may hold
// many addresses, an entry ends some time after the last login that confirmed it (Timeouts). Times
// are whatever clock the caller uses throughout: simulated time for truth, monotonic time for the
// listener.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sender/base/ip_address.h"
#include "sender/base/time.h"

namespace esm {

struct Mapping {
  IpAddress address;
  std::string user;               // as the table shows it
  SimTime since{};                // first login of this user here, without a gap
  SimTime confirmed{};            // last login
  SimTime idle_ends{};            // confirmed + idle timeout
  SimTime maximum_ends = kNever;  // since + maximum timeout
  SimTime expires{};              // the earlier of both
  // Contested (design law 6): another user logged in here closer to the winner's last login than
  // the settle time; the receiver may rightly hold either. The latest of such users; empty: not
  // contested. `other_rivals`, latest first, when there was more than one.
  std::string rival;
  std::vector<std::string> other_rivals;
  // The same of a logout: the receiver may rightly hold nobody here.
  bool may_be_absent = false;

  bool contested() const { return !rival.empty(); }
  // Whether a receiver that holds `name` here is right: the user or one of the rivals.
  bool accepts(std::string_view name) const;
};

// How long an entry lives: `idle` after its last login and, however often the user logs in again,
// no longer than `maximum` after the first. A firewall has no maximum for what syslog teaches it.
struct Timeouts {
  SimTime idle{};
  SimTime maximum = kNever;
};

class MappingTable {
 public:
  // `timeouts`: 0 ends every entry at once. `settle`: two logins of different users on one address
  // closer than this are contested; 0: none are. `entries_max`: logins that would need another
  // entry are refused.
  MappingTable(const Timeouts& timeouts, SimTime settle, std::size_t entries_max = SIZE_MAX);
  // With an idle timeout alone.
  MappingTable(SimTime timeout, SimTime settle, std::size_t entries_max = SIZE_MAX)
      : MappingTable(Timeouts{timeout}, settle, entries_max) {}

  enum class Effect : std::uint8_t {
    kMade,       // the address had no living entry
    kChanged,    // it had another user
    kConfirmed,  // it had this user: only its end moved. Allocates nothing
    kRefused,    // the table is full
  };
  // `now` does not go back from call to call.
  Effect login(const IpAddress& address, std::string_view user, SimTime now);
  // Ends the entry of `address` if it is this user's: who comes next is not logged out by who left
  // before. Whether there was one, and alive. Logins and logouts of one user closer than the settle
  // time may have been seen in either order.
  bool logout(const IpAddress& address, std::string_view user, SimTime now);

  // The entry of `address` if it is alive at `now`.
  std::optional<Mapping> find(const IpAddress& address, SimTime now) const;
  // The entry of `address`, even if its time is over and it is not yet purged; none where its user
  // logged out.
  std::optional<Mapping> last(const IpAddress& address) const;
  // Calls `look(address, user)` for every entry alive at `now`, in no order.
  template <typename Look>
  void for_each_alive(SimTime now, const Look& look) const {
    for (const auto& [address, entry] : entries_) {
      if (is_alive(entry, now)) look(address, entry.user);
    }
  }
  // Entries alive at `now` (now < expires), sorted by address.
  std::vector<Mapping> alive(SimTime now) const;
  // What a receiver may rightly hold where find() and alive() have nothing: who logged out, but so
  // close to a login that the receiver may have seen that last. Sorted by address.
  std::optional<Mapping> find_remaining(const IpAddress& address, SimTime now) const;
  std::vector<Mapping> may_remain(SimTime now) const;
  // Entries held, those that ended but are not yet purged among them.
  std::size_t size() const { return entries_.size(); }
  // Forgets entries that ended at or before `now` and can no longer be anyone's rival, to bound
  // memory.
  void purge(SimTime now);

 private:
  // Of a user who did not log in last: what is closer than settle to the last login, or to now.
  struct Recent {
    std::string user;
    std::optional<SimTime> at;    // their last login here
    std::optional<SimTime> left;  // their last logout
  };
  struct Entry {
    std::string user;
    SimTime since{};
    SimTime confirmed{};
    std::vector<Recent> others = {};   // in the order of their logins
    std::optional<SimTime> left = {};  // the user's last logout
    bool gone = false;                 // it came after their last login
  };

  SimTime expires(const Entry& entry) const;
  bool is_alive(const Entry& entry, SimTime now) const;
  // Whether a receiver may have seen the login last of all that matters to this user.
  bool may_be_there(const Entry& entry, const Recent& recent) const;
  bool may_be_absent(const Entry& entry) const;
  // Of those who logged out; `user` is empty where nobody may remain.
  Mapping remaining(const IpAddress& address, const Entry& entry, SimTime now) const;
  void forget_old(Entry& entry, SimTime now) const;
  Mapping mapping(const IpAddress& address, const Entry& entry) const;

  Timeouts timeouts_;
  SimTime settle_;
  std::size_t entries_max_;
  std::unordered_map<IpAddress, Entry> entries_;
};

}  // namespace esm
