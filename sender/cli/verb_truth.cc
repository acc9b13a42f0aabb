// `truth`: what a correct receiver holds, and how far that is from what a person would want.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/cli/command_line.h"
#include "sender/cli/exit_status.h"
#include "sender/cli/inputs.h"
#include "sender/cli/truth_shown.h"
#include "sender/cli/verbs.h"
#include "sender/mapping/mapping_csv.h"
#include "sender/mapping/mapping_json.h"
#include "sender/mapping/panos_text.h"
#include "sender/mapping/panos_xml.h"
#include "sender/mapping/truth.h"
#include "sender/verify/sent.h"

namespace esm {
namespace {

// The table at every moment, one after the other.
void show_tables(const TruthShown& what, const std::string& format,
                 const std::vector<SimTime>& moments, Output& out) {
  const UtcTime epoch = what.inputs.epoch;
  if (format == "json") out.write(mapping_json_head());
  if (format == "csv") out.write(mapping_csv_header());
  std::size_t number = 0;
  const auto show = [&](const TruthAt& table) {
    const bool several = moments.size() > 1;
    const bool first = number++ == 0;
    if (format == "json") {
      out.write((first ? "" : ",") + mapping_json(table, epoch));
    } else if (format == "csv") {
      out.write(mapping_csv(table, epoch));
    } else if (format == "panos-xml") {
      if (several) out.write(fmt::format("<!-- at {} -->\n", format_duration(table.at)));
      out.write(panos_mapping_xml(table.mappings, table.at));
    } else {
      if (!first) out.write("\n");
      if (several) out.write(fmt::format("at {}:\n", format_duration(table.at)));
      out.write(panos_mapping_table(table.mappings, table.at));
    }
  };
  truth(*what.inputs.plan, what.inputs.templates(), what.profiles, what.options, moments, show,
        what.keep);
  if (format == "json") out.write(mapping_json_tail());
}

// At most one of these.
struct Mode {
  bool timeline = false, ideal = false, difference = false, coverage = false;

  int chosen() const { return int{timeline} + int{ideal} + int{difference} + int{coverage}; }
  bool over_time() const { return timeline || coverage; }
};

void check_mode(const Mode& mode, const std::string& format, const std::string& at,
                const std::string& since, const std::string& until,
                const std::optional<SimTime>& every, Diagnostics& diagnostics) {
  if (mode.chosen() > 1) {
    diagnostics.error({},
                      "truth: --timeline, --ideal, --difference and --coverage exclude each other");
  }
  if (mode.chosen() > 0 && format == "panos-xml") {
    diagnostics.error({}, "--format panos-xml is a form of the table alone",
                      "text, json and csv are forms of the others");
  }
  if (mode.over_time() && !at.empty()) {
    diagnostics.error({}, "--at chooses moments of the table, of --ideal and --difference",
                      "--since and --until choose a part of --timeline and --coverage");
  }
  if (!mode.over_time() && !(since.empty() && until.empty())) {
    diagnostics.error({}, "--since and --until choose a part of --timeline and --coverage",
                      "--at chooses moments of the table");
  }
  if (every && !mode.coverage) {
    diagnostics.error({}, "--every is the step of --coverage, which is missing");
  }
}

// What was meant for one of the targets over which a recorded run distributed its messages.
KeepMessage meant_for(std::uint32_t target, const Inputs& inputs) {
  const auto rule = std::make_shared<SentRule>(*inputs.plan, &*inputs.record, target);
  return [rule](const Event& event, std::string_view) { return !rule->next(event).elsewhere; };
}

void check_target(std::uint32_t target, const Mode& mode, const Inputs& inputs,
                  Diagnostics& diagnostics) {
  if (!inputs.record) {
    diagnostics.error({}, "--target chooses one of a run record's targets: --run is missing");
  } else if (target >= inputs.record->targets.size()) {
    diagnostics.error(
        {}, fmt::format("--target: the record has {} targets", inputs.record->targets.size()));
  }
  if (mode.chosen() > 0 && !mode.timeline) {
    diagnostics.error({},
                      "--target chooses a receiver's table: what a person wants is of no target",
                      "the table and --timeline are of one");
  }
}

}  // namespace

int verb_truth(Words words) {
  InputOptions options;
  std::vector<std::string> scenario;
  std::string at_text, since_text, until_text, format = "panos";
  std::optional<SimTime> timeout, max_timeout, every;
  std::optional<Speed> speed;
  Speed clock_speed;
  std::optional<std::uint32_t> target;
  Mode mode;
  CommandLine line(
      "truth", "SCENARIO [--at TIME[,TIME…] | --timeline | --coverage]",
      "Shows the mapping table a correct receiver with the given parse profile holds at a "
      "moment,\nafter everything due up to and at that moment; or how it changes, and how far it "
      "is "
      "from what a\nperson would want. No network is used.");
  line.positional("SCENARIO", 0, 1, scenario);
  line.group("What to show");
  line.text("at", "TIMES", "moments since the start, or 'end' (the default): 30m,2h,end", at_text);
  line.flag("timeline", "every change of the table: who was mapped, changed, ended, logged out",
            mode.timeline);
  line.flag("ideal", "what a person would want: every logged-on user where they sit", mode.ideal);
  line.flag("difference", "where the table is not that, and why", mode.difference);
  line.flag("coverage", "the share of logged-on users who are mapped where they sit, over time",
            mode.coverage);
  line.value("every", "DURATION", "the step of --coverage (default: a round one, about 60 rows)",
             parse_positive_duration, every);
  line.text("since", "TIME", "--timeline and --coverage begin here", since_text);
  line.text("until", "TIME", "and end here", until_text);
  line.choice("format",
              "default panos: the firewall's console, and aligned text for the others; panos-xml: "
              "its API",
              {"panos", "panos-xml", "json", "csv"}, format);
  line.group("The receiver");
  line.value("timeout", "DURATION", "the receiver's mapping timeout instead of the scenario's",
             parse_mapping_timeout, timeout);
  line.value("max-timeout", "DURATION",
             "its maximum timeout instead of the scenario's: an entry also ends so long after its "
             "user's first login, however often they log in",
             parse_mapping_timeout, max_timeout);
  line.value("speed", "X",
             "the speed at which the scenario is played: the receiver's timeout runs in real time",
             parse_speed, speed);
  line.value("clock-speed", "X", "the receiver's clock runs so many times faster (`listen` can)",
             parse_speed, clock_speed);
  line.number("target", "N",
              "of the record's targets over which --targets distributed the messages, the one with "
              "this number (from 0; default: all of them together)",
              0, 65'535, [&](std::uint64_t n) { target = static_cast<std::uint32_t>(n); });
  options.declare(line, true, true);
  options.declare_settings(line);
  line.example("esm-sender truth morning-logon --at 30m,2h", "two moments of a morning");
  line.example("esm-sender truth timeout-gap --coverage", "who is known for how long");
  line.example("esm-sender truth awkward-names --difference --profile traps-kb",
               "whom the article's regexes misread");
  line.example("esm-sender truth --run run.json --format csv", "the end of a recorded run");
  Diagnostics diagnostics;
  switch (line.parse(words, diagnostics)) {
    case CommandLine::Result::kHelpShown:
      return kAllWell;
    case CommandLine::Result::kHelpLost:
      return kUnexpected;
    case CommandLine::Result::kWrong:
      return usage_error(diagnostics);
    case CommandLine::Result::kGo:
      break;
  }
  if (scenario.empty() == options.run.empty()) {
    diagnostics.error({}, "truth: one of SCENARIO and --run is needed",
                      "'esm-sender scenarios' lists the shipped ones");
  }
  check_mode(mode, format, at_text, since_text, until_text, every, diagnostics);
  if (diagnostics.has_errors()) return usage_error(diagnostics);
  if (!scenario.empty()) options.scenario = scenario.front();

  const auto inputs = load_inputs(options, wall_clock_now(), diagnostics);
  if (!inputs) return usage_error(diagnostics);
  const auto moments =
      parse_moments(at_text.empty() ? "end" : at_text, *inputs, "--at", diagnostics);
  auto window = parse_window(since_text, until_text, *inputs, diagnostics);
  if (!moments || !window) return usage_error(diagnostics);
  if (target) check_target(*target, mode, *inputs, diagnostics);
  if (diagnostics.has_errors()) return usage_error(diagnostics);
  window->until = std::min(window->until, inputs->plan->scenario().length);
  show_warnings(diagnostics);

  const TruthOptions truth_options =
      truth_options_of(*inputs, speed ? speed : inputs->speed, {timeout, max_timeout, clock_speed});
  const ProfileSet profiles(inputs->profiles);
  const Rows::Form form = format == "json"  ? Rows::Form::kJson
                          : format == "csv" ? Rows::Form::kCsv
                                            : Rows::Form::kText;
  const TruthShown what{*inputs, profiles, truth_options, form,
                        target ? meant_for(*target, *inputs) : KeepMessage()};

  Output out;
  if (mode.timeline) {
    show_timeline(what, *window, out);
  } else if (mode.ideal) {
    show_ideal(what, *moments, out);
  } else if (mode.difference) {
    show_difference(what, *moments, out);
  } else if (mode.coverage) {
    show_coverage(what, *window, every.value_or(coverage_step(*window)), out);
  } else {
    show_tables(what, format, *moments, out);
  }
  return out.finish() ? kAllWell : kUnexpected;
}

}  // namespace esm
