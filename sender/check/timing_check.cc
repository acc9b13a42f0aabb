#include "sender/check/timing_check.h"

#include <algorithm>

#include <fmt/format.h>

#include "sender/base/units.h"

namespace esm {
namespace {

__extension__ using Wide = __int128;

SimTime clamped(Wide ns) {
  return SimTime{
      static_cast<std::int64_t>(std::clamp<Wide>(ns, 0, std::chrono::nanoseconds::max().count()))};
}

// How long after one message of an endpoint the next one comes, without jitter.
SimTime period_of(const EndpointGroup& group) {
  if (!group.rate) return group.heartbeat;
  return clamped(Wide{group.count} * group.rate->per.count() /
                 static_cast<std::int64_t>(group.rate->messages));
}

// part / whole as a percentage with at most one decimal.
std::string share(SimTime part, SimTime whole) {
  const Wide permille = (Wide{part.count()} * 2'000 + whole.count()) / (Wide{whole.count()} * 2);
  return format_percent(static_cast<std::uint32_t>(permille) * 1'000);
}

// Whether anybody ever logs on at an endpoint of the group: only then it sends.
bool is_used(const Scenario& scenario, std::uint32_t group) {
  const bool by_activity = std::any_of(
      scenario.activities.begin(), scenario.activities.end(), [&](const Activity& activity) {
        return activity.kind == Activity::Kind::kLogon && activity.endpoints == group;
      });
  return by_activity ||
         std::any_of(scenario.steps.begin(), scenario.steps.end(), [&](const Step& step) {
           const auto* logon = std::get_if<LogonStep>(&step.what);
           return logon != nullptr && logon->endpoint.group == group;
         });
}

// However often heartbeats confirm an entry, it ends `maximum` after its first one, and its user is
// unmapped until the next.
void check_maximum(const EndpointGroup& group, SimTime period, SimTime maximum, SimTime length,
                   std::vector<Warning>& warnings) {
  const SimTime next =
      clamped((Wide{maximum.count()} + period.count() - 1) / period.count() * period.count());
  if (maximum >= length || next == maximum) return;
  Warning warning;
  warning.code = "maximum-timeout-unmaps";
  warning.problem = fmt::format(
      "{}: a message every {} and a maximum timeout of {}: who stays logged on is unmapped for "
      "{}{} "
      "of every {}",
      group.key, format_duration(period), format_duration(maximum),
      group.jitter_ppm > 0 ? "about " : "", format_duration(next - maximum), format_duration(next));
  warning.hint = "a firewall has no maximum timeout for what syslog teaches it";
  warnings.push_back(std::move(warning));
}

}  // namespace

void check_timing(const Plan& plan, const CheckOptions& options, std::vector<Warning>& warnings) {
  const Scenario& scenario = plan.scenario();
  const Speed speed = options.speed.value_or(Speed{});
  // The receiver's clock does not run faster because the scenario does.
  const auto played = [&](SimTime own) {
    return clamped(Wide{own.count()} * speed.numerator / speed.denominator);
  };
  // An entry that nobody confirms ends by whichever comes first.
  const SimTime shorter = std::min(options.mapping_timeout, options.max_mapping_timeout);
  const SimTime timeout = played(shorter);

  for (std::uint32_t g = 0; g < scenario.endpoints.size(); ++g) {
    const EndpointGroup& group = scenario.endpoints[g];
    const SimTime period = period_of(group);
    if (!is_used(scenario, g) || period.count() <= 0) continue;
    const SimTime jitter = clamped(Wide{period.count()} * group.jitter_ppm / 1'000'000 * 2);
    const bool at_logon = group.clock == HeartbeatClock::kLogon && !group.rate;
    if (period > timeout) {
      Warning warning;
      warning.code = "heartbeat-longer-than-timeout";
      warning.problem = fmt::format(
          "{}: a message every {} and a timeout of {}: users known by heartbeats alone are "
          "unmapped {} of the time",
          group.key, format_duration(period), format_duration(timeout),
          share(period - timeout, period));
      warning.samples.push_back(
          at_logon
              ? fmt::format("the heartbeat's clock starts at the logon: who logged on together "
                            "is unmapped together, {} later, for {}",
                            format_duration(timeout), format_duration(period - timeout))
              : "the heartbeats are spread evenly: so many users are unmapped at any moment");
      warning.hint = fmt::format(
          "raise the receiver's {}mapping timeout above {}, or shorten the "
          "heartbeat below {}",
          options.max_mapping_timeout < options.mapping_timeout ? "maximum " : "",
          format_duration(clamped(Wide{period.count()} + jitter.count())),
          format_duration(timeout));
      warnings.push_back(std::move(warning));
    } else if (period + jitter >= timeout) {
      Warning warning;
      warning.code = "heartbeat-near-timeout";
      warning.problem = fmt::format(
          "{}: a message every {} with a jitter of {}, so up to {} apart, and a timeout of {}: "
          "mappings may end for a moment",
          group.key, format_duration(period), format_percent(group.jitter_ppm),
          format_duration(period + jitter), format_duration(timeout));
      warning.hint = "leave room between the heartbeat and the receiver's mapping timeout";
      warnings.push_back(std::move(warning));
    }
    if (period <= timeout && options.max_mapping_timeout != kNever) {
      check_maximum(group, period, played(options.max_mapping_timeout), scenario.length, warnings);
    }
  }

  if (speed == Speed{}) return;
  const SimTime needed = clamped(Wide{shorter.count()} * speed.denominator / speed.numerator);
  Warning warning;
  const std::string clock = fmt::format(
      "at speed {} the receiver's timeout of {} lasts {} of the "
      "scenario",
      format_speed(speed), format_duration(shorter), format_duration(timeout));
  if (speed.numerator > speed.denominator) {
    warning.code = "speed-hides-timeouts";
    warning.problem = timeout >= scenario.length
                          ? clock + ": no mapping ends in the " + format_duration(scenario.length) +
                                " that it lasts"
                          : clock + ": mappings end later than they would";
  } else {
    warning.code = "speed-hastens-timeouts";
    warning.problem = clock + ": mappings end earlier than they would";
  }
  warning.hint = fmt::format(
      "set the receiver's timeout to {}, or let ours keep pace: listen "
      "--clock-speed {}",
      format_duration(needed), format_speed(speed));
  warnings.push_back(std::move(warning));
}

}  // namespace esm
