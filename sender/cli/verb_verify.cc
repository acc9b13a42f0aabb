// `verify`: what a receiver got or learnt, against what it should have.
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "sender/cli/command_line.h"
#include "sender/cli/exit_status.h"
#include "sender/cli/input_file.h"
#include "sender/cli/inputs.h"
#include "sender/cli/receiver_preset.h"
#include "sender/cli/settle.h"
#include "sender/cli/summary.h"
#include "sender/cli/taken_at.h"
#include "sender/cli/verbs.h"
#include "sender/mapping/saved_table.h"
#include "sender/verify/verify.h"

namespace esm {
namespace {

constexpr int kSchemaVersion = 1;  // of the JSON; README.md in this room documents it
constexpr std::size_t kTableBytesMax = std::size_t{256} << 20;
constexpr std::size_t kCountersBytesMax = std::size_t{1} << 20;

constexpr std::string_view kJunit = "junit:";

std::string path_of_report(const std::string& report) {
  return report.starts_with(kJunit) ? report.substr(kJunit.size()) : report;
}

struct VerifyOptions {
  InputOptions inputs;
  std::string scenario;
  // What the receiver has.
  std::string received, mappings, counters, counters_before;
  ReceivedForm form;
  std::optional<std::size_t> window;
  std::optional<SimTime> settle;
  std::string at, taken_at, vsys;
  SimTime tolerance = std::chrono::seconds{1};
  std::optional<SimTime> timeout, max_timeout;
  std::optional<Speed> speed;
  Speed clock_speed;
  std::optional<std::uint32_t> target;  // --target N
  bool all_targets = false;             // --target all
  bool compare_remaining = false;
  // What is told.
  std::uint32_t tolerated_loss_ppm = 0;
  std::size_t findings_max = 20;
  std::string format = "text";
  std::vector<std::string> reports;

  void declare(CommandLine& line);
  void check(Diagnostics& diagnostics) const;
};

void VerifyOptions::declare(CommandLine& line) {
  line.group("What was received or learnt");
  line.text("received", "FILE", "stored lines, or '-'", received);
  line.value(
      "received-format", "FORM",
      "how messages stand in them: raw (as sent, the default), rsyslog or syslog-ng (by "
      "their own default format, heads are not compared), tshark (hexadecimal, as 'tshark -T "
      "fields -e udp.payload' prints), or regex:REGEX, whose first group is the message",
      ReceivedForm::parse, form);
  line.number("window", "N",
              "so many messages may be on their way at one time (default: by the fleet, at least "
              "65,000); what is further from its place is found too, but costs memory",
              1, 100'000'000, [&](std::uint64_t n) { window = static_cast<std::size_t>(n); });
  line.value("settle", "DURATION",
             "the receiver may still be writing: read the file again as it grows, until nothing "
             "differs or so much time is over",
             parse_duration, settle);
  line.text("mappings", "FILE",
            "a mapping table, or '-': a firewall's console, its XML API, JSON or CSV", mappings);
  line.text(
      "at", "TIME",
      "the scenario's moment at which the table was taken (default: what the table says, else "
      "end)",
      at);
  line.text("taken-at", "TIME|OFFSET",
            "the same by the clock on the wall: 2026-03-02T08:30:00Z, or 90s since the start",
            taken_at);
  line.value("tolerance", "DURATION",
             "how far that may be off, either way, in real time (default 1s)", parse_duration,
             tolerance);
  line.text("vsys", "NAME", "only rows of this virtual system: vsys1", vsys);
  line.value("timeout", "DURATION", "the receiver's mapping timeout instead of the scenario's",
             parse_mapping_timeout, timeout);
  line.value("max-timeout", "DURATION",
             "its maximum timeout instead of the scenario's: entries also end so long after their "
             "user's first login",
             parse_mapping_timeout, max_timeout);
  line.value("speed", "X", "the speed it was played at, where there is no run record", parse_speed,
             speed);
  line.value("clock-speed", "X", "the receiver's clock ran so many times faster", parse_speed,
             clock_speed);
  line.flag("compare-remaining",
            "the table's remaining seconds too, within --tolerance and a second",
            compare_remaining);
  line.text("counters", "FILE",
            "what a firewall counted, or '-': 'show user server-monitor state all'", counters);
  line.text("counters-before", "FILE", "the same, saved before the run: the difference counts",
            counters_before);
  line.option("target", "N|all",
              "which of the record's targets this receiver is (from 0, the first, the default); or "
              "all of them together, where --targets gave each a part",
              [&](const std::string& text, Diagnostics& diagnostics) {
                const Parsed<std::uint64_t> number = parse_count(text);
                all_targets = text == "all";
                if (!all_targets && (!number || *number > 65'535)) {
                  diagnostics.error({}, fmt::format("--target: '{}' is no target's number", text),
                                    "a whole number from 0, or all");
                } else if (!all_targets) {
                  target = static_cast<std::uint32_t>(*number);
                }
              });
  line.group("What was sent");
  line.text("scenario", "NAME|FILE", "without a run record: everything in this scenario was sent",
            scenario);
  inputs.declare(line, true, true);
  inputs.declare_settings(line);
  line.group("What is told");
  line.value("tolerate-loss", "PERCENT",
             "missing messages or mappings are no failure while they are at most this: 0.1%",
             parse_percent, tolerated_loss_ppm);
  line.number("findings", "N", "show at most so many differences (default 20)", 0, 1'000'000,
              [&](std::uint64_t n) { findings_max = static_cast<std::size_t>(n); });
  line.choice("format", "for people, or one JSON object (default text)", {"text", "json"}, format);
  line.option_list("report", "FILE.json|junit:FILE",
                   "write the verdict to a file, as JSON or as JUnit's XML for CI systems",
                   [&](const std::string& file, Diagnostics&) { reports.push_back(file); });
}

void VerifyOptions::check(Diagnostics& diagnostics) const {
  if (scenario.empty() == inputs.run.empty()) {
    diagnostics.error({}, "verify: one of --run and --scenario is needed",
                      "`run --report run.json` writes the record");
  }
  if (received.empty() && mappings.empty() && counters.empty()) {
    diagnostics.error({}, "verify: --received, --mappings or --counters is needed",
                      "`listen --received-out FILE --mappings-out FILE` writes the first two");
  }
  std::vector<std::string_view> files = inputs.files();
  files.insert(files.end(), {received, mappings, counters, counters_before, scenario});
  check_standard_input(files, diagnostics);
  if (!at.empty() && !taken_at.empty()) {
    diagnostics.error({}, "--at and --taken-at say the same: one of them is needed");
  }
  if ((target || all_targets) && inputs.run.empty()) {
    diagnostics.error({}, "--target chooses one of a run record's targets: --run is missing");
  }
  if (received.empty() && (form.kind() != ReceivedForm::Kind::kRaw || window || settle)) {
    diagnostics.error({}, "--received-format, --window and --settle are about received lines",
                      "--received FILE names them");
  }
  if (received == "-" && settle) {
    diagnostics.error({}, "--settle: standard input cannot be read again",
                      "--received FILE names a file; standard input is read to its end anyhow");
  }
  if (counters.empty() && !counters_before.empty()) {
    diagnostics.error({}, "--counters-before is nothing without --counters");
  }
  for (const std::string& report : reports) check_report(path_of_report(report), diagnostics);
  // With --settle it may come yet.
  if (!received.empty() && !settle) check_readable(received, "the received lines", diagnostics);
}

// Everything that was read, before anything is compared.
struct Evidence {
  std::optional<SavedTable> table;
  std::optional<std::vector<MonitorCounters>> counters;
  std::vector<MonitorCounters> before;
};

std::optional<std::vector<MonitorCounters>> read_counters(const std::string& path,
                                                          Diagnostics& diagnostics) {
  const auto text = read_file(path, "the counters", kCountersBytesMax, diagnostics);
  if (!text) return std::nullopt;
  return read_server_monitor(*text, diagnostics);
}

Evidence read_evidence(const VerifyOptions& options, Diagnostics& diagnostics) {
  Evidence evidence;
  if (!options.mappings.empty()) {
    const auto text = read_file(options.mappings, "the mapping table", kTableBytesMax, diagnostics);
    if (text) evidence.table = read_saved_table(*text, options.vsys, diagnostics);
  }
  if (!options.counters.empty()) evidence.counters = read_counters(options.counters, diagnostics);
  if (!options.counters_before.empty()) {
    if (auto before = read_counters(options.counters_before, diagnostics)) {
      evidence.before = std::move(*before);
    }
  }
  return evidence;
}

struct Told {
  std::string name, what;
  Verdict verdict;
};

// False, with an error shown, where a report could not be written.
bool write_reports(const std::vector<std::string>& reports, const std::string& json,
                   const std::vector<Told>& verdicts) {
  bool whole = true;
  for (const std::string& report : reports) {
    const std::string path = path_of_report(report);
    std::string text = json;
    if (report.starts_with(kJunit)) {
      std::vector<NamedVerdict> named;
      named.reserve(verdicts.size());
      for (const Told& told : verdicts) named.push_back({told.name, told.verdict});
      text = verdict_junit(named, wall_clock_now());
    }
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (file) continue;
    whole = false;
    Diagnostics diagnostics;
    diagnostics.error({path, 0, 0, 1}, "the report could not be written");
    usage_error(diagnostics);
  }
  return whole;
}

void check_target(const RunRecord& record, const VerifyOptions& options, Diagnostics& diagnostics) {
  const std::size_t targets = record.targets.size();
  const bool parted = record.distribution != Distribution::kAll;
  if (options.target.value_or(0) >= targets) {
    diagnostics.error({}, fmt::format("--target: the record has {} targets", targets));
  } else if (options.all_targets && !parted && targets > 1) {
    diagnostics.error({}, "--target all: every one of the record's targets was sent everything",
                      "--target N chooses one of them");
  } else if (parted && !options.target && !options.all_targets) {
    diagnostics.error({},
                      fmt::format("each of the record's {} targets was sent a part: which one's "
                                  "receiver is this?",
                                  targets),
                      "--target N, from 0; or --target all, for what all of them have together");
  }
}

}  // namespace

int verb_verify(Words words) {
  VerifyOptions options;
  CommandLine line(
      "verify", "--run RUN.json (--received FILE | --mappings FILE | --counters FILE)",
      "Compares the lines a receiver stored, the mapping table it holds, or what it counted, with "
      "what it\nshould have. What the run record says was refused, dropped or uncertain on the "
      "sender's side is not\nblamed on the receiver. Exit status 6 on a difference.");
  options.declare(line);
  line.example("esm-sender verify --run run.json --received received.log",
               "every line, byte for byte");
  line.example(
      "esm-sender verify --run run.json --received /var/log/esm.log --received-format rsyslog",
      "as rsyslog writes by default");
  line.example("esm-sender verify --run run.json --received received.log --settle 10s",
               "as soon as the receiver has written all, or in 10 s");
  line.example("esm-sender verify --run run.json --mappings table.txt",
               "the table, at the run's end");
  line.example("esm-sender verify --run run.json --mappings table.txt --received received.log",
               "and whether what is missing in it was received");
  line.example(
      "esm-sender verify --run run.json --mappings api.xml --taken-at 2026-03-02T08:30:00Z",
      "as the API gave it, in mid-run");
  line.example("esm-sender verify --run run.json --counters after.txt --counters-before before.txt",
               "only what the firewall counted");
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
  options.check(diagnostics);
  if (diagnostics.has_errors()) return usage_error(diagnostics);
  options.inputs.scenario = options.scenario;
  const auto inputs = load_inputs(options.inputs, wall_clock_now(), diagnostics);
  if (!inputs) return usage_error(diagnostics);
  const std::optional<Speed> played = options.speed ? options.speed : inputs->speed;
  const SimTime length = inputs->plan->scenario().length;
  std::optional<SimTime> at;
  if (!options.at.empty()) {
    at = parse_moment(options.at, *inputs, "--at", diagnostics);
  } else if (!options.taken_at.empty()) {
    const UtcTime start = inputs->record ? inputs->record->wall_start : inputs->epoch;
    at = parse_taken_at(options.taken_at, {start, played, length}, diagnostics);
  }
  if (inputs->record) check_target(*inputs->record, options, diagnostics);
  if (diagnostics.has_errors()) return usage_error(diagnostics);
  const Evidence evidence = read_evidence(options, diagnostics);
  if (diagnostics.has_errors()) return usage_error(diagnostics);
  show_warnings(diagnostics);

  const ProfileSet profiles(inputs->profiles);
  VerifyInput input{*inputs->plan,
                    inputs->templates(),
                    inputs->epoch,
                    inputs->shard,
                    inputs->record ? &*inputs->record : nullptr,
                    options.findings_max};
  if (options.all_targets) {
    input.target.reset();
  } else if (options.target) {
    input.target = options.target;
  }
  input.at_tolerance = options.tolerance;
  input.message_bytes_max = message_bytes_max_of(inputs->plan->scenario().receiver.preset);
  input.receiver_timeout = options.timeout.value_or(inputs->mapping_timeout);
  input.compare_remaining = options.compare_remaining;
  input.form = options.form;
  input.window = options.window;

  std::vector<Told> verdicts;
  const auto tell = [&](const char* name, const char* what, Verdict verdict) {
    tolerate_loss(verdict, options.tolerated_loss_ppm);
    verdicts.push_back({name, what, std::move(verdict)});
  };
  if (options.received == "-") {
    tell("received", "messages", verify_received(input, std::cin));
  } else if (!options.received.empty()) {
    auto verdict =
        verify_settled(input, options.received, options.settle.value_or(SimTime{0}), diagnostics);
    if (!verdict) return usage_error(diagnostics);
    tell("received", "messages", std::move(*verdict));
  }
  if (evidence.table) {
    // Read again, to tell whether the messages of wrong mappings came.
    std::ifstream lines;
    if (!options.received.empty() && options.received != "-") {
      lines.open(options.received, std::ios::binary);
      if (lines.is_open()) input.received_lines = &lines;
    }
    const TruthOptions truth_options = truth_options_of(
        *inputs, played, {options.timeout, options.max_timeout, options.clock_speed});
    tell("mappings", "mappings",
         verify_mappings(input, profiles, truth_options, evidence.table->rows,
                         at ? *at : evidence.table->at.value_or(length)));
  }
  if (evidence.counters) {
    tell("counters", "counters",
         verify_counters(input, profiles, *evidence.counters, evidence.before));
  }

  bool ok = true;
  std::string members;
  Output out;
  for (const Told& told : verdicts) {
    ok = ok && told.verdict.ok();
    members += fmt::format(",\"{}\":{}", told.name, verdict_json(told.verdict));
    if (options.format == "text") out.write(verdict_text(told.verdict, told.what));
  }
  const std::string json =
      fmt::format("{{\"schema_version\":{},\"ok\":{}{}}}\n", kSchemaVersion, ok, members);
  if (options.format == "json") out.write(json);
  const bool reported = write_reports(options.reports, json, verdicts);
  if (!out.finish() || !reported) return kUnexpected;
  return ok ? kAllWell : kMismatch;
}

}  // namespace esm
