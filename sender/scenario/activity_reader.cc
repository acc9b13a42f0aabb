#include "sender/scenario/activity_reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/scenario/curve_reader.h"
#include "sender/scenario/names.h"
#include "sender/scenario/value_reader.h"

namespace esm {
namespace {

using Kind = Activity::Kind;

constexpr std::array<std::string_view, 10> kWords{"logon", "logoff", "lock",     "unlock", "sleep",
                                                  "wake",  "boot",   "shutdown", "crash",  "roam"};

// What ends it; nothing where it is an end itself.
std::optional<Kind> undone_by(Kind kind) {
  switch (kind) {
    case Kind::kLogon:
      return Kind::kLogoff;
    case Kind::kLock:
      return Kind::kUnlock;
    case Kind::kSleep:
      return Kind::kWake;
    case Kind::kShutdown:
    case Kind::kCrash:
      return Kind::kBoot;
    case Kind::kRoam:
      return Kind::kRoam;
    case Kind::kLogoff:
    case Kind::kUnlock:
    case Kind::kWake:
    case Kind::kBoot:
      break;
  }
  return std::nullopt;
}

// One activity. Every part is read, so that all that is wrong is said at once.
class Reading {
 public:
  Reading(const YamlNode& item, const Scenario& scenario, LoadedFiles& files,
          Diagnostics& diagnostics)
      : item_(item),
        map_(item, "the activity", diagnostics),
        files_(files),
        scenario_(scenario),
        diagnostics_(diagnostics) {}

  std::optional<Activity> read() {
    activity_.place = item_.place;
    const ReadVerb verb = read_verb(
        map_, item_, "the activity", nullptr,
        "- { logon: office, on: office, at: 5m, within: 15m, curve: normal }", diagnostics_);
    activity_.kind = verb.kind;
    if (verb.node != nullptr) read_who(verb);
    read_place(verb);
    if (map_.require("at", "a time since the start, or of day: at: 5m, at: 08:00") == nullptr ||
        !read_time(map_, "at", scenario_, activity_.at, diagnostics_)) {
      good_ = false;
    }
    good_ = read_curve(map_, files_, activity_, diagnostics_) && good_;
    read_share();
    map_.duration("repeat", activity_.repeat, std::chrono::seconds{1});
    read_length_and_end();
    map_.boolean("silent", activity_.silent);
    read_seats();
    map_.finish();
    if (!good_ || verb.node == nullptr) return std::nullopt;
    return std::move(activity_);
  }

 private:
  void error(const YamlNode& node, std::string problem, std::string hint = {}) {
    diagnostics_.error(node.place, std::move(problem), std::move(hint));
    good_ = false;
  }

  void read_who(const ReadVerb& verb) {
    const std::string_view word = word_of(verb.kind);
    if (is_of_users(verb.kind)) {
      const auto users = find_group(scenario_.users, *verb.node, word, "users", diagnostics_);
      good_ = good_ && users;
      activity_.users = users.value_or(0);
    } else {
      const auto endpoints =
          find_group(scenario_.endpoints, *verb.node, word, "endpoints", diagnostics_);
      good_ = good_ && endpoints;
      activity_.endpoints = endpoints.value_or(0);
    }
  }

  void read_place(const ReadVerb& verb) {
    const YamlNode* const on = map_.find("on");
    const YamlNode* const to = map_.find("to");
    if (verb.node == nullptr) return;
    if (is_of_users(verb.kind)) {
      if (on != nullptr) {
        const auto endpoints =
            find_group(scenario_.endpoints, *on, "on", "endpoints", diagnostics_);
        good_ = good_ && endpoints;
        activity_.endpoints = endpoints.value_or(0);
      } else if (verb.kind == Kind::kLogon) {
        error(item_, "the activity: 'on' is missing", "the group of endpoints: on: office");
      } else {
        activity_.endpoints = kNoGroup;  // that of their logon: check_scenario_rules fills it in
      }
    } else if (on != nullptr) {
      error(*on, fmt::format("the activity: 'on' has no meaning beside '{}'", word_of(verb.kind)));
    }
    if (verb.kind != Kind::kRoam) {
      if (to != nullptr) error(*to, "the activity: 'to' has a meaning beside 'roam' only");
      return;
    }
    if (to == nullptr) {
      error(item_, "the activity: 'to' is missing", "one of the group's sites, or home: to: vpn");
    } else if (good_) {
      const auto site =
          find_site(scenario_.endpoints[activity_.endpoints], *to, "to", diagnostics_);
      good_ = good_ && site;
      activity_.site = site.value_or(0);
    }
  }

  // 80%, or { 20%: 80%, 80%: 10% }: of a fifth 80%, of the others 10%.
  void read_share() {
    const YamlNode* const node = map_.find("share");
    if (node != nullptr && node->is_map()) return read_shares_of_parts(*node);
    if (!map_.percent("share", activity_.share_ppm)) return;
    if (activity_.share_ppm == 0) {
      error(*map_.find("share"), "share: nobody would take part", "above 0%");
    }
  }

  void read_shares_of_parts(const YamlNode& node) {
    std::uint64_t parts = 0;
    bool anybody = false;
    for (const YamlEntry& entry : node.entries) {
      const Parsed<std::uint32_t> part = parse_percent(entry.key);
      const Parsed<std::uint32_t> share =
          entry.value.is_scalar() ? parse_percent(entry.value.text) : parse_percent("");
      if (!part || *part == 0) {
        diagnostics_.error(entry.place, fmt::format("share: '{}' is no part of a group", entry.key),
                           "a percentage above 0%: { 20%: 80%, 80%: 10% }");
        good_ = false;
      } else if (!share) {
        diagnostics_.error(entry.value.place.line > 0 ? entry.value.place : entry.place,
                           "share: " + share.problem, share.hint);
        good_ = false;
      } else {
        activity_.shares.push_back({*part, *share});
        parts += *part;
        anybody = anybody || *share > 0;
      }
    }
    if (!good_) return;
    if (parts != kWholePpm) {
      const auto shown = static_cast<std::uint32_t>(std::min<std::uint64_t>(parts, 1'000'000'000));
      error(node, fmt::format("share: the parts are {} together", format_percent(shown)),
            "they must be 100%: { 20%: 80%, 80%: 10% }");
    } else if (!anybody) {
      error(node, "share: nobody would take part", "above 0%");
    }
  }

  void read_length_and_end() {
    const YamlNode* const lasts = map_.find("for");
    const YamlNode* const then = map_.find("then");
    if (lasts != nullptr) {
      const auto undo = undone_by(activity_.kind);
      Length length;
      if (!undo) {
        error(*lasts, fmt::format("for: '{}' is an end itself", word_of(activity_.kind)),
              "give the length to what begins it: { logon: office, on: office, at: 5m, for: 8h }");
      } else if (read_length(*lasts, "for", length, diagnostics_)) {
        activity_.lasts = std::move(length);
        activity_.then = *undo;
      } else {
        good_ = false;
      }
    }
    if (then == nullptr) return;
    if (activity_.kind != Kind::kLogon || lasts == nullptr) {
      error(*then, "then: only a logon with a length ('for') has an end of a kind",
            "for instance { logon: office, on: office, at: 5m, for: 8h, then: shutdown }");
      return;
    }
    std::size_t end = 0;
    map_.choice("then", {"logoff", "shutdown", "crash"}, end);
    activity_.then = std::array{Kind::kLogoff, Kind::kShutdown, Kind::kCrash}[end];
  }

  void read_seats() {
    std::size_t seats = 0;
    if (map_.find("seats") == nullptr) return;
    map_.choice("seats", {"fixed", "shuffled"}, seats);
    activity_.shuffled = seats == 1;
    if (activity_.kind != Kind::kLogon) {
      error(*map_.find("seats"), "seats: only a logon says who sits where");
    } else if (activity_.shuffled && !activity_.lasts) {
      error(*map_.find("seats"), "seats: who sits at another machine each time needs an end",
            "for instance for: 8h");
    }
  }

  const YamlNode& item_;
  YamlMap map_;
  LoadedFiles& files_;
  const Scenario& scenario_;
  Diagnostics& diagnostics_;
  Activity activity_;
  bool good_ = true;
};

}  // namespace

std::string_view word_of(Kind kind) { return kWords[static_cast<std::size_t>(kind)]; }

bool is_of_users(Kind kind) { return kind <= Kind::kUnlock; }

ReadVerb read_verb(YamlMap& map, const YamlNode& item, std::string_view what, const char* also,
                   std::string hint, Diagnostics& diagnostics) {
  ReadVerb verb;
  int found = 0;
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    const YamlNode* const node = map.find(kWords[i]);
    if (node == nullptr) continue;
    ++found;
    verb = {node, static_cast<Kind>(i)};
  }
  const bool has_other = also != nullptr && map.find(also) != nullptr;
  if (found + (has_other ? 1 : 0) == 1) return verb;
  std::vector<std::string_view> words(kWords.begin(), kWords.end());
  if (also != nullptr) words.emplace_back(also);
  const std::string_view last = words.back();
  words.pop_back();
  diagnostics.error(
      item.place, fmt::format("{}: one of {} and {} is needed", what, fmt::join(words, ", "), last),
      std::move(hint));
  return {};
}

void read_activities(const YamlNode& node, LoadedFiles& files, Scenario& scenario,
                     Diagnostics& diagnostics) {
  if (!node.is_sequence()) {
    diagnostics.error(node.place, "activity: a list is expected",
                      "- { logon: office, on: office, at: 5m }");
    return;
  }
  for (const YamlNode& item : node.items) {
    if (!item.is_map()) {
      const YamlMap refused(item, "the activity", diagnostics);
      continue;
    }
    if (auto activity = Reading(item, scenario, files, diagnostics).read()) {
      scenario.activities.push_back(std::move(*activity));
    }
  }
}

}  // namespace esm
