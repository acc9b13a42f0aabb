// `check`: what is wrong with a scenario, and what will go wrong at the receiver.
#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "sender/base/edit_distance.h"
#include "sender/check/check.h"
#include "sender/check/explanation.h"
#include "sender/cli/command_line.h"
#include "sender/cli/exit_status.h"
#include "sender/cli/input_file.h"
#include "sender/cli/inputs.h"
#include "sender/cli/options.h"
#include "sender/cli/print_plan.h"
#include "sender/cli/verbs.h"
#include "sender/mapping/profile_set.h"
#include "sender/mapping/truth.h"
#include "sender/message/renderer.h"

namespace esm {
namespace {

std::string describe(const Warning& warning, std::size_t samples_max) {
  std::string out =
      fmt::format("warning: {} [{}]\n", escape_for_display(warning.problem), warning.code);
  const std::size_t shown = std::min(warning.samples.size(), samples_max);
  for (std::size_t i = 0; i < shown; ++i) {
    out += fmt::format("    {}\n", escape_for_display(warning.samples[i]));
  }
  if (shown < warning.samples.size()) {
    out += fmt::format("    … and {} more (--all shows them)\n",
                       format_thousands(warning.samples.size() - shown));
  }
  if (!warning.hint.empty()) out += fmt::format("hint: {}\n", escape_for_display(warning.hint));
  return out;
}

// What the plan contains. A terminal is told how far it is when it takes long.
std::string explain(const Inputs& inputs, const CheckOptions& receiver, bool all) {
  SummaryOptions options;
  options.shard = inputs.shard;
  options.settle = settle_time(receiver.speed.value_or(Speed{}));
  options.message_bytes_max = receiver.message_bytes_max;
  if (all) options.messages_max = UINT64_MAX;
  bool told = false;
  if (isatty(STDERR_FILENO) == 1) {
    options.progress = [&told](std::uint64_t walked) {
      told = true;
      fmt::print(stderr, "\r{} messages looked at …\x1b[K", format_thousands(walked));
      std::fflush(stderr);
    };
  }
  const PlanSummary summary = summarize(*inputs.plan, options);
  if (told) std::fputs("\r\x1b[K", stderr);
  const Renderer renderer(inputs.templates(), *inputs.plan, inputs.epoch);
  // Broken messages are not always one line each, nor read.
  std::optional<TruthCounts> counts;
  const Shard& shard = inputs.shard;
  if (!inputs.plan->scenario().faults.empty() && summary.sample == 1 && shard.count == 1 &&
      summary.ended_at == kNever) {
    TruthOptions truth_options;
    truth_options.epoch = inputs.epoch;
    truth_options.message_bytes_max = receiver.message_bytes_max;
    const std::vector<SimTime> end{kNever};
    truth(*inputs.plan, inputs.templates(), ProfileSet(inputs.profiles), truth_options, end,
          &counts.emplace());
  }
  return esm::explain(summary, *inputs.plan, renderer.length_max(), inputs.epoch, options,
                      counts ? &*counts : nullptr);
}

// --print-plan and what goes with it.
struct PlanWords {
  bool wanted = false;
  PrintPlanOptions options;
  std::string since, until;
  bool limited = false;

  void declare(CommandLine& line) {
    line.group("The plan itself, instead of warnings");
    line.option_or("print-plan", "csv|json", "csv",
                   "every message that is due, a row each: CSV, or JSON Lines",
                   [this](const std::string& form, Diagnostics& problems) {
                     wanted = true;
                     if (form == "json") {
                       options.form = PrintPlanOptions::Form::kJsonLines;
                     } else if (form != "csv") {
                       problems.error({}, fmt::format("--print-plan: '{}' is not known here", form),
                                      did_you_mean(form, std::vector<std::string>{"csv", "json"},
                                                   "possible: csv|json"));
                     }
                   });
    line.text("since", "TIME", "leave out what is due before this moment: 8h", since);
    line.text("until", "TIME", "stop before this moment: 8h05m, end", until);
    line.number("limit", "N", "at most so many messages", 0, UINT64_MAX, [this](std::uint64_t n) {
      options.limit = n;
      limited = true;
    });
  }

  void settle(std::size_t scenarios, bool explanation, Diagnostics& problems) const {
    if (!wanted && (limited || !since.empty() || !until.empty())) {
      problems.error({}, "check: --since, --until and --limit choose a part of --print-plan",
                     "add --print-plan, or leave them out");
    }
    if (wanted && explanation) {
      problems.error({}, "check: either --print-plan or --explain", "leave one of them out");
    }
    if (wanted && scenarios > 1) {
      problems.error({}, "check: --print-plan takes one SCENARIO", "one after the other");
    }
  }
};

int print(const InputOptions& options, PlanWords plan) {
  Diagnostics diagnostics;
  const auto inputs = load_inputs(options, wall_clock_now(), diagnostics);
  if (!inputs) return usage_error(diagnostics);
  const auto window = parse_window(plan.since, plan.until, *inputs, diagnostics);
  if (!window) return usage_error(diagnostics);
  show_warnings(diagnostics);
  plan.options.since = window->since;
  plan.options.until = window->until;
  Output out;
  print_plan(*inputs, plan.options, out);
  return out.finish() ? kAllWell : kUnexpected;
}

}  // namespace

int verb_check(Words words) {
  InputOptions options;
  std::vector<std::string> scenarios;
  std::string preset_name;
  std::optional<SimTime> timeout, max_timeout;
  std::optional<Speed> speed;
  bool strict = false, want_explanation = false, all = false;
  CommandLine line(
      "check", "SCENARIO…",
      "Finds the errors in scenarios, their templates and profiles, and warns of what will "
      "go wrong at the\nreceiver although the files are right.");
  line.positional("SCENARIO", 1, 1000, scenarios);
  line.flag("strict", "warnings make the exit status 2", strict);
  line.flag("explain",
            "say what the plan contains: counts, rates, contested messages, memory, and a curve",
            want_explanation);
  line.flag("all",
            "every sample of a warning, not only the first; every endpoint for --explain, not a "
            "sample of a huge fleet",
            all);
  line.option("for", "RECEIVER", "the receiver whose size limit holds",
              [&](const std::string& text, Diagnostics& problems) {
                if (receiver_preset(text) == nullptr) {
                  problems.error({}, fmt::format("--for: '{}' is not a known receiver", text),
                                 hint_for_receiver(text));
                }
                preset_name = text;
              });
  line.value("timeout", "DURATION", "the receiver's mapping timeout instead of the scenario's",
             parse_mapping_timeout, timeout);
  line.value("max-timeout", "DURATION",
             "its maximum timeout instead of the scenario's: an entry also ends so long after its "
             "user's first login",
             parse_mapping_timeout, max_timeout);
  line.value("speed", "X", "the speed it will be played at", parse_speed, speed);
  options.declare(line, true, false);
  options.declare_settings(line);
  PlanWords plan;
  plan.declare(line);
  line.example("esm-sender check morning-logon --explain", "what happens in it");
  line.example("esm-sender check shift-change --print-plan --until 10m > plan.csv",
               "who sends what when, for a spreadsheet");
  line.example("esm-sender check awkward-names --profile traps-kb", "whom the profile misreads");
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
  if (std::count(scenarios.begin(), scenarios.end(), "-") > 1) {
    check_standard_input({"-", "-"}, diagnostics);
    return usage_error(diagnostics);
  }
  plan.settle(scenarios.size(), want_explanation, diagnostics);
  if (diagnostics.has_errors()) return usage_error(diagnostics);
  if (plan.wanted) {
    options.scenario = scenarios.front();
    return print(options, std::move(plan));
  }
  Output out;
  bool errors = false, warnings = false;
  for (const std::string& scenario : scenarios) {
    options.scenario = scenario;
    Diagnostics found;
    const auto inputs = load_inputs(options, wall_clock_now(), found);
    if (!found.list().empty()) std::fputs(found.render().c_str(), stderr);
    errors = errors || !inputs;
    warnings = warnings || found.warnings() > 0;
    if (!inputs) continue;
    CheckOptions check_options;
    check_options.epoch = inputs->epoch;
    check_options.mapping_timeout = timeout.value_or(inputs->mapping_timeout);
    check_options.max_mapping_timeout = max_timeout.value_or(inputs->max_mapping_timeout);
    check_options.speed = speed;
    const std::string& receiver =
        preset_name.empty() ? inputs->plan->scenario().receiver.preset : preset_name;
    check_options.message_bytes_max = message_bytes_max_of(receiver);
    const std::vector<Warning> list =
        check_at_receiver(*inputs->plan, inputs->templates(), inputs->profiles, check_options);
    out.write(fmt::format("{}: {}\n", inputs->scenario_name,
                          list.empty() ? "no errors, no warnings"
                                       : fmt::format("no errors, {} warning{}", list.size(),
                                                     list.size() == 1 ? "" : "s")));
    constexpr std::size_t kSamplesShown = 5;
    for (const Warning& warning : list) {
      out.write(describe(warning, all ? warning.samples.size() : kSamplesShown));
    }
    if (want_explanation) out.write(explain(*inputs, check_options, all));
    warnings = warnings || !list.empty();
  }
  if (!out.finish()) return kUnexpected;
  return errors || (strict && warnings) ? kUsage : kAllWell;
}

}  // namespace esm
