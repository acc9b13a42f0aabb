// One message that is due.
#pragma once

#include <cstdint>

#include "sender/base/time.h"

namespace esm {

enum class EventKind : std::uint8_t {
  kLogon,      // the heartbeat an agent sends because a user logged on
  kHeartbeat,  // the periodic one
};

inline constexpr std::uint32_t kNobody = 0xFFFFFFFF;

struct Event {
  SimTime due{};
  std::uint32_t endpoint = 0;    // index over the whole fleet, groups in file order
  std::uint32_t user = kNobody;  // index over all users, groups in file order
  std::uint32_t ordinal = 0;     // within the endpoint, from 0
  EventKind kind = EventKind::kHeartbeat;

  friend bool operator==(const Event&, const Event&) = default;
};

}  // namespace esm
