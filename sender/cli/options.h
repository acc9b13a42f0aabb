// Options that several verbs share: where to send, how to report.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/cli/command_line.h"
#include "sender/cli/fail_if.h"
#include "sender/cli/receiver_preset.h"
#include "sender/transport/target.h"

namespace esm {

struct TargetOptions {
  std::vector<Target> targets;
  TransportOptions transport;
  std::string preset_name;  // --for
  std::string framing;      // --framing

  void declare(CommandLine& line);
  // After parsing: settles framing from --framing, --for, the scenario's `for:`, and finds
  // combinations that cannot work.
  void settle(const std::string& scenario_preset, Diagnostics& diagnostics);
};

enum class ProgressForm : std::uint8_t { kAuto, kLine, kJson, kNone };

struct ReportOptions {
  std::vector<std::string> files;  // --report FILE.json
  std::vector<Threshold> thresholds;
  std::string progress = "auto";
  bool quiet = false;

  void declare(CommandLine& line);
};

}  // namespace esm
