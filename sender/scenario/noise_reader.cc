#include "sender/scenario/noise_reader.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/scenario/heartbeat.h"
#include "sender/scenario/names.h"

namespace esm {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::size_t kNoiseMax = 100;
constexpr SimTime kSlotMin = std::chrono::milliseconds{1};
constexpr SimTime kSlotMax = std::chrono::days{36'500};

// How often one endpoint of a group with a rate, or with a heartbeat, sends one on average.
Wide period_of(const EndpointGroup& group, const std::optional<Rate>& rate) {
  if (!rate) return static_cast<std::uint64_t>(group.heartbeat.count());
  return Wide{static_cast<std::uint64_t>(rate->per.count())} * group.count / rate->messages;
}

// One entry. Every part is read, so that all that is wrong is said at once.
class Reading {
 public:
  Reading(const YamlNode& item, const Scenario& scenario, Diagnostics& diagnostics)
      : item_(item),
        map_(item, "the noise", diagnostics),
        scenario_(scenario),
        diagnostics_(diagnostics) {}

  std::optional<Noise> read() {
    noise_.place = item_.place;
    if (const YamlNode* message =
            map_.require("message", "a template: message: traps-leef-new-hash")) {
      good_ = map_.text("message", noise_.message) && good_;
      noise_.place = message->place;
    } else {
      good_ = false;
    }
    const EndpointGroup* group = nullptr;
    if (const YamlNode* on = map_.require("on", "the group of endpoints: on: office")) {
      const auto found = find_group(scenario_.endpoints, *on, "on", "endpoints", diagnostics_);
      noise_.endpoints = found.value_or(0);
      if (found) group = &scenario_.endpoints[*found];
    }
    good_ = good_ && group != nullptr;
    read_pace(group);
    map_.finish();
    if (!good_) return std::nullopt;
    return std::move(noise_);
  }

 private:
  void error(const YamlNode& node, std::string problem, std::string hint) {
    diagnostics_.error(node.place, std::move(problem), std::move(hint));
    good_ = false;
  }

  // `group` is null where it is not known.
  void read_pace(const EndpointGroup* group) {
    const YamlNode* const every = map_.find("every");
    const YamlNode* const rate = map_.find("rate");
    const YamlNode* const share = map_.find("share");
    const int found = (every != nullptr) + (rate != nullptr) + (share != nullptr);
    if (found != 1) {
      error(item_, "the noise: one of every, rate and share is needed",
            "every: 20m (each endpoint), rate: 10/m (the whole group), share: 2% (of heartbeats)");
      return;
    }
    if (every != nullptr) {
      good_ = map_.duration("every", noise_.every, kSlotMin, kSlotMax) && good_;
      if (good_) check_count(*every);
    } else if (rate != nullptr) {
      read_rate(*rate, group);
    } else {
      read_share(*share, group);
    }
  }

  void read_rate(const YamlNode& node, const EndpointGroup* group) {
    std::string text;
    if (!map_.text("rate", text)) {
      good_ = false;
      return;
    }
    const Parsed<Rate> rate = parse_rate(text);
    if (!rate) {
      error(node, "rate: " + rate.problem, rate.hint);
    } else if (group != nullptr) {
      settle(node, period_of(*group, *rate));
    }
  }

  void read_share(const YamlNode& node, const EndpointGroup* group) {
    std::uint32_t parts_per_million = 0;
    if (!map_.percent("share", parts_per_million)) {
      good_ = false;
    } else if (parts_per_million == 0) {
      error(node, "share: nothing would be sent", "above 0%");
    } else if (group != nullptr) {
      settle(node, period_of(*group, group->rate) * 1'000'000 / parts_per_million);
    }
  }

  // A rate and a share say how often each endpoint sends one, too.
  void settle(const YamlNode& node, Wide every) {
    if (every < static_cast<std::uint64_t>(kSlotMin.count())) {
      error(node, "the noise: each endpoint would send more than one in a millisecond",
            "fewer, or from more endpoints");
    } else if (every > static_cast<std::uint64_t>(kSlotMax.count())) {
      error(node,
            fmt::format("the noise: each endpoint would send less than one in {}",
                        format_duration(kSlotMax)),
            "more, or from fewer endpoints");
    } else {
      noise_.every = SimTime{static_cast<std::int64_t>(every)};
      check_count(node);
    }
  }

  void check_count(const YamlNode& node) {
    if (scenario_.length / noise_.every < std::int64_t{kBeatsMax}) return;
    error(node,
          fmt::format("the noise: more than {} messages from each endpoint",
                      format_thousands(kBeatsMax)),
          "fewer, or a shorter 'length'");
  }

  const YamlNode& item_;
  YamlMap map_;
  const Scenario& scenario_;
  Diagnostics& diagnostics_;
  Noise noise_;
  bool good_ = true;
};

}  // namespace

void read_noise(const YamlNode& node, Scenario& scenario, Diagnostics& diagnostics) {
  if (!node.is_sequence()) {
    diagnostics.error(node.place, "noise: a list is expected",
                      "- { message: traps-leef-new-hash, on: office, every: 20m }");
    return;
  }
  if (node.items.size() > kNoiseMax) {
    diagnostics.error(node.items[kNoiseMax].place, fmt::format("noise: more than {}", kNoiseMax));
    return;
  }
  for (const YamlNode& item : node.items) {
    if (!item.is_map()) {
      const YamlMap refused(item, "the noise", diagnostics);
      continue;
    }
    if (auto noise = Reading(item, scenario, diagnostics).read()) {
      scenario.noise.push_back(std::move(*noise));
    }
  }
}

}  // namespace esm
