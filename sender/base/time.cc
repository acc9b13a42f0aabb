#include "sender/base/time.h"

#include <fmt/format.h>

namespace esm {
namespace {

using std::chrono::nanoseconds;

// Reads exactly `digits` digits at the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

CivilTime civil_time(UtcTime time, std::chrono::minutes offset) {
  const UtcTime local = time + offset;
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{local - day};
  CivilTime civil;
  civil.year = static_cast<int>(date.year());
  civil.month = static_cast<unsigned>(date.month());
  civil.day = static_cast<unsigned>(date.day());
  civil.weekday = std::chrono::weekday{day}.c_encoding();
  civil.hour = static_cast<unsigned>(clock.hours().count());
  civil.minute = static_cast<unsigned>(clock.minutes().count());
  civil.second = static_cast<unsigned>(clock.seconds().count());
  civil.utc_offset = offset;
  civil.nanosecond = static_cast<std::uint32_t>(clock.subseconds().count());
  return civil;
}

std::optional<std::chrono::minutes> parse_utc_offset(std::string_view text) {
  if (text == "Z" || text == "z") return std::chrono::minutes{0};
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  const int sign = text.front() == '-' ? -1 : 1;
  text.remove_prefix(1);
  const auto hours = take_number(text, 2);
  if (!hours || !take(text, ':')) return std::nullopt;
  const auto minutes = take_number(text, 2);
  if (!minutes || !text.empty() || *hours > 23 || *minutes > 59) return std::nullopt;
  return std::chrono::minutes{sign * (*hours * 60 + *minutes)};
}

std::optional<UtcTime> parse_rfc3339(std::string_view text, std::chrono::minutes* utc_offset) {
  const auto year = take_number(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day || text.empty()) return std::nullopt;
  if (text.front() != 'T' && text.front() != 't' && text.front() != ' ') return std::nullopt;
  text.remove_prefix(1);
  const auto hour = take_number(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_number(text, 2);
  if (!second) return std::nullopt;

  std::int64_t fraction = 0;
  if (take(text, '.')) {
    int digits = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      if (++digits > 9) return std::nullopt;
      fraction = fraction * 10 + (text.front() - '0');
      text.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 9; ++digits) fraction *= 10;
  }

  const std::optional<std::chrono::minutes> offset = parse_utc_offset(text);
  if (!offset) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  // The years are those that 64 bits of nanoseconds can hold with room to add a scenario.
  if (!date.ok() || *year < 1970 || *year > 2200) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const UtcTime time = std::chrono::sys_days{date} + std::chrono::hours{*hour} +
                       std::chrono::minutes{*minute} + std::chrono::seconds{*second} +
                       nanoseconds{fraction};
  const UtcTime utc = time - *offset;
  // An offset may lead to before 1970, where nothing here counts.
  if (utc.time_since_epoch().count() < 0) return std::nullopt;
  if (utc_offset != nullptr) *utc_offset = *offset;
  return utc;
}

std::string format_rfc3339(UtcTime time, std::chrono::minutes utc_offset) {
  const CivilTime t = civil_time(time, utc_offset);
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", t.year, t.month, t.day,
                                t.hour, t.minute, t.second);
  if (t.nanosecond % 1000 != 0) {
    out += fmt::format(".{:09}", t.nanosecond);
  } else if (t.nanosecond % 1'000'000 != 0) {
    out += fmt::format(".{:06}", t.nanosecond / 1000);
  } else if (t.nanosecond != 0) {
    out += fmt::format(".{:03}", t.nanosecond / 1'000'000);
  }
  if (utc_offset.count() == 0) return out + 'Z';
  const auto distance = std::chrono::abs(utc_offset).count();
  return out + fmt::format("{}{:02}:{:02}", utc_offset.count() < 0 ? '-' : '+', distance / 60,
                           distance % 60);
}

}  // namespace esm
