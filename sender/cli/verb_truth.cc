#include <optional>
#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sender/cli/command_line.h"
#include "sender/cli/csv_value.h"
#include "sender/cli/exit_status.h"
#include "sender/cli/inputs.h"
#include "sender/cli/verbs.h"
#include "sender/mapping/panos_text.h"
#include "sender/mapping/truth.h"

namespace esm {
namespace {

constexpr int kTruthSchemaVersion = 2;  // README.md in this room documents both forms

// All users who may rightly stand there instead, latest first.
std::vector<std::string> rivals_of(const Mapping& mapping) {
  std::vector<std::string> out;
  if (!mapping.contested()) return out;
  out.push_back(mapping.rival);
  out.insert(out.end(), mapping.other_rivals.begin(), mapping.other_rivals.end());
  return out;
}

void write_csv(const std::vector<TruthAt>& tables, UtcTime epoch, Output& out) {
  out.write("at,ip,user,since,expires,contested_with\n");
  for (const TruthAt& table : tables) {
    for (const Mapping& m : table.mappings) {
      out.write(fmt::format("{},{},{},{},{},{}\n", format_duration(table.at), m.address.to_string(),
                            csv_value(m.user), format_rfc3339(epoch + m.since),
                            format_rfc3339(epoch + m.expires),
                            csv_value(fmt::format("{}", fmt::join(rivals_of(m), ";")))));
    }
  }
}

void write_json(const std::vector<TruthAt>& tables, UtcTime epoch, Output& out) {
  // One mapping a line: large tables stay readable, and memory stays flat.
  out.write(fmt::format("{{\"schema_version\":{},\"tables\":[", kTruthSchemaVersion));
  bool first_table = true;
  for (const TruthAt& table : tables) {
    out.write(fmt::format("{}\n{{\"at\":\"{}\",\"time\":\"{}\",\"mappings\":[",
                          first_table ? "" : ",", format_duration(table.at),
                          format_rfc3339(epoch + table.at)));
    first_table = false;
    bool first = true;
    for (const Mapping& m : table.mappings) {
      const boost::json::object entry{{"ip", m.address.to_string()},
                                      {"user", m.user},
                                      {"since", format_rfc3339(epoch + m.since)},
                                      {"expires", format_rfc3339(epoch + m.expires)},
                                      {"contested_with", boost::json::value_from(rivals_of(m))}};
      out.write((first ? "\n" : ",\n") + boost::json::serialize(entry));
      first = false;
    }
    out.write("]}");
  }
  out.write("\n]}\n");
}

void write_panos(const std::vector<TruthAt>& tables, Output& out) {
  for (const TruthAt& table : tables) {
    if (tables.size() > 1) out.write(fmt::format("at {}:\n", format_duration(table.at)));
    out.write(panos_mapping_table(table.mappings, table.at));
    if (&table != &tables.back()) out.write("\n");
  }
}

}  // namespace

int verb_truth(Words words) {
  InputOptions options;
  std::vector<std::string> scenario;
  std::string at_text = "end";
  std::string format = "panos";
  std::optional<SimTime> timeout;
  std::optional<Speed> speed;
  Speed clock_speed;
  CommandLine line(
      "truth", "SCENARIO --at TIME[,TIME…]",
      "Shows the mapping table a correct receiver with the given parse profile holds at a "
      "moment,\nafter everything due up to and at that moment. No network is used.");
  line.positional("SCENARIO", 0, 1, scenario);
  line.text("at", "TIMES", "moments since the start, or 'end' (the default): 30m,2h,end", at_text);
  line.choice("format", "form of the table (default panos: the firewall's own)",
              {"panos", "json", "csv"}, format);
  line.value("timeout", "DURATION", "the receiver's mapping timeout instead of the scenario's",
             parse_mapping_timeout, timeout);
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
  const ProfileSet profiles(inputs->profiles);
  const std::vector<TruthAt> tables =
      truth(*inputs->plan, inputs->templates(), profiles, truth_options, *moments);

  Output out;
  if (format == "json") {
    write_json(tables, inputs->epoch, out);
  } else if (format == "csv") {
    write_csv(tables, inputs->epoch, out);
  } else {
    write_panos(tables, out);
  }
  return out.finish() ? kAllWell : kUnexpected;
}

}  // namespace esm
