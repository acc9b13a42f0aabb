#include "sender/cli/taken_at.h"

#include <fmt/format.h>

namespace esm {

std::optional<SimTime> parse_taken_at(std::string_view text, const WallClock& clock,
                                      Diagnostics& diagnostics) {
  SimTime since_start{};
  if (const std::optional<UtcTime> time = parse_rfc3339(text)) {
    since_start = *time - clock.start;
  } else if (const Parsed<SimTime> offset = parse_duration(text)) {
    since_start = *offset;
  } else {
    diagnostics.error({}, fmt::format("--taken-at: '{}' is neither a time nor a duration", text),
                      "2026-03-02T08:30:00Z, or 90s: real time since the start");
    return std::nullopt;
  }
  if (since_start < SimTime{0}) {
    diagnostics.error({}, fmt::format("--taken-at: {} lies before the start", text),
                      fmt::format("it began at {}", format_rfc3339(clock.start)));
    return std::nullopt;
  }
  if (!clock.speed) return clock.end;
  __extension__ using Wide = __int128;
  const Wide moment = Wide{since_start.count()} * clock.speed->numerator / clock.speed->denominator;
  constexpr SimTime kMost = std::chrono::hours{24 * 10'000};
  return moment > kMost.count() ? kMost : SimTime{static_cast<std::int64_t>(moment)};
}

}  // namespace esm
