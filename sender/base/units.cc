#include "sender/base/units.h"

#include <array>
#include <numeric>
#include <utility>

#include <fmt/format.h>

namespace esm {
namespace {

__extension__ using Wide = unsigned __int128;

// A decimal number with at most 9 fraction digits, as value * 10^-fraction_digits.
struct Decimal {
  std::uint64_t value = 0;
  int fraction_digits = 0;
};

constexpr std::uint64_t kTenTo[] = {1,      10,      100,      1000,      10000,
                                    100000, 1000000, 10000000, 100000000, 1000000000};

std::optional<Decimal> take_decimal(std::string_view& text) {
  Decimal number;
  bool any = false;
  bool after_point = false;
  bool underscore = false;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') {
      const auto digit = static_cast<std::uint64_t>(c - '0');
      if (number.value > (UINT64_MAX - digit) / 10) return std::nullopt;
      if (after_point && ++number.fraction_digits > 9) return std::nullopt;
      number.value = number.value * 10 + digit;
      any = true;
      underscore = false;
    } else if (c == '_' && any && !after_point && !underscore) {
      underscore = true;
    } else if (c == '.' && any && !after_point && !underscore) {
      after_point = true;
    } else {
      break;
    }
  }
  if (!any || underscore || (after_point && number.fraction_digits == 0)) return std::nullopt;
  text.remove_prefix(i);
  return number;
}

// number * unit, if that is a whole number that fits.
std::optional<std::uint64_t> times(const Decimal& number, std::uint64_t unit) {
  const Wide product = static_cast<Wide>(number.value) * unit;
  const std::uint64_t divisor = kTenTo[number.fraction_digits];
  if (product % divisor != 0 || product / divisor > UINT64_MAX) return std::nullopt;
  return static_cast<std::uint64_t>(product / divisor);
}

struct Unit {
  std::string_view name;
  std::uint64_t size;
};

constexpr std::array<Unit, 7> kDurations{{{"d", 86'400'000'000'000},
                                          {"h", 3'600'000'000'000},
                                          {"m", 60'000'000'000},
                                          {"s", 1'000'000'000},
                                          {"ms", 1'000'000},
                                          {"us", 1000},
                                          {"ns", 1}}};
// Of a rate as written, its point left out; far above one message a nanosecond.
constexpr std::uint64_t kRateDigitsMax = 10'000'000'000'000;
constexpr std::uint64_t kDurationMax = 10'000 * kDurations[0].size;

template <typename T>
Parsed<T> wrong(std::string problem, std::string hint) {
  return {std::nullopt, std::move(problem), std::move(hint)};
}

// A whole number, though it may be one that nothing holds.
bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kShownMax = 60;
  return text.size() <= kShownMax ? fmt::format("'{}'", text)
                                  : fmt::format("'{}…'", text.substr(0, kShownMax));
}

}  // namespace

Parsed<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  using Result = std::chrono::nanoseconds;
  const char* const example = "write a number and a unit (d h m s ms us ns): 90s, 45m, 1h30m";
  if (text == "0") return {Result{0}, {}, {}};
  std::string_view rest = text;
  std::uint64_t total = 0;
  std::size_t next_unit = 0;
  bool fraction_seen = false;
  if (rest.empty()) return wrong<Result>("a duration is missing", example);
  while (!rest.empty()) {
    const std::optional<Decimal> number = take_decimal(rest);
    if (!number || fraction_seen) {
      return wrong<Result>(fmt::format("{} is not a duration", quoted(text)), example);
    }
    fraction_seen = number->fraction_digits > 0;
    std::size_t letters = 0;
    while (letters < rest.size() && rest[letters] >= 'a' && rest[letters] <= 'z') ++letters;
    const std::string_view name = rest.substr(0, letters);
    rest.remove_prefix(letters);
    if (name.empty() && rest.empty()) {
      return wrong<Result>(fmt::format("{} has no unit", quoted(text)),
                           fmt::format("write {0}s, {0}m or {0}h", text));
    }
    std::size_t unit = next_unit;
    while (unit < kDurations.size() && kDurations[unit].name != name) ++unit;
    if (unit == kDurations.size()) {
      return wrong<Result>(fmt::format("{} is not a duration", quoted(text)), example);
    }
    next_unit = unit + 1;
    const std::optional<std::uint64_t> part = times(*number, kDurations[unit].size);
    if (!part && number->fraction_digits > 0) {
      return wrong<Result>(fmt::format("{} is finer than a nanosecond", quoted(text)), example);
    }
    if (!part || *part > kDurationMax || total > kDurationMax - *part) {
      return wrong<Result>(fmt::format("{} is too long", quoted(text)), "at most 10000d");
    }
    total += *part;
  }
  return {Result{static_cast<std::int64_t>(total)}, {}, {}};
}

std::string format_duration(std::chrono::nanoseconds duration) {
  if (duration.count() == 0) return "0s";
  std::string out = duration.count() < 0 ? "-" : "";
  // Negation in unsigned arithmetic is defined for the smallest value too.
  std::uint64_t left = duration.count() < 0 ? 0 - static_cast<std::uint64_t>(duration.count())
                                            : static_cast<std::uint64_t>(duration.count());
  for (const Unit& unit : kDurations) {
    if (left >= unit.size) {
      out += fmt::format("{}{}", left / unit.size, unit.name);
      left %= unit.size;
    }
  }
  return out;
}

std::string format_moment(std::chrono::nanoseconds since_start) {
  return format_duration(std::chrono::floor<std::chrono::milliseconds>(since_start));
}

Parsed<std::uint64_t> parse_count(std::string_view text) {
  using Result = std::uint64_t;
  const char* const example =
      "write a whole number, with k, M or G for thousands, millions, billions";
  std::string_view rest = text;
  const std::optional<Decimal> number = take_decimal(rest);
  std::uint64_t multiplier = 1;
  if (rest == "k") multiplier = 1000;
  if (rest == "M") multiplier = 1'000'000;
  if (rest == "G") multiplier = 1'000'000'000;
  if (!number && is_digits(text)) {
    return wrong<Result>(fmt::format("{} is too large", quoted(text)), "at most 2^64 - 1");
  }
  if (!number || (!rest.empty() && multiplier == 1)) {
    return wrong<Result>(fmt::format("{} is not a number", quoted(text)), example);
  }
  const std::optional<std::uint64_t> value = times(*number, multiplier);
  if (!value && number->fraction_digits == 0) {
    return wrong<Result>(fmt::format("{} is too large", quoted(text)), "at most 2^64 - 1");
  }
  if (!value) return wrong<Result>(fmt::format("{} is not a whole number", quoted(text)), example);
  return {*value, {}, {}};
}

Parsed<Rate> parse_rate(std::string_view text) {
  const char* const example = "write messages a second, or with a unit: 50k, 0.2, 300/m, 10/h";
  const std::size_t slash = text.find('/');
  std::string_view amount = text.substr(0, slash);
  std::uint64_t per = 1'000'000'000;
  if (slash != std::string_view::npos) {
    const std::string_view unit = text.substr(slash + 1);
    if (unit == "s") {
      per = 1'000'000'000;
    } else if (unit == "m") {
      per = 60'000'000'000;
    } else if (unit == "h") {
      per = 3'600'000'000'000;
    } else {
      return wrong<Rate>(fmt::format("{} is not a rate", quoted(text)), example);
    }
  }
  const std::optional<Decimal> number = take_decimal(amount);
  std::uint64_t multiplier = 1;
  if (amount == "k") multiplier = 1000;
  if (amount == "M") multiplier = 1'000'000;
  if (!number && is_digits(amount)) {
    return wrong<Rate>(fmt::format("the rate {} is out of range", quoted(text)),
                       "more than 0, at most 1000M messages a second");
  }
  if (!number || (!amount.empty() && multiplier == 1)) {
    return wrong<Rate>(fmt::format("{} is not a rate", quoted(text)), example);
  }
  if (number->value == 0 || number->value > kRateDigitsMax) {
    return wrong<Rate>(fmt::format("the rate {} is out of range", quoted(text)),
                       "more than 0, at most 1000M messages a second");
  }
  std::uint64_t messages = number->value * multiplier;
  std::uint64_t window = per;
  if (const std::uint64_t divisor = kTenTo[number->fraction_digits]; divisor > 1) {
    if (window > UINT64_MAX / divisor) {
      return wrong<Rate>(fmt::format("{} has too many digits", quoted(text)), example);
    }
    window *= divisor;
  }
  const std::uint64_t common = std::gcd(messages, window);
  messages /= common;
  window /= common;
  if (window > static_cast<std::uint64_t>(INT64_MAX) || window > kDurationMax ||
      messages > window) {
    return wrong<Rate>(fmt::format("the rate {} is out of range", quoted(text)),
                       "more than 0, at most 1000M messages a second");
  }
  return {Rate{messages, std::chrono::nanoseconds{static_cast<std::int64_t>(window)}}, {}, {}};
}

std::string format_rate(const Rate& rate) {
  // Exactly, in the first unit in which it is a decimal fraction that parse_rate takes; every rate
  // that parse_rate gives has one.
  const auto per = static_cast<std::uint64_t>(rate.per.count());
  constexpr std::array<std::pair<const char*, std::uint64_t>, 3> kUnits{
      {{"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}}};
  for (std::size_t decimals = 0; decimals < std::size(kTenTo); ++decimals) {
    for (const auto& [unit, size] : kUnits) {
      const Wide scaled = static_cast<Wide>(rate.messages) * size * kTenTo[decimals];
      if (per == 0 || scaled % per != 0 || scaled / per > kRateDigitsMax) continue;
      if (size > UINT64_MAX / kTenTo[decimals]) continue;
      const auto digits = static_cast<std::uint64_t>(scaled / per);
      if (decimals == 0) return fmt::format("{}/{}", digits, unit);
      return fmt::format("{}.{:0{}}/{}", digits / kTenTo[decimals], digits % kTenTo[decimals],
                         decimals, unit);
    }
  }
  const Wide nano = static_cast<Wide>(rate.messages) * 1'000'000'000 * 1'000'000'000 / per;
  return fmt::format("{}.{:09}/s", static_cast<std::uint64_t>(nano / 1'000'000'000),
                     static_cast<std::uint64_t>(nano % 1'000'000'000));
}

Parsed<std::uint64_t> parse_size(std::string_view text) {
  using Result = std::uint64_t;
  const char* const example = "write bytes, or a number with KiB, MiB, GiB, kB or MB: 1200, 64KiB";
  constexpr std::array<Unit, 7> kSizes{{{"", 1},
                                        {"B", 1},
                                        {"kB", 1000},
                                        {"MB", 1'000'000},
                                        {"KiB", 1024},
                                        {"MiB", 1024 * 1024},
                                        {"GiB", 1024 * 1024 * 1024}}};
  std::string_view rest = text;
  const std::optional<Decimal> number = take_decimal(rest);
  for (const Unit& unit : kSizes) {
    if (!number || unit.name != rest) continue;
    const std::optional<std::uint64_t> value = times(*number, unit.size);
    if (!value) break;
    return {*value, {}, {}};
  }
  return wrong<Result>(fmt::format("{} is not a size", quoted(text)), example);
}

std::string format_size(std::uint64_t bytes) {
  for (const auto& [name, size] : {std::pair<const char*, std::uint64_t>{"GiB", 1ULL << 30},
                                   {"MiB", 1ULL << 20},
                                   {"KiB", 1ULL << 10}}) {
    if (bytes >= size && bytes % size == 0) return fmt::format("{}{}", bytes / size, name);
    if (bytes >= size * 10) {
      return fmt::format("{}.{}{}", bytes / size, bytes % size * 10 / size, name);
    }
  }
  return fmt::format("{}B", bytes);
}

Parsed<std::uint32_t> parse_percent(std::string_view text) {
  using Result = std::uint32_t;
  const char* const example =
      "write a percentage from 0% to 100%, with at most 4 decimals: 5%, 0.1%";
  std::string_view rest = text;
  const std::optional<Decimal> number = take_decimal(rest);
  if (!number || rest != "%") {
    return wrong<Result>(fmt::format("{} is not a percentage", quoted(text)), example);
  }
  const std::optional<std::uint64_t> value = times(*number, 10'000);
  if (!value || *value > 1'000'000) {
    return wrong<Result>(fmt::format("the percentage {} is out of range", quoted(text)), example);
  }
  return {static_cast<std::uint32_t>(*value), {}, {}};
}

std::string format_percent(std::uint32_t parts_per_million) {
  std::string out = fmt::format("{}.{:04}", parts_per_million / 10'000, parts_per_million % 10'000);
  while (out.back() == '0') out.pop_back();
  if (out.back() == '.') out.pop_back();
  return out + '%';
}

Parsed<Speed> parse_speed(std::string_view text) {
  const char* const example =
      "write how many times faster than real time: 60, 0.5 (0.001 to 1000000)";
  std::string_view rest = text;
  const std::optional<Decimal> number = take_decimal(rest);
  if (!number || (!rest.empty() && rest != "x")) {
    return wrong<Speed>(fmt::format("{} is not a speed", quoted(text)), example);
  }
  std::uint64_t numerator = number->value;
  std::uint64_t denominator = kTenTo[number->fraction_digits];
  const std::uint64_t common = std::gcd(numerator, denominator);
  if (common > 0) {
    numerator /= common;
    denominator /= common;
  }
  if (numerator == 0 || denominator > 1000 || numerator > denominator * 1'000'000) {
    return wrong<Speed>(fmt::format("the speed {} is out of range", quoted(text)), example);
  }
  return {Speed{static_cast<std::uint32_t>(numerator), static_cast<std::uint32_t>(denominator)},
          {},
          {}};
}

std::string format_speed(const Speed& speed) {
  std::string out = fmt::format("{}", speed.numerator / speed.denominator);
  std::uint64_t rest = speed.numerator % speed.denominator;
  if (rest != 0) out += '.';
  while (rest != 0) {
    rest *= 10;
    out += static_cast<char>('0' + rest / speed.denominator);
    rest %= speed.denominator;
  }
  return out;
}

std::string format_thousands(std::uint64_t number) {
  std::string digits = fmt::format("{}", number);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

}  // namespace esm
