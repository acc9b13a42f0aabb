// `verify`: what a receiver got or learnt, against what it should have.
#include <fstream>
#include <iostream>
#include <vector>

#include <fmt/format.h>

#include "sender/cli/command_line.h"
#include "sender/cli/exit_status.h"
#include "sender/cli/inputs.h"
#include "sender/cli/verbs.h"
#include "sender/verify/verify.h"

namespace esm {
namespace {

std::string text_of(const Verdict& v, bool received, std::string_view what) {
  std::string out;
  for (const Finding& f : v.findings) {
    out += fmt::format("{}: {}\n", name_of(f.kind), escape_for_display(f.subject));
    if (!f.expected.empty())
      out += fmt::format("    expected {}\n", escape_for_display(f.expected));
    if (!f.found.empty()) out += fmt::format("    found    {}\n", escape_for_display(f.found));
    if (!f.reason.empty()) out += fmt::format("    because  {}\n", escape_for_display(f.reason));
  }
  if (v.findings_total > v.findings.size()) {
    out += fmt::format("… and {} more\n", format_thousands(v.findings_total - v.findings.size()));
  }
  out += fmt::format("{}: {} expected, {} matched, {} missing", what, format_thousands(v.expected),
                     format_thousands(v.matched), format_thousands(v.missing));
  if (received) {
    out += fmt::format(", {} duplicated, {} altered, {} invented", format_thousands(v.duplicated),
                       format_thousands(v.altered), format_thousands(v.invented));
  } else {
    out += fmt::format(", {} extra, {} wrong user", format_thousands(v.extra),
                       format_thousands(v.wrong_user));
    if (v.contested > 0)
      out += fmt::format(", {} contested (either user is right)", format_thousands(v.contested));
    if (v.expectations > 0) {
      out += fmt::format(", {} of {} expectations of the scenario met",
                         v.expectations - v.expectations_failed, v.expectations);
    }
  }
  if (v.not_sent > 0) {
    out += fmt::format("; {} never left the sender and are not blamed on the receiver",
                       format_thousands(v.not_sent));
  }
  if (v.uncertain_missing + v.uncertain_received > 0) {
    out +=
        fmt::format("; of the uncertain {} came, {} did not",
                    format_thousands(v.uncertain_received), format_thousands(v.uncertain_missing));
  }
  return out + (v.ok() ? "\nOK\n" : "\nMISMATCH\n");
}

}  // namespace

int verb_verify(Words words) {
  InputOptions options;
  std::string scenario, received_path, mappings_path, at_text = "end";
  std::optional<SimTime> timeout;
  std::optional<Speed> speed;
  Speed clock_speed;
  std::size_t findings_max = 20;
  CommandLine line(
      "verify", "--run RUN.json (--received FILE | --mappings FILE)",
      "Compares the lines a receiver stored, or the mapping table it holds, with what it "
      "should have. What\nthe run record says was refused, dropped or uncertain on the "
      "sender's side is not blamed on the receiver.\nExit status 6 on a difference.");
  line.group("What was received or learnt");
  line.text("received", "FILE", "stored lines, or '-'", received_path);
  line.text("mappings", "FILE", "a mapping table in the firewall's text form, or '-'",
            mappings_path);
  line.text("at", "TIME", "the scenario's moment at which the table was taken (default end)",
            at_text);
  line.value("timeout", "DURATION", "the receiver's mapping timeout instead of the scenario's",
             parse_duration, timeout);
  line.value("speed", "X", "the speed it was played at, where there is no run record", parse_speed,
             speed);
  line.value("clock-speed", "X", "the receiver's clock ran so many times faster", parse_speed,
             clock_speed);
  line.number("findings", "N", "show at most so many differences (default 20)", 0, 1'000'000,
              [&](std::uint64_t n) { findings_max = static_cast<std::size_t>(n); });
  line.group("What was sent");
  line.text("scenario", "NAME|FILE", "without a run record: everything in this scenario was sent",
            scenario);
  options.declare(line, true, true);
  line.example("esm-sender verify --run run.json --received received.log",
               "every line, byte for byte");
  line.example("esm-sender verify --run run.json --mappings table.txt",
               "the table, at the run's end");
  Diagnostics diagnostics;
  switch (line.parse(words, diagnostics)) {
    case CommandLine::Result::kHelpShown:
      return kAllWell;
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
  if (received_path == "-" && mappings_path == "-") {
    diagnostics.error({}, "--received and --mappings cannot both be standard input");
  }
  if (diagnostics.has_errors()) return usage_error(diagnostics);
  options.scenario = scenario;
  const auto inputs = load_inputs(options, wall_clock_now(), diagnostics);
  if (!inputs) return usage_error(diagnostics);
  const auto at = parse_moment(at_text, *inputs, "--at", diagnostics);
  if (!at) return usage_error(diagnostics);
  show_warnings(diagnostics);

  VerifyInput input{*inputs->plan,
                    *inputs->message,
                    inputs->epoch,
                    inputs->shard,
                    inputs->record ? &*inputs->record : nullptr,
                    findings_max};
  bool ok = true;
  Output out;
  if (!received_path.empty()) {
    std::ifstream file;
    if (received_path != "-") {
      file.open(received_path, std::ios::binary);
      if (!file) {
        diagnostics.error({received_path, 0, 0, 1}, "cannot open the received lines");
        return usage_error(diagnostics);
      }
    }
    const Verdict verdict =
        verify_received(input, received_path == "-" ? static_cast<std::istream&>(std::cin) : file);
    out.write(text_of(verdict, true, "messages"));
    ok = ok && verdict.ok();
  }
  if (!mappings_path.empty()) {
    constexpr std::size_t kTableBytesMax = std::size_t{256} << 20;
    const auto text = read_file(mappings_path, "the mapping table", kTableBytesMax, diagnostics);
    if (!text) return usage_error(diagnostics);
    const std::vector<TableRow> table = read_mapping_table(*text, diagnostics);
    if (diagnostics.has_errors()) return usage_error(diagnostics);
    const std::optional<Speed> played = speed ? speed : inputs->speed;
    TruthOptions truth_options;
    truth_options.epoch = inputs->epoch;
    truth_options.timeout =
        timeout_in_simulated_time(timeout.value_or(inputs->mapping_timeout), played, clock_speed);
    const ProfileReader profile(*inputs->profile);
    const Verdict verdict = verify_mappings(input, profile, truth_options, table, *at);
    out.write(text_of(verdict, false, "mappings"));
    ok = ok && verdict.ok();
  }
  if (!out.finish()) return kUnexpected;
  return ok ? kAllWell : kMismatch;
}

}  // namespace esm
