// When a mapping table was taken, by a clock on the wall.
#pragma once

#include <optional>
#include <string_view>

#include "sender/base/diagnostics.h"
#include "sender/base/time.h"
#include "sender/base/units.h"

namespace esm {

struct WallClock {
  UtcTime start{};             // when simulated time 0 was
  std::optional<Speed> speed;  // of the run; none: as fast as it went
  SimTime end{};               // of the scenario
};

// "2026-03-02T08:30:00Z", or "90s" of real time since the start: the scenario's moment then. It may
// lie behind the scenario's end. A run at full speed has no moments in between: there only what
// lies behind the start is known, and taken for the end.
std::optional<SimTime> parse_taken_at(std::string_view text, const WallClock& clock,
                                      Diagnostics& diagnostics);

}  // namespace esm
