#include "sender/cli/fail_if.h"

#include <array>
#include <chrono>
#include <vector>

#include <fmt/format.h>

#include "sender/base/edit_distance.h"
#include "sender/base/units.h"

namespace esm {
namespace {

using Metric = Threshold::Metric;
using Comparison = Threshold::Comparison;

struct Named {
  std::string_view name;
  Metric metric;
};
constexpr std::array<Named, 11> kMetrics{{{"p50", Metric::kP50},
                                          {"p90", Metric::kP90},
                                          {"p99", Metric::kP99},
                                          {"p99.9", Metric::kP999},
                                          {"max", Metric::kMax},
                                          {"dropped", Metric::kDropped},
                                          {"refused", Metric::kRefused},
                                          {"uncertain", Metric::kUncertain},
                                          {"reconnects", Metric::kReconnects},
                                          {"loss", Metric::kLoss},
                                          {"rate", Metric::kRate}}};

bool is_lateness(Metric metric) { return metric <= Metric::kMax; }

double percentile_of(Metric metric) {
  switch (metric) {
    case Metric::kP50:
      return 50;
    case Metric::kP90:
      return 90;
    case Metric::kP99:
      return 99;
    case Metric::kP999:
      return 99.9;
    default:
      return 100;
  }
}

// Reads `text` with the unit that `metric` is measured in.
template <typename T>
std::optional<double> read(const Parsed<T>& parsed, std::string_view whole,
                           Diagnostics& diagnostics) {
  if (!parsed) {
    diagnostics.error({}, fmt::format("--fail-if {}: {}", whole, parsed.problem), parsed.hint);
    return std::nullopt;
  }
  if constexpr (std::is_same_v<T, std::chrono::nanoseconds>) {
    return static_cast<double>((*parsed).count());
  } else if constexpr (std::is_same_v<T, Rate>) {
    return static_cast<double>((*parsed).messages) * 1e9 /
           static_cast<double>((*parsed).per.count());
  } else {
    return static_cast<double>(*parsed);
  }
}

}  // namespace

std::optional<Threshold> parse_threshold(std::string_view text, Diagnostics& diagnostics) {
  const char* const example =
      "write a metric, < <= > or >=, and a value: p99>5ms, dropped>0, loss>0.1%";
  const std::size_t at = text.find_first_of("<>");
  if (at == std::string_view::npos) {
    diagnostics.error({}, fmt::format("--fail-if: '{}' compares nothing", text), example);
    return std::nullopt;
  }
  Threshold threshold;
  threshold.text = text;
  const std::string_view name = text.substr(0, at);
  const bool or_equal = at + 1 < text.size() && text[at + 1] == '=';
  if (text[at] == '<') {
    threshold.comparison = or_equal ? Comparison::kLessOrEqual : Comparison::kLess;
  } else {
    threshold.comparison = or_equal ? Comparison::kGreaterOrEqual : Comparison::kGreater;
  }
  const std::string_view value = text.substr(at + (or_equal ? 2 : 1));

  const Named* named = nullptr;
  std::vector<std::string> names;
  for (const Named& one : kMetrics) {
    if (one.name == name) named = &one;
    names.emplace_back(one.name);
  }
  if (named == nullptr) {
    std::string all;
    for (const std::string& one : names) all += (all.empty() ? "" : ", ") + one;
    diagnostics.error({}, fmt::format("--fail-if: there is no metric '{}'", name),
                      did_you_mean(name, names, "possible: " + all));
    return std::nullopt;
  }
  threshold.metric = named->metric;
  std::optional<double> number;
  if (is_lateness(named->metric)) {
    number = read(parse_duration(value), text, diagnostics);
  } else if (named->metric == Metric::kLoss) {
    number = read(parse_percent(value), text, diagnostics);
    if (number) *number /= 1e6;
  } else if (named->metric == Metric::kRate) {
    number = read(parse_rate(value), text, diagnostics);
  } else {
    number = read(parse_count(value), text, diagnostics);
  }
  if (!number) return std::nullopt;
  threshold.value = *number;
  return threshold;
}

ThresholdResult evaluate(const Threshold& threshold, const RunRecord& record) {
  Books all;
  for (const TargetRecord& target : record.targets) all.add(target.books);
  double measured = 0;
  std::string text;
  switch (threshold.metric) {
    case Metric::kDropped:
      measured = static_cast<double>(all.dropped);
      break;
    case Metric::kRefused:
      measured = static_cast<double>(all.refused);
      break;
    case Metric::kUncertain:
      measured = static_cast<double>(all.uncertain);
      break;
    case Metric::kReconnects:
      measured = static_cast<double>(all.reconnects);
      break;
    case Metric::kLoss:
      measured = all.due == 0 ? 0
                              : static_cast<double>(all.dropped + all.refused) /
                                    static_cast<double>(all.due);
      text = fmt::format("loss is {:.4f}%", measured * 100);
      break;
    case Metric::kRate:
      measured = record.elapsed.count() == 0 ? 0
                                             : static_cast<double>(all.written) * 1e9 /
                                                   static_cast<double>(record.elapsed.count());
      text = fmt::format("rate is {:.1f}/s", measured);
      break;
    default: {
      const auto lateness = record.lateness.percentile(percentile_of(threshold.metric));
      measured = static_cast<double>(lateness.count());
      text = fmt::format("{} is {}", threshold.text.substr(0, threshold.text.find_first_of("<>")),
                         format_duration(lateness));
      break;
    }
  }
  if (text.empty()) {
    text = fmt::format("{} is {}", threshold.text.substr(0, threshold.text.find_first_of("<>")),
                       format_thousands(static_cast<std::uint64_t>(measured)));
  }
  bool holds = false;
  switch (threshold.comparison) {
    case Comparison::kLess:
      holds = measured < threshold.value;
      break;
    case Comparison::kLessOrEqual:
      holds = measured <= threshold.value;
      break;
    case Comparison::kGreater:
      holds = measured > threshold.value;
      break;
    case Comparison::kGreaterOrEqual:
      holds = measured >= threshold.value;
      break;
  }
  return {holds, text};
}

}  // namespace esm
