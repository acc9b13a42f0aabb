// `verify`: what a receiver got or learnt, against what it should have.
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "sender/cli/command_line.h"
#include "sender/cli/exit_status.h"
#include "sender/cli/input_file.h"
#include "sender/cli/inputs.h"
#include "sender/cli/taken_at.h"
#include "sender/cli/verbs.h"
#include "sender/mapping/saved_table.h"
#include "sender/verify/verify.h"

namespace esm {

int verb_verify(Words words) {
  InputOptions options;
  std::string scenario, received_path, mappings_path, at_text, taken_at_text, vsys;
  std::string format = "text";
  std::optional<SimTime> timeout, max_timeout;
  SimTime tolerance = std::chrono::seconds{1};
  std::optional<Speed> speed;
  Speed clock_speed;
  std::size_t findings_max = 20;
  std::uint32_t target = 0;
  bool target_given = false;
  bool compare_remaining = false;
  CommandLine line(
      "verify", "--run RUN.json (--received FILE | --mappings FILE)",
      "Compares the lines a receiver stored, or the mapping table it holds, with what it "
      "should have. What\nthe run record says was refused, dropped or uncertain on the "
      "sender's side is not blamed on the receiver.\nExit status 6 on a difference.");
  line.group("What was received or learnt");
  line.text("received", "FILE", "stored lines, or '-'", received_path);
  line.text("mappings", "FILE",
            "a mapping table, or '-': a firewall's console, its XML API, JSON or CSV",
            mappings_path);
  line.text(
      "at", "TIME",
      "the scenario's moment at which the table was taken (default: what the table says, else "
      "end)",
      at_text);
  line.text("taken-at", "TIME|OFFSET",
            "the same by the clock on the wall: 2026-03-02T08:30:00Z, or 90s since the start",
            taken_at_text);
  line.value("tolerance", "DURATION",
             "how far that may be off, either way, in real time (default 1s)", parse_duration,
             tolerance);
  line.text("vsys", "NAME", "only rows of this virtual system: vsys1", vsys);
  line.value("timeout", "DURATION", "the receiver's mapping timeout instead of the scenario's",
             parse_mapping_timeout, timeout);
  line.value("max-timeout", "DURATION",
             "its entries also end so long after their user's first login", parse_mapping_timeout,
             max_timeout);
  line.value("speed", "X", "the speed it was played at, where there is no run record", parse_speed,
             speed);
  line.value("clock-speed", "X", "the receiver's clock ran so many times faster", parse_speed,
             clock_speed);
  line.number("target", "N", "which of the record's targets this receiver is (from 0, the first)",
              0, 65'535, [&](std::uint64_t n) {
                target = static_cast<std::uint32_t>(n);
                target_given = true;
              });
  line.flag("compare-remaining",
            "the table's remaining seconds too, within --tolerance and a second",
            compare_remaining);
  line.number("findings", "N", "show at most so many differences (default 20)", 0, 1'000'000,
              [&](std::uint64_t n) { findings_max = static_cast<std::size_t>(n); });
  line.choice("format", "for people, or one JSON object (default text)", {"text", "json"}, format);
  line.group("What was sent");
  line.text("scenario", "NAME|FILE", "without a run record: everything in this scenario was sent",
            scenario);
  options.declare(line, true, true);
  options.declare_settings(line);
  line.example("esm-sender verify --run run.json --received received.log",
               "every line, byte for byte");
  line.example("esm-sender verify --run run.json --mappings table.txt",
               "the table, at the run's end");
  line.example(
      "esm-sender verify --run run.json --mappings api.xml --taken-at 2026-03-02T08:30:00Z",
      "as the API gave it, in mid-run");
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
    diagnostics.error({}, "verify: one of --run and --scenario is needed",
                      "`run --report run.json` writes the record");
  }
  if (received_path.empty() && mappings_path.empty()) {
    diagnostics.error({}, "verify: --received or --mappings is needed",
                      "`listen --received-out FILE --mappings-out FILE` writes both");
  }
  std::vector<std::string_view> files = options.files();
  files.insert(files.end(), {received_path, mappings_path, scenario});
  check_standard_input(files, diagnostics);
  if (!at_text.empty() && !taken_at_text.empty()) {
    diagnostics.error({}, "--at and --taken-at say the same: one of them is needed");
  }
  if (target_given && options.run.empty()) {
    diagnostics.error({}, "--target chooses one of a run record's targets: --run is missing");
  }
  if (!received_path.empty()) check_readable(received_path, "the received lines", diagnostics);
  if (diagnostics.has_errors()) return usage_error(diagnostics);
  options.scenario = scenario;
  const auto inputs = load_inputs(options, wall_clock_now(), diagnostics);
  if (!inputs) return usage_error(diagnostics);
  const std::optional<Speed> played = speed ? speed : inputs->speed;
  const SimTime length = inputs->plan->scenario().length;
  std::optional<SimTime> at;
  if (!at_text.empty()) {
    at = parse_moment(at_text, *inputs, "--at", diagnostics);
  } else if (!taken_at_text.empty()) {
    const UtcTime start = inputs->record ? inputs->record->wall_start : inputs->epoch;
    at = parse_taken_at(taken_at_text, {start, played, length}, diagnostics);
  }
  if (diagnostics.has_errors()) return usage_error(diagnostics);
  show_warnings(diagnostics);

  if (inputs->record && target >= inputs->record->targets.size()) {
    diagnostics.error(
        {}, fmt::format("--target: the record has {} targets", inputs->record->targets.size()));
    return usage_error(diagnostics);
  }
  const SimTime receiver_timeout = timeout.value_or(inputs->mapping_timeout);
  VerifyInput input{*inputs->plan,
                    inputs->templates(),
                    inputs->epoch,
                    inputs->shard,
                    inputs->record ? &*inputs->record : nullptr,
                    findings_max,
                    target};
  input.at_tolerance = tolerance;
  if (compare_remaining) input.receiver_timeout = receiver_timeout;
  bool ok = true;
  Output out;
  std::string verdicts;
  const auto tell = [&](const Verdict& verdict, std::string_view input_name,
                        std::string_view what) {
    ok = ok && verdict.ok();
    if (format == "json") {
      verdicts += fmt::format(",\"{}\":{}", input_name, verdict_json(verdict));
    } else {
      out.write(verdict_text(verdict, what));
    }
  };
  if (!received_path.empty()) {
    std::ifstream file;
    if (received_path != "-") {
      file.open(received_path, std::ios::binary);
      if (!file) {
        diagnostics.error({received_path, 0, 0, 1}, "cannot open the received lines");
        return usage_error(diagnostics);
      }
    }
    tell(verify_received(input, received_path == "-" ? static_cast<std::istream&>(std::cin) : file),
         "received", "messages");
  }
  if (!mappings_path.empty()) {
    constexpr std::size_t kTableBytesMax = std::size_t{256} << 20;
    const auto text = read_file(mappings_path, "the mapping table", kTableBytesMax, diagnostics);
    if (!text) return usage_error(diagnostics);
    Diagnostics of_table;
    const SavedTable table = read_saved_table(*text, vsys, of_table);
    if (of_table.has_errors()) return usage_error(of_table);
    show_warnings(of_table);
    TruthOptions truth_options;
    truth_options.epoch = inputs->epoch;
    truth_options.timeout =
        timeout_in_simulated_time(timeout.value_or(inputs->mapping_timeout), played, clock_speed);
    if (max_timeout) {
      truth_options.maximum_timeout = timeout_in_simulated_time(*max_timeout, played, clock_speed);
    }
    const ProfileSet profiles(inputs->profiles);
    tell(verify_mappings(input, profiles, truth_options, table.rows,
                         at ? *at : table.at.value_or(length)),
         "mappings", "mappings");
  }
  if (format == "json") {
    constexpr int kSchemaVersion = 1;  // README.md in this room documents it
    out.write(fmt::format("{{\"schema_version\":{},\"ok\":{}{}}}\n", kSchemaVersion, ok, verdicts));
  }
  if (!out.finish()) return kUnexpected;
  return ok ? kAllWell : kMismatch;
}

}  // namespace esm
