#include "sender/scenario/value_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "sender/base/units.h"

namespace esm {
namespace {

constexpr SimTime kLengthMax = std::chrono::days{100};
constexpr std::uint32_t kWhole = 1'000'000;

bool read_duration(const YamlNode& node, std::string_view key, const std::string& text,
                   SimTime& out, Diagnostics& diagnostics) {
  const Parsed<std::chrono::nanoseconds> parsed = parse_duration(text);
  if (!parsed) {
    diagnostics.error(node.place, fmt::format("{}: {}", key, parsed.problem), parsed.hint);
    return false;
  }
  out = *parsed;
  return true;
}

bool read_table(const YamlNode& node, std::string_view key, Length& out, Diagnostics& diagnostics) {
  std::vector<ReadShare> shares;
  if (!read_shares(node, key, shares, diagnostics)) return false;
  bool good = true;
  for (const ReadShare& share : shares) {
    YamlNode name;
    name.place = share.entry->place;
    SimTime length{};
    good = read_duration(name, key, share.entry->key, length, diagnostics) && good;
    out.table.push_back({length, share.parts_per_million});
  }
  return good;
}

// "2", "1.5": millionths.
bool read_factor(const YamlNode& node, std::uint32_t& out, Diagnostics& diagnostics) {
  const Parsed<Speed> factor = parse_speed(node.text);
  const std::uint64_t millionths =
      factor ? std::uint64_t{factor.value->numerator} * kWhole / factor.value->denominator : 0;
  if (millionths > kWhole && millionths <= std::uint64_t{100} * kWhole) {
    out = static_cast<std::uint32_t>(millionths);
    return true;
  }
  diagnostics.error(
      node.place, fmt::format("factor: '{}' is not a factor", node.text),
      "above 1, at most 100; 2: about two in three are between half and twice as long");
  return false;
}

}  // namespace

bool read_time(YamlMap& map, std::string_view key, const Scenario& scenario, SimTime& out,
               Diagnostics& diagnostics) {
  const YamlNode* node = map.find(key);
  if (node == nullptr) return false;
  const std::string& text = node->text;
  if (!node->is_scalar() || text.find(':') == std::string::npos) {
    return map.duration(key, out);
  }
  const bool seconds = text.size() == 8;
  const auto two_digits = [&](std::size_t at) {
    const bool digits =
        text[at] >= '0' && text[at] <= '9' && text[at + 1] >= '0' && text[at + 1] <= '9';
    return digits ? (text[at] - '0') * 10 + (text[at + 1] - '0') : 100;
  };
  if ((text.size() != 5 && !seconds) || text[2] != ':' || (seconds && text[5] != ':') ||
      two_digits(0) > 23 || two_digits(3) > 59 || (seconds && two_digits(6) > 59)) {
    diagnostics.error(node->place, fmt::format("{}: '{}' is not a time of day", key, text),
                      "write 08:30 or 08:30:15, or a duration since the start: 35m");
    return false;
  }
  if (!scenario.start_given) {
    diagnostics.error(node->place, fmt::format("{}: a time of day needs the scenario's start", key),
                      "add for instance start: 2026-03-02T07:55:00Z, or write a duration: 35m");
    return false;
  }
  const SimTime wanted = std::chrono::hours{two_digits(0)} + std::chrono::minutes{two_digits(3)} +
                         std::chrono::seconds{seconds ? two_digits(6) : 0};
  out = scenario.clock.next_time_of_day(scenario.start, wanted);
  return true;
}

bool read_utc_offset(YamlMap& map, std::chrono::minutes& out, Diagnostics& diagnostics) {
  std::string text;
  if (!map.text("utc-offset", text)) return false;
  const std::optional<std::chrono::minutes> offset = parse_utc_offset(text);
  if (!offset) {
    diagnostics.error(map.find("utc-offset")->place,
                      fmt::format("utc-offset: '{}' is not a distance from UTC", text),
                      "for instance +01:00, -05:30 or Z");
    return false;
  }
  out = *offset;
  return true;
}

void read_clock_changes(const YamlNode& node, Scenario& scenario, Diagnostics& diagnostics) {
  if (!node.is_sequence()) {
    diagnostics.error(node.place, "clock-changes: a list is expected",
                      "- { at: 2h, utc-offset: +02:00 }");
    return;
  }
  SimTime before{-1};
  for (const YamlNode& item : node.items) {
    YamlMap map(item, "the clock's change", diagnostics);
    ClockChange change;
    const bool when = map.require("at", "when clocks change: at: 2h") != nullptr &&
                      read_time(map, "at", scenario, change.at, diagnostics);
    const bool what =
        map.require("utc-offset", "what they show then: utc-offset: +02:00") != nullptr &&
        read_utc_offset(map, change.utc_offset, diagnostics);
    map.finish();
    if (!when || !what) continue;
    if (change.at <= before) {
      diagnostics.error(
          item.place,
          fmt::format("this is not after the change before, at {}", format_duration(before)),
          "write them in order of time");
      continue;
    }
    if (change.at >= scenario.length) {
      diagnostics.error(item.place,
                        fmt::format("clocks change after the scenario, which lasts {}",
                                    format_duration(scenario.length)),
                        "a longer 'length', or an earlier 'at'");
      continue;
    }
    before = change.at;
    scenario.clock.add(change);
    // So that days stay days: what comes every day begins once a day, in order.
    if (scenario.clock.shortest_again(std::chrono::days{1}) <= SimTime{0}) {
      diagnostics.error(map.find("utc-offset")->place,
                        "utc-offset: clocks have changed by a day or more altogether",
                        "all distances from UTC of a scenario lie within less than 24 hours");
    }
  }
}

bool read_shares(const YamlNode& node, std::string_view key, std::vector<ReadShare>& out,
                 Diagnostics& diagnostics) {
  if (!node.is_map() || node.entries.empty()) {
    diagnostics.error(node.place, fmt::format("{}: values and their shares are expected", key),
                      "for instance { a: 80%, b: 20% }");
    return false;
  }
  std::uint64_t sum = 0;
  bool good = true;
  for (const YamlEntry& entry : node.entries) {
    const Parsed<std::uint32_t> share =
        entry.value.is_scalar() ? parse_percent(entry.value.text) : parse_percent("");
    if (!share || *share == 0) {
      diagnostics.error(entry.value.place.line > 0 ? entry.value.place : entry.place,
                        fmt::format("{}: '{}' is not a share", key, entry.value.text),
                        "a percentage above 0%, for instance 20%");
      good = false;
      continue;
    }
    sum += *share;
    out.push_back({&entry, *share});
  }
  if (good && sum != kWhole) {
    const auto percent = static_cast<std::uint32_t>(std::min<std::uint64_t>(sum, 1'000 * kWhole));
    diagnostics.error(node.place,
                      fmt::format("{}: the shares are {} together", key, format_percent(percent)),
                      "they must be 100%");
    good = false;
  }
  return good;
}

bool read_length(const YamlNode& node, std::string_view key, Length& out,
                 Diagnostics& diagnostics) {
  if (node.is_scalar()) {
    if (!read_duration(node, key, node.text, out.from, diagnostics)) return false;
    return true;
  }
  if (!node.is_map()) {
    diagnostics.error(node.place, fmt::format("{}: a length of time is expected", key),
                      "for instance 8h, { from: 7h, to: 9h } or { normal: 8h, spread: 30m }");
    return false;
  }
  YamlMap map(node, fmt::format("'{}'", key), diagnostics);
  const YamlNode* const from = map.find("from");
  const YamlNode* const normal = map.find("normal");
  const YamlNode* const exponential = map.find("exponential");
  const YamlNode* const log_normal = map.find("log-normal");
  const YamlNode* const table = map.find("table");
  const int kinds = (from != nullptr) + (normal != nullptr) + (exponential != nullptr) +
                    (log_normal != nullptr) + (table != nullptr);
  if (kinds != 1) {
    diagnostics.error(
        node.place,
        fmt::format(
            "{}: one of 'from', 'normal', 'exponential', 'log-normal' and 'table' is needed", key),
        "for instance { from: 7h, to: 9h } or { normal: 8h, spread: 30m }");
    return false;
  }
  bool good = true;
  if (from != nullptr) {
    out.kind = Length::Kind::kUniform;
    good = map.duration("from", out.from, SimTime{0}, kLengthMax);
    good = map.require("to", "the longest: to: 9h") != nullptr &&
           map.duration("to", out.to, SimTime{0}, kLengthMax) && good;
    if (good && out.to < out.from) {
      diagnostics.error(map.find("to")->place, fmt::format("{}: 'to' is before 'from'", key));
      good = false;
    }
  } else if (normal != nullptr) {
    out.kind = Length::Kind::kNormal;
    good = map.duration("normal", out.from, SimTime{0}, kLengthMax);
    good = map.require("spread", "the standard deviation: spread: 30m") != nullptr &&
           map.duration("spread", out.spread, SimTime{0}, kLengthMax) && good;
    if (good && 3 * out.spread > out.from) {
      diagnostics.error(
          map.find("spread")->place,
          fmt::format("{}: three times the spread is more than {}", key, format_duration(out.from)),
          "at most a third of it: nothing is farther off than three times the spread");
      good = false;
    }
  } else if (table != nullptr) {
    out.kind = Length::Kind::kTable;
    good = read_table(*table, key, out, diagnostics);
  } else {
    out.kind = exponential != nullptr ? Length::Kind::kExponential : Length::Kind::kLogNormal;
    good = map.duration(exponential != nullptr ? "exponential" : "log-normal", out.from, SimTime{1},
                        kLengthMax);
    good = map.require("most", "what is longer is cut to this: most: 4h") != nullptr &&
           map.duration("most", out.to, SimTime{1}, kLengthMax) && good;
    if (log_normal != nullptr) {
      if (const YamlNode* factor = map.find("factor")) {
        good = read_factor(*factor, out.factor_ppm, diagnostics) && good;
      }
    }
  }
  map.finish();
  return good;
}

bool read_outages(const YamlNode& node, const Scenario& scenario, Outages& out,
                  Diagnostics& diagnostics) {
  if (!node.is_sequence()) {
    diagnostics.error(node.place, "outages: a list is expected", "- { at: 2h, for: 10m }");
    return false;
  }
  bool good = true;
  for (const YamlNode& item : node.items) {
    YamlMap map(item, "the outage", diagnostics);
    Outage outage;
    outage.place = item.place;
    good = map.require("at", "when the ESM sends nothing any more: at: 2h") != nullptr &&
           read_time(map, "at", scenario, outage.at, diagnostics) && good;
    good = map.require("for", "for how long: for: 10m") != nullptr &&
           map.duration("for", outage.lasts, std::chrono::milliseconds{1}, kLengthMax) && good;
    if (map.find("flush") != nullptr) {
      good = map.duration("flush", outage.flush, std::chrono::milliseconds{1}, kLengthMax) && good;
    }
    map.finish();
    out.push_back(outage);
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Outage& a, const Outage& b) { return a.at < b.at; });
  return good;
}

}  // namespace esm
