#include "sender/scenario/load_scenario.h"

#include <algorithm>

#include <fmt/format.h>

#include "sender/scenario/message_times.h"

namespace esm {
namespace {

// Nominal times of a load that runs as fast as the target takes it.
constexpr Rate kRateOfMax{1'000'000, std::chrono::seconds{1}};
constexpr std::uint64_t kMessagesMax = 0xFFFFFFFF;

// The time at which message number `count` would be due, which is when `count` messages are over.
SimTime time_of(std::uint64_t count, const Rate& rate, SimTime ramp) {
  constexpr SimTime kShortest = std::chrono::milliseconds{1};
  constexpr SimTime kLongest = std::chrono::days{3650};
  if (ramp > SimTime{0}) {
    // Whole milliseconds are easier to read, and a root that was cut is not over yet.
    const SimTime over = std::min(MessageTimes(rate, ramp).at(count), kLongest - kShortest);
    return std::chrono::ceil<std::chrono::milliseconds>(over + SimTime{1});
  }
  __extension__ using Wide = unsigned __int128;
  const Wide time =
      (Wide{count} * static_cast<std::uint64_t>(rate.per.count()) + rate.messages - 1) /
      rate.messages;
  const SimTime bounded{static_cast<std::int64_t>(
      std::min<Wide>(time, static_cast<std::uint64_t>(kLongest.count())))};
  return std::max(bounded, kShortest);
}

}  // namespace

std::string make_load_scenario(const LoadOptions& options) {
  const Rate rate = options.rate.value_or(kRateOfMax);
  SimTime length = options.duration.value_or(kLoadDuration);
  if (options.count) {
    // Both given: whichever ends first.
    const SimTime needed = time_of(*options.count, rate, options.ramp);
    length = options.duration ? std::min(*options.duration, needed) : needed;
  } else if (!options.rate) {
    length = time_of(kMessagesMax, rate, SimTime{0});  // the run stops by its own clock
  }
  std::string esms;
  const std::uint32_t esm_count = std::clamp<std::uint32_t>(options.esms.value_or(1), 1, 200);
  for (std::uint32_t i = 1; i <= esm_count; ++i) {
    esms += fmt::format("  - {{ name: esm{:02}, address: 10.0.1.{}, version: 4.1.3.33176 }}\n", i,
                        19 + i);
  }
  const std::string limit =
      options.count ? fmt::format(", messages: {}", *options.count) : std::string{};
  const std::string ramp = options.ramp > SimTime{0}
                               ? fmt::format(", ramp: {}", format_duration(options.ramp))
                               : std::string{};
  return fmt::format(
      "about: Load at {} from {} endpoints, made by `esm-sender load`.\n"
      "length: {}\n"
      "esm:\n{}"
      "receiver: {{ profile: traps-kb, mapping-timeout: 45m }}\n"
      "message: {}\n"
      "users:\n"
      "  load: {{ count: {}, name: \"user{{:07}}\" }}\n"
      "endpoints:\n"
      "  load: {{ count: {}, host: \"PC-{{:07}}\", pool: 10.64.0.0/10, rate: {}{}{} }}\n"
      "activity:\n"
      "  - {{ logon: load, on: load, at: 0s, curve: at-once }}\n",
      options.rate ? format_rate(rate) : "full speed", options.endpoints, format_duration(length),
      esms, options.message, options.endpoints, options.endpoints, format_rate(rate), ramp, limit);
}

}  // namespace esm
