// Values with units, as people write them in options and scenarios, and as we write them back.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace esm {

// Either a value, or what is wrong with the text and what would be right.
template <typename T>
struct Parsed {
  std::optional<T> value;
  std::string problem;
  std::string hint;

  explicit operator bool() const { return value.has_value(); }
  const T& operator*() const { return *value; }
  const T* operator->() const { return &*value; }
};

// "90s", "45m", "1h30m", "250ms", "2d", "0"; units d h m s ms us ns, each once, largest first, a
// decimal fraction on the last ("1.5h"). No sign. At most 10,000 days.
Parsed<std::chrono::nanoseconds> parse_duration(std::string_view text);
// The shortest exact form: "1h30m", "250ms", "0s".
std::string format_duration(std::chrono::nanoseconds duration);
// For people, where a moment was drawn at random: the same, cut to milliseconds.
std::string format_moment(std::chrono::nanoseconds since_start);

// "300", "50k", "1.5M", "2G": decimal multipliers; underscores may part digits ("1_000_000").
Parsed<std::uint64_t> parse_count(std::string_view text);

// Messages per second, kept exact as a fraction: "50k", "0.2", "50k/s", "300/m", "10/h".
struct Rate {
  std::uint64_t messages = 0;      // >= 1
  std::chrono::nanoseconds per{};  // > 0
  friend bool operator==(const Rate&, const Rate&) = default;
};
Parsed<Rate> parse_rate(std::string_view text);
std::string format_rate(const Rate& rate);

// Bytes: "1200", "64KiB", "2MiB", "10kB".
Parsed<std::uint64_t> parse_size(std::string_view text);
std::string format_size(std::uint64_t bytes);

// "5%", "0.1%": parts per million, 0 to 1,000,000.
Parsed<std::uint32_t> parse_percent(std::string_view text);
std::string format_percent(std::uint32_t parts_per_million);

// How much faster than real time: "60", "0.5", "60x"; an exact fraction, 1/1000 to 1,000,000.
struct Speed {
  std::uint32_t numerator = 1;
  std::uint32_t denominator = 1;
  friend bool operator==(const Speed&, const Speed&) = default;
};
Parsed<Speed> parse_speed(std::string_view text);
std::string format_speed(const Speed& speed);

// 1234567 -> "1,234,567".
std::string format_thousands(std::uint64_t number);

}  // namespace esm
