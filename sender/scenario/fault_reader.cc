#include "sender/scenario/fault_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/scenario/names.h"
#include "sender/scenario/share.h"

namespace esm {
namespace {

constexpr std::uint32_t kBytesMin = 64;
constexpr std::uint32_t kBytesMax = 65'507;  // a UDP datagram
constexpr SimTime kSkewMax = std::chrono::days{3650};

// One fault. Every part is read, so that all that is wrong is said at once.
class Reading {
 public:
  // `kind`: the key under which the kind stands.
  Reading(const YamlNode& node, std::string kind, Diagnostics& diagnostics)
      : node_(node),
        kind_(std::move(kind)),
        map_(node, "the fault", diagnostics),
        diagnostics_(diagnostics) {}

  // `scenario`: whose group it is of; null of a step's, which has neither group nor share.
  std::optional<Fault> read(const Scenario* scenario) {
    fault_.place = node_.place;
    if (map_.require(kind_, "what is broken: kind: truncated") == nullptr) {
      good_ = false;
    } else {
      read_kind();
    }
    if (scenario != nullptr) read_share(*scenario);
    read_verdict();
    read_bytes();
    read_times();
    read_skew();
    map_.finish();
    if (!good_ || diagnostics_.errors() > errors_before_) return std::nullopt;
    return fault_;
  }

 private:
  void error(const Place& place, std::string problem, std::string hint) {
    diagnostics_.error(place, std::move(problem), std::move(hint));
    good_ = false;
  }

  void read_kind() {
    std::size_t kind = 0;
    kind_known_ =
        map_.choice(kind_,
                    {"truncated", "over-long", "no-pri", "wrong-pri", "missing-key", "empty-user",
                     "two-users", "wrong-delimiter", "embedded-lf", "embedded-nul", "invalid-utf8",
                     "bom", "duplicate", "several", "time-skew"},
                    kind);
    good_ = kind_known_ && good_;
    fault_.kind = static_cast<FaultKind>(kind);
    fault_.place = map_.find(kind_)->place;
  }

  void read_share(const Scenario& scenario) {
    if (const YamlNode* on = map_.require("on", "the group of endpoints: on: office")) {
      const auto found = find_group(scenario.endpoints, *on, "on", "endpoints", diagnostics_);
      good_ = found && good_;
      fault_.endpoints = found.value_or(0);
    } else {
      good_ = false;
    }
    if (const YamlNode* share = map_.require("share", "how many of its messages: share: 2%")) {
      good_ = map_.percent("share", fault_.share_ppm) && good_;
      if (good_ && fault_.share_ppm == 0) {
        error(share->place, "share: nothing would be broken", "above 0%");
      }
    } else {
      good_ = false;
    }
  }

  void read_verdict() {
    std::size_t verdict = 0;
    if (map_.choice("verdict", {"map", "ignore", "fail"}, verdict)) {
      fault_.verdict = static_cast<FaultVerdict>(verdict);
    }
  }

  bool is_short_form() const { return kind_ == "fault"; }

  // Whether this key is to be read: it belongs to one kind only.
  bool belongs(std::string_view key, FaultKind kind, bool required, std::string_view meaning,
               std::string_view example) {
    const YamlNode* const node = map_.find(key);
    if (!kind_known_) return false;
    if (fault_.kind != kind) {
      if (node == nullptr) return false;
      error(node->place, fmt::format("{}: '{}' has none", key, name_of(fault_.kind)),
            fmt::format("it belongs to '{}'; leave it out", name_of(kind)));
      return false;
    }
    if (node == nullptr && required) {
      error(node_.place, fmt::format("the fault: the key '{}' is missing", key),
            is_short_form() ? fmt::format("fault: {{ kind: {}, {} }}", name_of(kind), example)
                            : fmt::format("{}: {}", meaning, example));
    }
    return node != nullptr;
  }

  void read_bytes() {
    if (!belongs("bytes", FaultKind::kOverLong, true, "the message's size", "bytes: 2049")) return;
    good_ = map_.count("bytes", fault_.bytes, kBytesMin, kBytesMax) && good_;
  }

  void read_times() {
    constexpr std::uint32_t kTimes = 3;
    if (fault_.kind == FaultKind::kSeveral && kind_known_) fault_.times = kTimes;
    if (!belongs("times", FaultKind::kSeveral, false, {}, {})) return;
    good_ = map_.count("times", fault_.times, 2, kFaultTimesMax) && good_;
  }

  // A duration with a sign.
  void read_skew() {
    if (!belongs("skew", FaultKind::kTimeSkew, true, "how wrong its clock is", "skew: -1h")) return;
    std::string text;
    if (!map_.text("skew", text)) {
      good_ = false;
      return;
    }
    const Place& place = map_.find("skew")->place;
    std::string_view amount = text;
    const bool behind = amount.starts_with('-');
    if (behind || amount.starts_with('+')) amount.remove_prefix(1);
    const Parsed<SimTime> parsed = parse_duration(amount);
    if (!parsed) {
      error(place, "skew: " + parsed.problem,
            "a duration, with '-' for a clock that is slow: skew: 1h, skew: -90s");
    } else if (*parsed == SimTime{0} || *parsed > kSkewMax) {
      error(place, fmt::format("skew: {} is out of range", text),
            fmt::format("above 0, up to {} either way", format_duration(kSkewMax)));
    } else {
      fault_.skew = behind ? -*parsed : *parsed;
    }
  }

  const YamlNode& node_;
  std::string kind_;
  YamlMap map_;
  Diagnostics& diagnostics_;
  int errors_before_ = diagnostics_.errors();
  Fault fault_;
  bool kind_known_ = false;
  bool good_ = true;
};

bool has_room(const Scenario& scenario, const Place& place, Diagnostics& diagnostics) {
  if (scenario.faults.size() < kFaultsMax) return true;
  diagnostics.error(place, fmt::format("faults: more than {} different ones", kFaultsMax));
  return false;
}

// A message has one fault at most, so a group's shares are parts of a whole.
void check_share(const Fault& fault, const YamlNode& item, const Scenario& scenario,
                 Diagnostics& diagnostics) {
  std::uint64_t all = fault.share_ppm;
  for (const Fault& other : scenario.faults) {
    if (other.endpoints == fault.endpoints) all += other.share_ppm;
  }
  if (all <= kWholePpm) return;
  diagnostics.error(
      item.place,
      fmt::format("faults: those of '{}' are more than 100% of its messages up to here",
                  scenario.endpoints[fault.endpoints].key),
      "a message has one fault at most: make the shares smaller");
}

bool alike(const Fault& a, const Fault& b) {
  return a.kind == b.kind && a.bytes == b.bytes && a.times == b.times && a.skew == b.skew &&
         a.verdict == b.verdict;
}

}  // namespace

void read_faults(const YamlNode& node, Scenario& scenario, Diagnostics& diagnostics) {
  if (!node.is_sequence()) {
    diagnostics.error(node.place, "faults: a list is expected",
                      "- { kind: truncated, on: office, share: 2% }");
    return;
  }
  for (const YamlNode& item : node.items) {
    if (!item.is_map()) {
      const YamlMap refused(item, "the fault", diagnostics);
      continue;
    }
    const std::optional<Fault> fault = Reading(item, "kind", diagnostics).read(&scenario);
    if (!fault) continue;
    if (!has_room(scenario, item.place, diagnostics)) return;
    check_share(*fault, item, scenario, diagnostics);
    scenario.faults.push_back(*fault);
  }
}

std::optional<std::uint8_t> read_fault_of_step(const YamlNode& node, Scenario& scenario,
                                               Diagnostics& diagnostics) {
  // A kind alone is short for a mapping.
  YamlNode short_form;
  short_form.kind = YamlNode::Kind::kMap;
  short_form.place = node.place;
  if (node.is_scalar()) short_form.entries.push_back({"fault", node.place, node});
  const std::optional<Fault> fault = (node.is_scalar() ? Reading(short_form, "fault", diagnostics)
                                                       : Reading(node, "kind", diagnostics))
                                         .read(nullptr);
  if (!fault) return std::nullopt;
  for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
    const Fault& other = scenario.faults[i];
    if (other.endpoints == kNoGroup && alike(other, *fault))
      return static_cast<std::uint8_t>(i + 1);
  }
  if (!has_room(scenario, node.place, diagnostics)) return std::nullopt;
  scenario.faults.push_back(*fault);
  return static_cast<std::uint8_t>(scenario.faults.size());
}

}  // namespace esm
