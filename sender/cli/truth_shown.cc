#include "sender/cli/truth_shown.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/mapping/ideal.h"
#include "sender/mapping/seats.h"

namespace esm {
namespace {

std::string time_text(const TruthShown& what, SimTime at) {
  return format_rfc3339(what.inputs.epoch + at);
}

std::string host_of(const Plan& plan, std::uint32_t endpoint) {
  const EndpointRef ref = plan.endpoint_ref(endpoint);
  return plan.scenario().endpoints[ref.group].host.name(ref.index);
}

// Hundredths of a percent.
std::uint64_t share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 10'000 : part * 10'000 / whole;
}
std::string share_text(std::uint64_t hundredths) {
  return fmt::format("{}.{:02}", hundredths / 100, hundredths % 100);
}

}  // namespace

void show_timeline(const TruthShown& what, const Window& window, Output& out) {
  Rows rows(out, what.form, "changes",
            {{"at", 14}, {"time"}, {"ip", 20}, {"change", 10}, {"user", 24}, {"before", 1}});
  TruthWalk walk(*what.inputs.plan, what.inputs.templates(), what.profiles, what.options,
                 what.keep);
  walk.watch([&](const TableChange& change) {
    if (change.at < window.since || change.at >= window.until) return;
    const std::string at =
        what.form == Rows::Form::kText ? format_moment(change.at) : format_duration(change.at);
    rows.row({at, time_text(what, change.at), change.address.to_string(),
              std::string(name_of(change.kind)), change.user, change.before});
  });
  walk.advance(std::min(window.until, what.inputs.plan->scenario().length));
  rows.finish();
}

void show_ideal(const TruthShown& what, std::span<const SimTime> moments, Output& out) {
  const Plan& plan = *what.inputs.plan;
  Rows rows(out, what.form, "ideal", {{"at", 8}, {"time"}, {"ip", 20}, {"host", 18}, {"user", 1}});
  IdealComparison ideal(plan, what.inputs.templates(), what.profiles, what.inputs.epoch);
  Seats seats(plan);
  for (const SimTime at : moments) {
    seats.advance(at);
    seats.for_each(at, [&](const Seat& seat) {
      if (!seat.awake) return;
      rows.row({format_duration(at), time_text(what, at), seat.address.to_string(),
                host_of(plan, seat.endpoint), ideal.name_of_user(seat.user)});
    });
  }
  rows.finish();
}

void show_difference(const TruthShown& what, std::span<const SimTime> moments, Output& out) {
  const Plan& plan = *what.inputs.plan;
  Rows rows(out, what.form, "differences",
            {{"at", 8},
             {"time"},
             {"ip", 20},
             {"host", 18},
             {"wanted", 20},
             {"held", 20},
             {"why", 8},
             {"end", 1}});
  IdealComparison ideal(plan, what.inputs.templates(), what.profiles, what.inputs.epoch);
  TruthWalk walk(plan, what.inputs.templates(), what.profiles, what.options);
  Seats seats(plan);
  for (const SimTime at : moments) {
    walk.advance(at);
    seats.advance(at);
    ideal.compare(seats, walk.table(), at, [&](const NotIdeal& found) {
      const bool ends = found.why == NotIdeal::Why::kEnded || found.why == NotIdeal::Why::kGone;
      const std::string end = !ends                            ? ""
                              : found.end == kNever            ? "never"
                              : what.form == Rows::Form::kText ? format_moment(found.end)
                                                               : format_duration(found.end);
      rows.row({format_duration(at), time_text(what, at), found.address.to_string(),
                found.seat == nullptr ? "" : host_of(plan, found.seat->endpoint),
                found.seat == nullptr ? "" : ideal.name_of_user(found.seat->user), found.held,
                std::string(name_of(found.why)), end});
    });
  }
  rows.finish();
}

void show_coverage(const TruthShown& what, const Window& window, SimTime step, Output& out) {
  const Plan& plan = *what.inputs.plan;
  const bool text = what.form == Rows::Form::kText;
  std::vector<Rows::Column> columns{{"at", 8},           {"time"},
                                    {"users", 8, true},  {"mapped", 8, true},
                                    {"share", 6, true},  {"misread", 8, true},
                                    {"unread", 8, true}, {"stranger", 8, true},
                                    {"ended", 8, true},  {"unheard", 8, true},
                                    {"behind", 8, true}, {"gone", 8, true}};
  if (text) columns.push_back({"", 1});
  Rows rows(out, what.form, "coverage", columns);
  IdealComparison ideal(plan, what.inputs.templates(), what.profiles, what.inputs.epoch);
  TruthWalk walk(plan, what.inputs.templates(), what.profiles, what.options);
  Seats seats(plan);
  std::uint64_t users = 0, mapped = 0, least = 10'001;
  SimTime least_at{};
  const SimTime end = std::min(window.until, plan.scenario().length);
  for (SimTime at = window.since; at <= end; at = at < end ? std::min(at + step, end) : kNever) {
    walk.advance(at);
    seats.advance(at);
    const Coverage c = ideal.compare(seats, walk.table(), at, {});
    const std::uint64_t part = share(c.mapped, c.seats);
    std::vector<std::string> values{format_duration(at), time_text(what, at)};
    for (const std::uint64_t count : {c.seats, c.mapped}) values.push_back(std::to_string(count));
    values.push_back(c.seats == 0 ? "" : share_text(part));
    for (const std::uint64_t count :
         {c.misread, c.unread, c.stranger, c.ended, c.unheard, c.behind, c.gone}) {
      values.push_back(std::to_string(count));
    }
    if (text) {
      values.emplace_back(c.seats == 0 ? 0 : static_cast<std::size_t>(part / 500), '#');
    }
    rows.row(values);
    users += c.seats;
    mapped += c.mapped;
    if (c.seats > 0 && part < least) {
      least = part;
      least_at = at;
    }
  }
  rows.finish();
  if (!text) return;
  if (users == 0) {
    out.write("nobody is logged on at any of these moments\n");
    return;
  }
  out.write(
      fmt::format("of those who are logged on {} % are mapped where they sit, on average over "
                  "these moments; {} % at {}, the least\n",
                  share_text(share(mapped, users)), share_text(least), format_duration(least_at)));
}

SimTime coverage_step(const Window& window) {
  using std::chrono::seconds;
  constexpr std::array<int, 14> kSteps{1,   2,   5,   10,  15,   30,   60,
                                       120, 300, 600, 900, 1800, 3600, 7200};
  const SimTime length = window.until - window.since;
  for (const int step : kSteps) {
    if (length / seconds{step} <= 60) return seconds{step};
  }
  return std::chrono::ceil<std::chrono::hours>(length / 60);
}

}  // namespace esm
