// `run` and `load`: parse, plan, open, play, report.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "sender/cli/command_line.h"
#include "sender/cli/exit_status.h"
#include "sender/cli/inputs.h"
#include "sender/cli/options.h"
#include "sender/cli/play.h"
#include "sender/cli/verbs.h"
#include "sender/scenario/load_scenario.h"

namespace esm {
namespace {

// "--speed 60" or "--speed max".
void declare_speed(CommandLine& line, std::optional<Speed>& speed) {
  line.option("speed", "X|max",
              "times faster than real time, or as fast as the targets take it (default 1)",
              [&speed](const std::string& text, Diagnostics& diagnostics) {
                if (text == "max") {
                  speed.reset();
                  return;
                }
                const Parsed<Speed> parsed = parse_speed(text);
                if (!parsed) {
                  diagnostics.error({}, "--speed: " + parsed.problem, parsed.hint);
                } else {
                  speed = *parsed;
                }
              });
}

void declare_workers(CommandLine& line, PlayOptions& play) {
  line.group("How");
  line.number("threads", "N", "worker threads, each with its own connections (default 1)", 1, 256,
              [&play](std::uint64_t n) { play.workers = static_cast<std::uint32_t>(n); });
  line.number("connections", "N", "connections per target, ESM and thread (default 1)", 1, 10'000,
              [&play](std::uint64_t n) { play.connections = static_cast<std::uint32_t>(n); });
  line.value("catch-up", "DURATION", "a message later than this is dropped (default 100ms)",
             parse_duration, play.catch_up);
  line.value("drain-timeout", "DURATION", "to flush at the end or after Ctrl-C (default 10s)",
             parse_duration, play.drain);
}

// Whether so many messages are due within `longest`; without a rate they are due one a microsecond.
bool count_fits(const LoadOptions& load, std::chrono::nanoseconds longest) {
  if (!load.count) return true;
  const Rate rate = load.rate.value_or(Rate{1, std::chrono::microseconds{1}});
  __extension__ using Wide = unsigned __int128;
  return Wide{*load.count} * static_cast<std::uint64_t>(rate.per.count()) <=
         Wide{static_cast<std::uint64_t>(longest.count())} * rate.messages;
}

}  // namespace

int verb_run(Words words) {
  InputOptions input_options;
  TargetOptions target_options;
  ReportOptions report_options;
  PlayOptions play;
  std::vector<std::string> scenario;
  CommandLine line(
      "run", "SCENARIO --to TARGET…",
      "Plays a scenario: every endpoint's heartbeats leave when they are due. SCENARIO is "
      "a path,\n'-' for standard input, or the name of a shipped one ('esm-sender "
      "scenarios').");
  line.positional("SCENARIO", 1, 1, scenario);
  target_options.declare(line);
  input_options.declare(line, true, false);
  input_options.declare_settings(line);
  declare_workers(line, play);
  declare_speed(line, play.speed);
  report_options.declare(line);
  line.example("esm-sender run first-contact --to udp://127.0.0.1:5514", "one user, one PC");
  line.example("esm-sender run morning-logon --speed 60 --to tls://fw.example:6514 --tls-ca ca.pem",
               "a morning in four minutes, over TLS");
  line.example("esm-sender run mine.yaml --speed max --to tcp://127.0.0.1:5515 --report run.json",
               "as fast as it goes, with a record for `verify`");
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
  input_options.scenario = scenario.front();

  // A run happens now, whatever day the scenario was written for; only --epoch says otherwise.
  if (!input_options.epoch) input_options.epoch = wall_clock_now();
  const auto inputs = load_inputs(input_options, *input_options.epoch, diagnostics);
  if (inputs)
    target_options.settle(inputs->plan->scenario().receiver.preset, report_options.to_output(),
                          diagnostics);
  if (!inputs || diagnostics.has_errors()) return usage_error(diagnostics);
  show_warnings(diagnostics);
  return play_and_report("run", words, *inputs, target_options, report_options, play);
}

int verb_load(Words words) {
  InputOptions input_options;
  TargetOptions target_options;
  ReportOptions report_options;
  PlayOptions play;
  LoadOptions load;
  bool rate_given = false;
  bool print = false;
  CommandLine line(
      "load", "--to TARGET… --rate R (--duration D | --count N)",
      "Load without a file: a fleet whose heartbeats together come at exactly the rate "
      "asked.\nIt builds a scenario in memory (--print-scenario shows it), so `render`, "
      "`truth` and `verify`\nunderstand it.");
  line.group("What load");
  line.option("rate", "R|max", "messages a second: 50k, 0.2, 300/m, or max (default 100)",
              [&](const std::string& text, Diagnostics& problems) {
                rate_given = true;
                if (text == "max") {
                  load.rate.reset();
                  return;
                }
                const Parsed<Rate> parsed = parse_rate(text);
                if (!parsed) {
                  problems.error({}, "--rate: " + parsed.problem, parsed.hint);
                } else {
                  load.rate = *parsed;
                }
              });
  line.value("duration", "DURATION", "how long (default 10s)", parse_duration, load.duration);
  line.option("count", "N", "how many messages",
              [&](const std::string& text, Diagnostics& problems) {
                const Parsed<std::uint64_t> parsed = parse_count(text);
                if (!parsed || *parsed == 0) {
                  problems.error({}, "--count: " + (parsed ? "'0' sends nothing" : parsed.problem),
                                 "a whole number from 1, as 500 or 10k");
                } else {
                  load.count = *parsed;
                }
              });
  line.number("endpoints", "N", "simulated endpoints (default 1000)", 1, 4'000'000,
              [&](std::uint64_t n) { load.endpoints = static_cast<std::uint32_t>(n); });
  line.flag("print-scenario", "show the scenario and send nothing", print);
  target_options.declare(line);
  input_options.declare(line, true, false);
  declare_workers(line, play);
  report_options.declare(line);
  line.example("esm-sender load --to udp://127.0.0.1:5514 --rate 5k --duration 10s",
               "50,000 messages");
  line.example("esm-sender load --to tcp://127.0.0.1:5515 --rate max --count 1M --report run.json",
               "how fast does it go?");
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
  if (!rate_given) load.rate = Rate{100, std::chrono::seconds{1}};
  if (load.duration && load.duration->count() == 0) {
    diagnostics.error({}, "--duration: 0 sends nothing", "write how long: 10s, 5m");
    return usage_error(diagnostics);
  }
  if (!load.rate) {
    play.speed.reset();
    if (!load.count) play.stop_after = load.duration.value_or(std::chrono::seconds{10});
  }
  // The scenario that is made of it ends there, and messages beyond its end would be lost silently.
  constexpr std::chrono::days kLongest{3650};
  const bool too_long = load.duration && *load.duration > kLongest;
  if (too_long || !count_fits(load, kLongest)) {
    diagnostics.error({},
                      too_long ? "--duration: this is too long"
                               : fmt::format("--count: {} messages take too long at this rate",
                                             format_thousands(*load.count)),
                      "a load lasts at most 3650d");
    return usage_error(diagnostics);
  }
  // A fleet larger than the number of messages would only be slower to build.
  if (load.count && *load.count < load.endpoints) {
    load.endpoints = static_cast<std::uint32_t>(*load.count);
  }
  const std::string text = make_load_scenario(load);
  if (print) {
    // What is printed must be what every other verb takes.
    if (!load_inputs(input_options, SourceText("load", text), wall_clock_now(), diagnostics)) {
      return usage_error(diagnostics);
    }
    Output out;
    out.write(text);
    return out.finish() ? kAllWell : kUnexpected;
  }
  if (!input_options.epoch) input_options.epoch = wall_clock_now();
  const auto inputs =
      load_inputs(input_options, SourceText("load", text), *input_options.epoch, diagnostics);
  target_options.settle({}, report_options.to_output(), diagnostics);
  if (!inputs || diagnostics.has_errors()) return usage_error(diagnostics);
  return play_and_report("load", words, *inputs, target_options, report_options, play);
}

}  // namespace esm
