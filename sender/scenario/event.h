// One message that is due.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sender/base/time.h"

namespace esm {

// Why an agent sends a message: its heartbeat, but for the last two.
enum class EventKind : std::uint8_t {
  kLogon,      // a user logged on
  kHeartbeat,  // it is time for one
  kUnlock,     // a user came back to a locked session
  kWake,       // the machine woke up
  kRoam,       // the machine has an address at another site
  kBoot,       // the machine started, and agents there beat with nobody logged on
  kNoise,      // something else that the scenario's noise asks for
  kLogoff,     // a user logged off, where the group has a logoff message
};
inline constexpr std::size_t kEventKinds = 8;
// "logon", "heartbeat", …
std::string_view name_of(EventKind kind);

inline constexpr std::uint32_t kNobody = 0xFFFFFFFF;

struct Event {
  SimTime due{};
  std::uint32_t endpoint = 0;    // index over the whole fleet, groups in file order
  std::uint32_t user = kNobody;  // index over all users, groups in file order
  std::uint32_t ordinal = 0;     // within the endpoint, from 0
  EventKind kind = EventKind::kHeartbeat;
  std::uint8_t site = 0;     // where the endpoint is: Plan::address
  std::uint8_t message = 0;  // 0: the scenario's; n: number n of those beside it (other_messages.h)
  std::uint8_t fault = 0;    // 0: none; n: number n of Scenario::faults, from 1

  friend bool operator==(const Event&, const Event&) = default;
};

}  // namespace esm
