// What `run`, `load` and `send` have in common once their inputs are there: open, play, report.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sender/cli/inputs.h"
#include "sender/cli/options.h"
#include "sender/engine/player.h"

namespace esm {

// Plays `inputs` and returns the exit status. `words` are recorded for people.
int play_and_report(std::string_view verb, std::span<const std::string> words, const Inputs& inputs,
                    const TargetOptions& targets, const ReportOptions& report, PlayOptions play);

}  // namespace esm
