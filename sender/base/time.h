// Simulated time and calendar time, in integers. Nothing here asks what time it is.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace esm {

// Nanoseconds since the scenario's start.
using SimTime = std::chrono::nanoseconds;
// Nanoseconds since 1970-01-01T00:00:00Z (to the year 2262).
using UtcTime = std::chrono::sys_time<std::chrono::nanoseconds>;

inline constexpr SimTime kNever = SimTime::max();

struct CivilTime {
  int year = 1970;
  unsigned month = 1;    // 1..12
  unsigned day = 1;      // 1..31
  unsigned weekday = 4;  // 0 = Sunday
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;  // never 60
  std::uint32_t nanosecond = 0;
  std::chrono::minutes utc_offset{0};
};

// `offset` is the fixed distance from UTC of the clock that is read.
CivilTime civil_time(UtcTime time, std::chrono::minutes offset = std::chrono::minutes{0});

// RFC 3339 with 'T' (or a space) and 'Z' or an offset; up to 9 fraction digits; 1970 to 2200.
// `utc_offset`, if given, is what the text says of it.
std::optional<UtcTime> parse_rfc3339(std::string_view text,
                                     std::chrono::minutes* utc_offset = nullptr);
// "Z", "+01:00", "-05:30": up to 23:59 either way.
std::optional<std::chrono::minutes> parse_utc_offset(std::string_view text);
// "2026-03-02T07:55:00Z", with as many of 3, 6 or 9 fraction digits as the value needs; or, by a
// clock at that distance from UTC, "2026-03-02T08:55:00+01:00".
std::string format_rfc3339(UtcTime time, std::chrono::minutes utc_offset = std::chrono::minutes{0});

}  // namespace esm
