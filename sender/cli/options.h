// Options that several verbs share: where to send, how to report.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/cli/command_line.h"
#include "sender/cli/fail_if.h"
#include "sender/cli/receiver_preset.h"
#include "sender/report/distribution.h"
#include "sender/transport/target.h"

namespace esm {

struct TargetOptions {
  std::vector<Target> targets;
  std::string distribution = "all";  // --targets
  TransportOptions transport;
  std::string preset_name;                   // --for
  std::string framing;                       // --framing
  const ReceiverPreset* receiver = nullptr;  // what --for or the scenario says; null: nothing

  void declare(CommandLine& line);
  Distribution distribution_chosen() const;
  // After parsing: settles framing from --framing, --for, the scenario's `for:`, and finds
  // combinations that cannot work.
  // `report_to_output`: --report - is given too.
  void settle(const std::string& scenario_preset, bool report_to_output, Diagnostics& diagnostics);
};

enum class ProgressForm : std::uint8_t { kAuto, kLine, kJson, kNone };

struct ReportOptions {
  std::vector<std::string> files;  // --report FILE.json
  std::vector<Threshold> thresholds;
  std::string progress = "auto";
  bool quiet = false;

  void declare(CommandLine& line);
  // One of the files is standard output.
  bool to_output() const;
};

}  // namespace esm
