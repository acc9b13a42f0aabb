#include "sender/report/figures.h"

#include <array>
#include <cassert>

#include <fmt/format.h>

#include "sender/base/units.h"

namespace esm {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::array<std::uint64_t, 10> kTenTo{
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

// value / unit, rounded half up to `decimals` decimals.
std::string quotient(std::uint64_t value, std::uint64_t unit, std::size_t decimals) {
  const Wide scaled = (Wide{value} * kTenTo[decimals] * 2 + unit) / (Wide{unit} * 2);
  const auto whole = static_cast<std::uint64_t>(scaled / kTenTo[decimals]);
  const auto fraction = static_cast<std::uint64_t>(scaled % kTenTo[decimals]);
  return decimals == 0 ? fmt::format("{}", whole)
                       : fmt::format("{}.{:0{}}", whole, fraction, decimals);
}

std::uint64_t not_negative(std::chrono::nanoseconds time) {
  return time.count() < 0 ? 0 : static_cast<std::uint64_t>(time.count());
}

}  // namespace

std::string format_latency(std::chrono::nanoseconds latency) {
  const std::uint64_t ns = not_negative(latency);
  if (ns < 1'000) return fmt::format("{}ns", ns);
  struct Unit {
    std::string_view name;
    std::uint64_t size;
  };
  constexpr std::array<Unit, 3> kUnits{{{"us", 1'000}, {"ms", 1'000'000}, {"s", 1'000'000'000}}};
  for (const Unit& unit : kUnits) {
    const bool last = unit.size == kUnits.back().size;
    // 999.5 of one unit is 1.00 of the next.
    if (!last && ns * 2 >= unit.size * 1'999) continue;
    std::size_t decimals = 0;
    if (ns * 200 < unit.size * 1'999) {
      decimals = 2;
    } else if (ns * 20 < unit.size * 1'999 || last) {
      decimals = 1;
    }
    return quotient(ns, unit.size, decimals) + std::string(unit.name);
  }
  assert(false && "the last unit takes every value");
  return {};
}

std::string format_rate_of(std::uint64_t count, std::chrono::nanoseconds time) {
  if (time.count() <= 0) return "0";
  const auto ns = static_cast<std::uint64_t>(time.count());
  const Wide tenths = (Wide{count} * 10'000'000'000U * 2 + ns) / (Wide{ns} * 2);
  if (tenths < 10'000) {
    const auto small = static_cast<std::uint64_t>(tenths);
    return fmt::format("{}.{}", small / 10, small % 10);
  }
  const Wide whole = (Wide{count} * 1'000'000'000U * 2 + ns) / (Wide{ns} * 2);
  return format_thousands(whole > UINT64_MAX ? UINT64_MAX : static_cast<std::uint64_t>(whole));
}

std::string format_seconds(std::chrono::nanoseconds time, int decimals) {
  assert(decimals >= 0 && decimals <= 9);
  return quotient(not_negative(time), 1'000'000'000, static_cast<std::size_t>(decimals));
}

}  // namespace esm
