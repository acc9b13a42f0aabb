// `load --find-capacity`: plays a load again and again at rates that a CapacitySearch asks for, and
// measures what becomes of each.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "sender/base/diagnostics.h"
#include "sender/cli/command_line.h"
#include "sender/cli/inputs.h"
#include "sender/cli/options.h"
#include "sender/cli/verbs.h"
#include "sender/engine/capacity_search.h"
#include "sender/engine/player.h"
#include "sender/scenario/load_scenario.h"
#include "sender/verify/received_form.h"

namespace esm {

inline constexpr std::chrono::seconds kCapacityStep{3};  // how long each rate is played by default

struct CapacityOptions {
  bool wanted = false;

  void declare(CommandLine& line);
  // After parsing: what cannot be searched, or is given without --find-capacity. `load.rate` is the
  // highest rate that may be tried; none: no bound but what a sender can do.
  void check(const LoadOptions& load, const TargetOptions& targets, const ReportOptions& report,
             Diagnostics& diagnostics);

  std::optional<Rate> first;
  CapacitySearch::Bounds bounds;
  CapacityLimits limits;
  std::chrono::nanoseconds within = std::chrono::minutes{10};
  std::string received;
  ReceivedForm form;
  std::chrono::nanoseconds settle = std::chrono::seconds{1};

 private:
  std::string given_;  // an option that is nothing without --find-capacity
};

// Returns the exit status. `words` are of the command line.
int find_capacity(Words words, const LoadOptions& load, const InputOptions& inputs,
                  const TargetOptions& targets, const ReportOptions& report, PlayOptions play,
                  const CapacityOptions& options);

}  // namespace esm
