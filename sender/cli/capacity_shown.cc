#include "sender/cli/capacity_shown.h"

#include <algorithm>
#include <chrono>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/cli/rows.h"
#include "sender/report/figures.h"
#include "sender/report/json_text.h"

namespace esm {
namespace {

constexpr int kSchemaVersion = 1;  // README.md in this room documents it

// A share in percent with as many decimals as people want: "0.03 %", "1.2 %", "45 %".
std::string share(std::uint64_t part, std::uint64_t whole) {
  if (part == 0 || whole == 0) return "0 %";
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (percent < 0.01) return "under 0.01 %";
  return fmt::format("{:.{}f} %", percent, percent < 1 ? 2 : percent < 10 ? 1 : 0);
}

std::string_view name_of(CapacityVerdict verdict) {
  switch (verdict) {
    case CapacityVerdict::kHeld:
      return "held";
    case CapacityVerdict::kLoss:
      return "loss";
    case CapacityVerdict::kBackPressure:
      return "back-pressure";
    case CapacityVerdict::kSender:
      return "sender";
    case CapacityVerdict::kBroken:
      return "broken";
  }
  return "";
}

std::string_view name_of(const CapacityResult& result) {
  if (result.interrupted) return "interrupted";
  if (result.time_used) return "time-used";
  switch (result.end) {
    case CapacitySearch::End::kGoesOn:
      break;
    case CapacitySearch::End::kFound:
      return "found";
    case CapacitySearch::End::kMostHeld:
      return "most-held";
    case CapacitySearch::End::kNothingHeld:
      return "nothing-held";
    case CapacitySearch::End::kBroken:
      return "broken";
    case CapacitySearch::End::kStepsUsed:
      return "steps-used";
  }
  return "stopped";
}

std::string step_text(const CapacityStep& step) {
  const CapacityMeasure& measure = step.measure;
  switch (step.verdict) {
    case CapacityVerdict::kHeld:
      return "held";
    case CapacityVerdict::kLoss:
      return "lost by the receiver";
    case CapacityVerdict::kBackPressure:
      return measure.behind
                 ? fmt::format("back-pressure: read {} longer", format_latency(*measure.behind))
                 : "back-pressure";
    case CapacityVerdict::kSender:
      return "the sender was too slow";
    case CapacityVerdict::kBroken:
      return "the transport failed";
  }
  return "";
}

// What stands behind "at 48,000 ".
std::string beyond(const CapacityStep& step) {
  const CapacityMeasure& measure = step.measure;
  switch (step.verdict) {
    case CapacityVerdict::kHeld:
      break;
    case CapacityVerdict::kLoss:
      return fmt::format("it loses {}", share(measure.arrived->lost, measure.arrived->expected));
    case CapacityVerdict::kBackPressure:
      return fmt::format("it takes {}", format_thousands(measure.reached()));
    case CapacityVerdict::kSender:
      return fmt::format(
          "this sender was too slow ({} too late, p99 {}): the receiver may hold more",
          share(measure.unsent, measure.due), format_latency(measure.p99));
    case CapacityVerdict::kBroken:
      return "the transport failed";
  }
  return "";
}

}  // namespace

const CapacityStep* failed_step(const CapacityResult& result) {
  const auto step =
      std::find_if(result.steps.rbegin(), result.steps.rend(), [&](const CapacityStep& one) {
        return one.measure.rate == result.failed && one.verdict != CapacityVerdict::kHeld;
      });
  return result.failed == 0 || step == result.steps.rend() ? nullptr : &*step;
}

std::string knee_text(const CapacityResult& result) {
  const CapacityStep* step = failed_step(result);
  std::string text = result.held == 0
                         ? "no rate that was tried was held"
                         : fmt::format("holds {} messages/s", format_thousands(result.held));
  if (step != nullptr) {
    text += fmt::format("; at {} {}", format_thousands(result.failed), beyond(*step));
  } else if (result.end == CapacitySearch::End::kMostHeld) {
    text += ", the highest rate that was to be tried (--rate): it may hold more";
  }
  if (result.interrupted) {
    text += "; interrupted before the knee was found";
  } else if (result.time_used) {
    text += "; the time (--within) was over before the knee was found";
  } else if (result.end == CapacitySearch::End::kStepsUsed) {
    text += "; the steps (--steps) were used up before the knee was found";
  }
  return text + '\n';
}

void show_capacity(const CapacityResult& result, Output& out) {
  Rows rows(out, Rows::Form::kText, "steps",
            {{"asked/s", 10, true},
             {"reached/s", 10, true},
             {"lost", 12, true},
             {"unsent", 12, true},
             {"p99", 7, true},
             {" verdict", 30, false}});
  for (const CapacityStep& step : result.steps) {
    const CapacityMeasure& measure = step.measure;
    rows.row({format_thousands(measure.rate), format_thousands(measure.reached()),
              measure.arrived ? share(measure.arrived->lost, measure.arrived->expected) : "-",
              share(measure.unsent, measure.due), format_latency(measure.p99),
              ' ' + step_text(step)});
  }
  rows.finish();
  out.write(knee_text(result));
}

std::string capacity_json(const CapacityResult& result) {
  boost::json::object root;
  root["schema_version"] = kSchemaVersion;
  root["target"] = json_text(result.target);
  root["end"] = name_of(result);
  root["held"] = result.held == 0 ? boost::json::value(nullptr) : boost::json::value(result.held);
  root["failed"] =
      result.failed == 0 ? boost::json::value(nullptr) : boost::json::value(result.failed);
  const CapacityStep* step = failed_step(result);
  root["why"] =
      step == nullptr ? boost::json::value(nullptr) : boost::json::value(name_of(step->verdict));
  root["rate_max"] = result.most;
  root["loss_max_ppm"] = result.limits.loss_ppm;
  root["late_max_ns"] = result.limits.late.count();
  boost::json::array steps;
  for (const CapacityStep& one : result.steps) {
    const CapacityMeasure& measure = one.measure;
    boost::json::object row;
    row["rate"] = measure.rate;
    row["reached"] = measure.reached();
    row["verdict"] = name_of(one.verdict);
    row["due"] = measure.due;
    row["written"] = measure.written;
    row["unsent"] = measure.unsent;
    row["expected"] =
        measure.arrived ? boost::json::value(measure.arrived->expected) : boost::json::value();
    row["lost"] =
        measure.arrived ? boost::json::value(measure.arrived->lost) : boost::json::value();
    row["elapsed_ns"] = measure.elapsed.count();
    row["p99_ns"] = measure.p99.count();
    row["waited_ns"] = measure.waited.count();
    row["behind_ns"] =
        measure.behind ? boost::json::value(measure.behind->count()) : boost::json::value();
    steps.push_back(std::move(row));
  }
  root["steps"] = std::move(steps);
  return boost::json::serialize(root) + '\n';
}

}  // namespace esm
