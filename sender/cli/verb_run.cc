// `run` and `load`: parse, plan, open, play, report.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "sender/cli/capacity.h"
#include "sender/cli/command_line.h"
#include "sender/cli/exit_status.h"
#include "sender/cli/inputs.h"
#include "sender/cli/options.h"
#include "sender/cli/play.h"
#include "sender/cli/verbs.h"
#include "sender/scenario/load_scenario.h"
#include "sender/scenario/message_times.h"

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

void declare_workers(CommandLine& line, PlayOptions& play, TransportOptions& transport) {
  line.group("How");
  line.number("threads", "N", "worker threads, each with its own connections (default 1)", 1, 256,
              [&play](std::uint64_t n) { play.workers = static_cast<std::uint32_t>(n); });
  line.number("connections", "N", "connections per target, ESM and thread (default 1)", 1, 10'000,
              [&play](std::uint64_t n) { play.connections = static_cast<std::uint32_t>(n); });
  line.value("catch-up", "DURATION", "a message later than this is dropped (default 100ms)",
             parse_duration, play.catch_up);
  line.option("outage", "drop|queue:N",
              "what is due while a connection is away is dropped, or up to N messages of it wait "
              "(default drop)",
              [&play](const std::string& text, Diagnostics& diagnostics) {
                constexpr std::uint64_t kMost = 10'000'000;
                if (text == "drop") return play.outage_queue.reset();
                const Parsed<std::uint64_t> count =
                    text.starts_with("queue:") ? parse_count(std::string_view(text).substr(6))
                                               : Parsed<std::uint64_t>{};
                if (!count || *count == 0 || *count > kMost) {
                  diagnostics.error({}, fmt::format("--outage: '{}' is not understood", text),
                                    "write drop, or queue:N with N from 1 to 10M, as queue:100k");
                } else {
                  play.outage_queue = *count;
                }
              });
  line.flag(
      "resend-unacked",
      "TCP and TLS: what a lost connection had not acknowledged is sent again on the next: at "
      "least once instead of at most once",
      play.resend_unacked);
  line.option("connect-rate", "R", "new connections a second, all together (default: no bound)",
              [&play](const std::string& text, Diagnostics& diagnostics) {
                const Parsed<Rate> rate = parse_rate(text);
                if (!rate) {
                  diagnostics.error({}, "--connect-rate: " + rate.problem, rate.hint);
                } else {
                  play.connect_rate = *rate;
                }
              });
  line.value("drain-timeout", "DURATION", "to flush at the end or after Ctrl-C (default 10s)",
             parse_duration, play.drain);
  line.option("pacing", "economical|precise",
              "how closely due times are met: within a quarter of a millisecond, or within "
              "microseconds for a whole core a thread (default economical)",
              [&play](const std::string& text, Diagnostics& diagnostics) {
                if (text != "economical" && text != "precise") {
                  diagnostics.error({}, fmt::format("--pacing: '{}' is not possible", text),
                                    "one of: economical, precise");
                }
                play.pacing = text == "precise" ? Pacing::kPrecise : Pacing::kEconomical;
              });
  line.flag("udp-gso",
            "UDP as fast as it goes: the kernel cuts datagrams of one length; out of order, and "
            "loss may look like success",
            transport.udp_gso);
}

// With fail-over a message has one lane at each target.
void check_fail_over(const TargetOptions& targets, const PlayOptions& play,
                     Diagnostics& diagnostics) {
  const bool file =
      std::any_of(targets.targets.begin(), targets.targets.end(), [](const Target& target) {
        return std::holds_alternative<FileTarget>(target.kind) ||
               std::holds_alternative<NullTarget>(target.kind);
      });
  if (targets.distribution_chosen() == Distribution::kFailOver && file && play.connections > 1) {
    diagnostics.error({},
                      "--targets fail-over: a file has no --connections to take over from others",
                      "leave --connections out, or use --threads");
  }
}

void check_resend(const TargetOptions& targets, const PlayOptions& play, Diagnostics& diagnostics) {
  const bool stream = std::any_of(targets.targets.begin(), targets.targets.end(),
                                  [](const Target& target) { return target.is_stream(); });
  if (play.resend_unacked && !stream && !targets.targets.empty()) {
    diagnostics.error({}, "--resend-unacked is given, but no target acknowledges anything",
                      "write --to tcp://host:514 or tls://host:6514, or leave the option out");
  }
}

// Whoever paces wants each message at its time, not in groups.
void check_gso(const TargetOptions& targets, bool closed_loop, std::string_view max,
               Diagnostics& diagnostics) {
  if (!targets.transport.udp_gso) return;
  const bool udp = std::any_of(
      targets.targets.begin(), targets.targets.end(),
      [](const Target& target) { return std::holds_alternative<UdpTarget>(target.kind); });
  if (!udp && !targets.targets.empty()) {
    diagnostics.error({}, "--udp-gso is given, but no target is udp://",
                      "write --to udp://host:514, or leave the option out");
  }
  if (!closed_loop) {
    diagnostics.error({}, "--udp-gso is for sending as fast as it goes",
                      fmt::format("add {}, or leave the option out", max));
  }
}

// A load without a rate has its messages due one a microsecond.
constexpr Rate kRateOfMax{1, std::chrono::microseconds{1}};
// Beyond it no sender follows: a core renders some 20 million messages a second.
constexpr Rate kRateMax{10'000'000, std::chrono::seconds{1}};
// The scenario that is made of a load ends there, and messages beyond its end would be lost
// silently.
constexpr std::chrono::days kLongest{3650};

bool faster(const Rate& a, const Rate& b) {
  __extension__ using Wide = unsigned __int128;
  return Wide{a.messages} * static_cast<std::uint64_t>(b.per.count()) >
         Wide{b.messages} * static_cast<std::uint64_t>(a.per.count());
}

// Finds what cannot be played, of `load` as a whole.
void check_load(const LoadOptions& load, Diagnostics& diagnostics) {
  if (load.ramp > kRampMax) {
    diagnostics.error({}, "--ramp: this is too long", "a load lasts at most 3650d");
    return;
  }
  if (load.rate && faster(*load.rate, kRateMax)) {
    diagnostics.error({}, fmt::format("--rate: {} is too fast", format_rate(*load.rate)),
                      "at most 10M a second, or --rate max: as fast as the target takes it");
  }
  if (load.duration && load.duration->count() == 0) {
    diagnostics.error({}, "--duration: 0 sends nothing", "write how long: 10s, 5m");
  }
  if (load.duration && *load.duration > kLongest) {
    diagnostics.error({}, "--duration: this is too long", "a load lasts at most 3650d");
  }
  const Rate rate = load.rate.value_or(kRateOfMax);
  if (load.count && MessageTimes(rate, load.ramp).at(*load.count) > kLongest) {
    diagnostics.error({},
                      fmt::format("--count: {} messages take too long at this rate",
                                  format_thousands(*load.count)),
                      "a load lasts at most 3650d");
  }
  if (load.ramp.count() == 0) return;
  if (!load.rate) {
    diagnostics.error({}, "--ramp: there is no rate that could rise",
                      "--rate max is as fast as the target takes it: give a number");
  }
  const SimTime length = load.duration.value_or(load.count ? SimTime{kLongest} : kLoadDuration);
  if (load.ramp > length) {
    diagnostics.error(
        {}, fmt::format("--ramp: within {} the rate would not be reached", format_duration(length)),
        "a shorter --ramp or a longer --duration");
  }
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
  declare_workers(line, play, target_options.transport);
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
  check_gso(target_options, !play.speed, "--speed max", diagnostics);
  check_fail_over(target_options, play, diagnostics);
  check_resend(target_options, play, diagnostics);
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
  CapacityOptions capacity;
  bool rate_given = false;
  bool print = false;
  CommandLine line(
      "load", "--to TARGET… --rate R (--duration D | --count N) | --to TARGET --find-capacity",
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
  line.value("ramp", "DURATION", "the rate rises evenly from nothing over so long (default 0s)",
             parse_duration, load.ramp);
  line.number("endpoints", "N", "simulated endpoints (default 1000)", 1, 4'000'000,
              [&](std::uint64_t n) { load.endpoints = static_cast<std::uint32_t>(n); });
  line.flag("print-scenario", "show the scenario and send nothing", print);
  capacity.declare(line);
  target_options.declare(line);
  input_options.declare(line, true, false);
  declare_workers(line, play, target_options.transport);
  report_options.declare(line);
  line.example("esm-sender load --to udp://127.0.0.1:5514 --rate 5k --duration 10s",
               "50,000 messages");
  line.example("esm-sender load --to tcp://127.0.0.1:5515 --rate max --count 1M --report run.json",
               "how fast does it go?");
  line.example("esm-sender load --find-capacity --to tcp://127.0.0.1:5515",
               "what does the receiver hold? By its back-pressure");
  line.example(
      "esm-sender load --find-capacity --to udp://127.0.0.1:5514 --rate 100k --received got.log",
      "by what it stores, up to 100,000 a second");
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
  if (!rate_given && !capacity.wanted) load.rate = Rate{100, std::chrono::seconds{1}};
  check_load(load, diagnostics);
  capacity.check(load, target_options, report_options, diagnostics);
  check_fail_over(target_options, play, diagnostics);
  check_resend(target_options, play, diagnostics);
  if (!capacity.wanted) check_gso(target_options, !load.rate, "--rate max", diagnostics);
  if (capacity.wanted && !print) {
    target_options.settle({}, report_options.to_output(), diagnostics);
    if (diagnostics.has_errors()) return usage_error(diagnostics);
    return find_capacity(words, load, input_options, target_options, report_options, play,
                         capacity);
  }
  if (diagnostics.has_errors()) return usage_error(diagnostics);
  if (!load.rate) {
    play.speed.reset();
    if (!load.count) play.stop_after = load.duration.value_or(kLoadDuration);
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
