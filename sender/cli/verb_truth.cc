#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sender/cli/command_line.h"
#include "sender/cli/exit_status.h"
#include "sender/cli/inputs.h"
#include "sender/cli/verbs.h"
#include "sender/mapping/mapping_csv.h"
#include "sender/mapping/mapping_json.h"
#include "sender/mapping/panos_text.h"
#include "sender/mapping/panos_xml.h"
#include "sender/mapping/truth.h"

namespace esm {
namespace {

void write_csv(const std::vector<TruthAt>& tables, UtcTime epoch, Output& out) {
  out.write(mapping_csv_header());
  for (const TruthAt& table : tables) out.write(mapping_csv(table, epoch));
}

void write_console(const std::vector<TruthAt>& tables, Output& out) {
  for (const TruthAt& table : tables) {
    if (tables.size() > 1) out.write(fmt::format("at {}:\n", format_duration(table.at)));
    out.write(panos_mapping_table(table.mappings, table.at));
    if (&table != &tables.back()) out.write("\n");
  }
}

void write_xml(const std::vector<TruthAt>& tables, Output& out) {
  for (const TruthAt& table : tables) {
    if (tables.size() > 1) out.write(fmt::format("<!-- at {} -->\n", format_duration(table.at)));
    out.write(panos_mapping_xml(table.mappings, table.at));
  }
}

}  // namespace

int verb_truth(Words words) {
  InputOptions options;
  std::vector<std::string> scenario;
  std::string at_text = "end";
  std::string format = "panos";
  std::optional<SimTime> timeout, max_timeout;
  std::optional<Speed> speed;
  Speed clock_speed;
  CommandLine line(
      "truth", "SCENARIO --at TIME[,TIME…]",
      "Shows the mapping table a correct receiver with the given parse profile holds at a "
      "moment,\nafter everything due up to and at that moment. No network is used.");
  line.positional("SCENARIO", 0, 1, scenario);
  line.text("at", "TIMES", "moments since the start, or 'end' (the default): 30m,2h,end", at_text);
  line.choice("format",
              "form of the table (default panos: the firewall's console; panos-xml: its API)",
              {"panos", "panos-xml", "json", "csv"}, format);
  line.value("timeout", "DURATION", "the receiver's mapping timeout instead of the scenario's",
             parse_mapping_timeout, timeout);
  line.value("max-timeout", "DURATION",
             "an entry also ends so long after its user's first login, however often they log in",
             parse_mapping_timeout, max_timeout);
  line.value("speed", "X",
             "the speed at which the scenario is played: the receiver's timeout runs in real time",
             parse_speed, speed);
  line.value("clock-speed", "X", "the receiver's clock runs so many times faster (`listen` can)",
             parse_speed, clock_speed);
  options.declare(line, true, true);
  options.declare_settings(line);
  line.example("esm-sender truth morning-logon --at 30m,2h", "two moments of a morning");
  line.example("esm-sender truth timeout-gap --at 50m --timeout 75m", "with another timeout");
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
    return usage_error(diagnostics);
  }
  if (!scenario.empty()) options.scenario = scenario.front();

  const auto inputs = load_inputs(options, wall_clock_now(), diagnostics);
  if (!inputs) return usage_error(diagnostics);
  const auto moments = parse_moments(at_text, *inputs, "--at", diagnostics);
  if (!moments) return usage_error(diagnostics);
  show_warnings(diagnostics);

  TruthOptions truth_options;
  truth_options.epoch = inputs->epoch;
  truth_options.timeout = timeout_in_simulated_time(timeout.value_or(inputs->mapping_timeout),
                                                    speed ? speed : inputs->speed, clock_speed);
  if (max_timeout) {
    truth_options.maximum_timeout =
        timeout_in_simulated_time(*max_timeout, speed ? speed : inputs->speed, clock_speed);
  }
  const ProfileSet profiles(inputs->profiles);
  const std::vector<TruthAt> tables =
      truth(*inputs->plan, inputs->templates(), profiles, truth_options, *moments);

  Output out;
  if (format == "json") {
    out.write(mapping_json(tables, inputs->epoch));
  } else if (format == "csv") {
    write_csv(tables, inputs->epoch, out);
  } else if (format == "panos-xml") {
    write_xml(tables, out);
  } else {
    write_console(tables, out);
  }
  return out.finish() ? kAllWell : kUnexpected;
}

}  // namespace esm
