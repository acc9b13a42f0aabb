#include "sender/check/explanation.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "sender/base/diagnostics.h"
#include "sender/base/units.h"

namespace esm {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::size_t kGroupsShown = 20;

// Exact, or estimated.
std::string number(const PlanSummary& summary, std::uint64_t value) {
  return (summary.sample > 1 ? "~" : "") + format_thousands(value);
}

// messages / time as a rate a second, with three digits that say something: "0.0833", "12.5".
std::string per_second(const PlanSummary& summary, std::uint64_t messages, SimTime time) {
  const std::string_view about = summary.sample > 1 ? "~" : "";
  const Wide scaled = Wide{messages} * 1'000'000'000 * 10'000 /
                      static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 1));
  const auto value = static_cast<std::uint64_t>(std::min<Wide>(scaled, UINT64_MAX));
  if (value >= 1'000'000) return fmt::format("{}{}/s", about, format_thousands(value / 10'000));
  if (value >= 100'000)
    return fmt::format("{}{}.{}/s", about, value / 10'000, value % 10'000 / 1'000);
  return fmt::format("{}{}.{:04}/s", about, value / 10'000, value % 10'000);
}

std::string kinds(const PlanSummary& summary) {
  std::string out;
  for (std::size_t kind = 0; kind < summary.by_kind.size(); ++kind) {
    if (summary.by_kind[kind] == 0) continue;
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", number(summary, summary.by_kind[kind]),
                       name_of(static_cast<EventKind>(kind)));
  }
  return out;
}

std::string_view name_of_span(SimTime span) {
  if (span == std::chrono::seconds{1}) return "second";
  return span == std::chrono::minutes{1} ? "minute" : "hour";
}

std::string groups(const PlanSummary& summary, const Scenario& scenario) {
  std::size_t width = 0;
  for (const EndpointGroup& group : scenario.endpoints) width = std::max(width, group.key.size());
  std::string out;
  const std::size_t shown = std::min(scenario.endpoints.size(), kGroupsShown);
  for (std::size_t g = 0; g < shown; ++g) {
    const EndpointGroup& group = scenario.endpoints[g];
    out += fmt::format("  {:<{}}  {} endpoint{}, {} messages\n", escape_for_display(group.key),
                       width, format_thousands(group.count), group.count == 1 ? "" : "s",
                       number(summary, summary.by_group[g]));
  }
  if (shown < scenario.endpoints.size()) {
    out += fmt::format("  … and {} more groups\n", scenario.endpoints.size() - shown);
  }
  return out;
}

// How many messages have which fault, and what a correct receiver makes of them.
std::string faults(const PlanSummary& summary, const Scenario& scenario,
                   std::size_t message_bytes_max) {
  std::uint64_t all = 0;
  std::size_t width = 0, place_width = 0;
  const auto place = [&](const Fault& fault) {
    if (fault.endpoints == kNoGroup) return std::string("steps");
    return escape_for_display(scenario.endpoints[fault.endpoints].key);
  };
  for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
    all += summary.by_fault[i];
    width = std::max(width, to_text(scenario.faults[i]).size());
    place_width = std::max(place_width, place(scenario.faults[i]).size());
  }
  std::string out = fmt::format("{:<10} {} of the messages are broken on purpose\n", "faults",
                                all == 0 ? "none" : number(summary, all));
  for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
    const Fault& fault = scenario.faults[i];
    out += fmt::format("  {:<{}}  {:<{}}  {} message{}, {}\n", to_text(fault), width, place(fault),
                       place_width, number(summary, summary.by_fault[i]),
                       summary.by_fault[i] == 1 ? "" : "s",
                       name_of(verdict_of(fault, message_bytes_max)));
  }
  return out;
}

// A line for every slice: when it begins, a bar, how many. A dot is less than the shortest bar.
std::string curve(const PlanSummary& summary, SimTime length) {
  const std::uint64_t tallest = *std::max_element(summary.slices.begin(), summary.slices.end());
  constexpr std::uint64_t kWidth = 50;
  std::string out;
  for (std::size_t i = 0; i < summary.slices.size(); ++i) {
    const SimTime begin = summary.slice * static_cast<std::int64_t>(i);
    if (begin >= length || begin > summary.ended_at) break;
    const std::uint64_t count = summary.slices[i];
    const auto bar = static_cast<std::size_t>(Wide{count} * kWidth / tallest);
    out += fmt::format("{:>8}  {:<{}}  {}\n", format_duration(begin),
                       count > 0 && bar == 0 ? "." : std::string(bar, '#'), kWidth,
                       number(summary, count));
  }
  return out;
}

}  // namespace

std::string explain(const PlanSummary& summary, const Plan& plan, std::size_t message_bytes_max,
                    UtcTime epoch, const SummaryOptions& options, const TruthCounts* counts) {
  const Scenario& scenario = plan.scenario();
  std::string text;
  const auto line = [&text](std::string_view what, const std::string& words) {
    text += fmt::format("{:<10} {}\n", what, words);
  };
  const auto counted = [](std::size_t count, std::string_view what) {
    return fmt::format("{} {}{}", format_thousands(count), what, count == 1 ? "" : "s");
  };
  if (options.shard.count > 1) {
    line("shard", fmt::format("{}/{}: messages, rates and memory below are of this part",
                              options.shard.index, options.shard.count));
  }
  if (summary.sample > 1) {
    line("estimate",
         fmt::format("~ is from a sample: 1 endpoint in {} (--all looks at all of them)",
                     format_thousands(summary.sample)));
  }
  if (summary.ended_at != kNever) {
    line("not all", fmt::format("only what is due before {} was looked at (--all goes on)",
                                format_moment(summary.ended_at)));
  }
  const SimTime looked_at = std::min(scenario.length, summary.ended_at);
  line("length", fmt::format("{}, from {}", format_duration(scenario.length),
                             format_rfc3339(std::chrono::floor<std::chrono::milliseconds>(epoch),
                                            scenario.clock.utc_offset(SimTime{0}))));
  line("users", fmt::format("{} in {}", format_thousands(plan.user_count()),
                            counted(scenario.users.size(), "group")));
  line("endpoints", fmt::format("{} in {}, through {}", format_thousands(plan.endpoint_count()),
                                counted(scenario.endpoints.size(), "group"),
                                counted(scenario.esms.size(), "ESM")));
  text += groups(summary, scenario);
  if (summary.messages == 0) {
    line("messages", "0");
    return text;
  }
  line("messages", fmt::format("{}: {}", number(summary, summary.messages), kinds(summary)));
  if (!scenario.faults.empty()) text += faults(summary, scenario, options.message_bytes_max);
  if (counts != nullptr) {
    line("counters",
         fmt::format("{} log messages, {} auth. success: what the receiver counts",
                     format_thousands(counts->messages), format_thousands(counts->mapped)));
  }
  line("average", per_second(summary, summary.messages, looked_at));
  line("steady",
       fmt::format("{}, in the middle one of the {}s that have messages",
                   per_second(summary, summary.usual, summary.span), name_of_span(summary.span)));
  line("peak", fmt::format("{} in one second, at {}{}", number(summary, summary.peak),
                           format_duration(summary.peak_at),
                           summary.sample > 1 ? " (rather less: chance is magnified)" : ""));
  line("longest", fmt::format("{} bytes at most", format_thousands(message_bytes_max)));
  line("addresses", number(summary, summary.addresses) + " are used");
  line("contested",
       summary.contested == 0
           ? fmt::format("none: no two users on one address less than {} apart",
                         format_duration(options.settle))
           : fmt::format("{} message{} less than {} behind another user's on the same address",
                         number(summary, summary.contested), summary.contested == 1 ? "" : "s",
                         format_duration(options.settle)));
  line("memory",
       fmt::format("{} at most, for the schedule in one thread",
                   (summary.sample > 1 ? "~" : "") + format_size(summary.schedule_bytes)));
  text += fmt::format("messages in {} each:\n", format_duration(summary.slice));
  text += curve(summary, scenario.length);
  return text;
}

}  // namespace esm
