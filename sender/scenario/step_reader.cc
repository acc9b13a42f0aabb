#include "sender/scenario/step_reader.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/scenario/activity_reader.h"
#include "sender/scenario/fault_reader.h"
#include "sender/scenario/names.h"
#include "sender/scenario/scenario_rules.h"
#include "sender/scenario/value_reader.h"

namespace esm {
namespace {

using Kind = Activity::Kind;

constexpr std::uint32_t kTimesMax = 100'000;

// The steps of one file.
class Reading {
 public:
  Reading(Scenario& scenario, Diagnostics& diagnostics)
      : scenario_(scenario), diagnostics_(diagnostics) {}

  void read(const YamlNode& node) {
    for (const YamlNode& item : node.items) {
      YamlMap map(item, "the step", diagnostics_);
      if (item.is_map()) read_step(item, map);
    }
    std::stable_sort(scenario_.steps.begin(), scenario_.steps.end(),
                     [](const Step& a, const Step& b) { return a.at < b.at; });
  }

 private:
  struct Named {
    SimTime at{};
    bool good = false;
    Place place;
  };

  void error(const YamlNode& node, std::string problem, std::string hint = {}) {
    diagnostics_.error(node.place, std::move(problem), std::move(hint));
  }

  void read_step(const YamlNode& item, YamlMap& map) {
    Step step;
    step.place = item.place;
    // Known whatever the verb is, so that only one mistake is reported where there are two verbs.
    map.find("on");
    map.find("to");
    bool good = read_moment(item, map, step.at);
    const int errors_before = diagnostics_.errors();
    const ReadVerb verb = read_verb(map, item, "the step", "expect",
                                    "- { at: 35m, logon: alice, on: PC-00007 }", diagnostics_);
    if (verb.node != nullptr) {
      good = read_act(item, map, verb, step) && good;
    } else if (diagnostics_.errors() == errors_before) {
      good = read_expectation(map, *map.find("expect"), step) && good;
    } else {
      good = false;
    }
    map.boolean("silent", step.silent);
    good = read_fault(map, verb, step, good) && good;
    SimTime repeat{};
    std::uint32_t times = 1;
    const bool repeats = map.duration("repeat", repeat, std::chrono::milliseconds{1});
    const bool counted = map.count("times", times, 1, kTimesMax);
    if (repeats != counted) {
      error(item, "the step: 'repeat' and 'times' go together", "repeat: 10m, times: 6");
      good = false;
    }
    name(map, step.at, good);
    map.finish();
    if (!good) return;
    const SimTime first = step.at;
    for (std::uint32_t n = 0; n < times; ++n) {
      step.at = scenario_.clock.again(first, repeat, n);
      scenario_.steps.push_back(step);
    }
  }

  // `at`, or `after` another step and `in` how long.
  bool read_moment(const YamlNode& item, YamlMap& map, SimTime& at) {
    const YamlNode* const after = map.find("after");
    SimTime in{};
    const bool has_in = map.duration("in", in);
    if (after == nullptr) {
      if (has_in) {
        error(*map.find("in"), "in: after which step?", "name it: { after: first, in: 5m, … }");
        return false;
      }
      return map.require("at", "a time since the start, or of day: at: 35m, at: 08:30") !=
                 nullptr &&
             read_time(map, "at", scenario_, at, diagnostics_);
    }
    if (map.find("at") != nullptr) {
      error(item, "the step: either 'at' or 'after'", "leave one of them out");
      return false;
    }
    const auto found = named_.find(after->text);
    if (found == named_.end()) {
      std::vector<std::string> names;
      for (const auto& [known, step] : named_) names.push_back(known);
      error(
          *after, fmt::format("after: there is no step '{}' above", after->text),
          did_you_mean(after->text, names, "a step that is spoken of has an id: { id: first, … }"));
      return false;
    }
    at = found->second.at + in;
    return found->second.good;
  }

  void name(YamlMap& map, SimTime at, bool good) {
    std::string id;
    if (!map.text("id", id)) return;
    const Place place = map.find("id")->place;
    const auto [found, fresh] = named_.try_emplace(id, Named{at, good, place});
    if (!fresh) {
      error(*map.find("id"), fmt::format("id: the step '{}' is there already", id),
            fmt::format("it stands in line {}", found->second.place.line));
    }
  }

  bool read_act(const YamlNode& item, YamlMap& map, const ReadVerb& verb, Step& step) {
    const YamlNode* const on = map.find("on");
    const YamlNode* const to = map.find("to");
    const std::string_view word = word_of(verb.kind);
    if (verb.kind != Kind::kRoam && to != nullptr) {
      error(*to, "the step: 'to' has a meaning beside 'roam' only");
      return false;
    }
    if (!is_of_users(verb.kind)) return read_machine_act(item, map, verb, step);
    const auto user = find_user(scenario_, *verb.node, word, diagnostics_);
    const auto endpoint =
        on != nullptr ? find_endpoint(scenario_, *on, on->text, "on", diagnostics_) : std::nullopt;
    if (verb.kind != Kind::kLogoff && on == nullptr) {
      error(item, "the step: 'on' is missing", "the endpoint's host name: on: PC-00007");
    }
    if (!user || (on == nullptr ? verb.kind != Kind::kLogoff : !endpoint)) return false;
    if (verb.kind == Kind::kLogon) {
      step.what = LogonStep{*user, *endpoint};
    } else if (verb.kind == Kind::kLogoff) {
      step.what = LogoffStep{*user, endpoint};
    } else {
      step.what = MachineStep{verb.kind, *endpoint, user, 0};
    }
    return true;
  }

  bool read_machine_act(const YamlNode& item, YamlMap& map, const ReadVerb& verb, Step& step) {
    const std::string_view word = word_of(verb.kind);
    if (const YamlNode* const on = map.find("on")) {
      error(*on, fmt::format("the step: 'on' has no meaning beside '{}'", word));
      return false;
    }
    const auto endpoint = find_endpoint(scenario_, *verb.node, verb.node->text, word, diagnostics_);
    if (!endpoint) return false;
    MachineStep act{verb.kind, *endpoint, std::nullopt, 0};
    if (verb.kind == Kind::kRoam) {
      const YamlNode* const to = map.find("to");
      if (to == nullptr) {
        error(item, "the step: 'to' is missing", "one of its sites, or home: to: vpn");
        return false;
      }
      const auto site = find_site(scenario_.endpoints[endpoint->group], *to, "to", diagnostics_);
      if (!site) return false;
      act.site = *site;
    }
    step.what = act;
    return true;
  }

  // `known`: all the rest of the step is.
  bool read_fault(YamlMap& map, const ReadVerb& verb, Step& step, bool known) {
    const YamlNode* const node = map.find("fault");
    if (node == nullptr) return true;
    const auto fault = read_fault_of_step(*node, scenario_, diagnostics_);
    if (!fault) return false;
    step.fault = *fault;
    if (!known) return true;
    const std::string nothing = sends_nothing(verb, step);
    if (nothing.empty()) return true;
    error(*node, "fault: " + nothing, "what is broken is the message that a step sends");
    return false;
  }

  // Why the step sends no message; empty where it may send one.
  std::string sends_nothing(const ReadVerb& verb, const Step& step) const {
    if (std::holds_alternative<ExpectStep>(step.what)) return "an expectation sends no message";
    if (verb.kind == Kind::kLock || verb.kind == Kind::kSleep || verb.kind == Kind::kShutdown ||
        verb.kind == Kind::kCrash) {
      return fmt::format("'{}' sends no message", word_of(verb.kind));
    }
    if (step.silent) return "a silent step sends no message";
    const EndpointGroup* group = nullptr;
    if (const auto* logon = std::get_if<LogonStep>(&step.what)) {
      group = &scenario_.endpoints[logon->endpoint.group];
    } else if (const auto* machine = std::get_if<MachineStep>(&step.what)) {
      group = &scenario_.endpoints[machine->endpoint.group];
    } else if (const auto* logoff = std::get_if<LogoffStep>(&step.what); logoff->endpoint) {
      group = &scenario_.endpoints[logoff->endpoint->group];
    }
    if (group != nullptr && group->rate) {
      return fmt::format("endpoints of '{}' send at their rate and nothing else", group->key);
    }
    const bool tells_logoffs = group != nullptr ? group->logoff > 0 : !scenario_.logoffs.empty();
    if (verb.kind == Kind::kLogoff && !tells_logoffs) {
      return "a logoff sends no message without a logoff-message of its endpoints";
    }
    return {};
  }

  bool read_expectation(YamlMap& map, const YamlNode& node, Step& step) {
    if (const YamlNode* const on = map.find("on")) {
      error(*on, "the step: 'on' has no meaning beside 'expect'");
      return false;
    }
    if (!node.is_map() || node.entries.empty()) {
      error(node, "expect: endpoints and their users are expected", "expect: { PC-00007: alice }");
      return false;
    }
    ExpectStep expect;
    bool good = true;
    for (const YamlEntry& entry : node.entries) {
      YamlNode host;
      host.place = entry.place;
      const auto endpoint = find_endpoint(scenario_, host, entry.key, "expect", diagnostics_);
      ExpectStep::Line line;
      line.place = entry.place;
      if (!entry.value.is_scalar()) {
        error(entry.value.place.line > 0 ? entry.value : host,
              fmt::format("expect: the user of '{}' is missing", entry.key),
              "a user's name, or none");
        good = false;
      } else if (entry.value.text != "none") {
        line.user = find_user(scenario_, entry.value, "expect", diagnostics_);
        good = good && line.user;
      }
      good = good && endpoint;
      if (endpoint) line.endpoint = *endpoint;
      if (const auto address = IpAddress::parse(entry.key)) {
        const auto owner = endpoint_with_address(scenario_, *address);
        line.second = owner && owner->second;
      }
      expect.lines.push_back(line);
    }
    step.what = std::move(expect);
    return good;
  }

  Scenario& scenario_;
  Diagnostics& diagnostics_;
  std::map<std::string, Named> named_;
};

}  // namespace

void read_steps(const YamlNode& node, Scenario& scenario, Diagnostics& diagnostics) {
  if (!node.is_sequence()) {
    diagnostics.error(node.place, "steps: a list is expected",
                      "- { at: 35m, logon: alice, on: PC-00007 }");
    return;
  }
  Reading(scenario, diagnostics).read(node);
}

}  // namespace esm
