// What `run`, `load` and `send` have in common once their inputs are there: open, play, report.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sender/cli/inputs.h"
#include "sender/cli/options.h"
#include "sender/engine/player.h"
#include "sender/report/progress.h"

namespace esm {

// What is played, and how: the inputs and targets put into `play`. What must not be (an address
// that may not be loaded, files for TLS that cannot be used) is an error in `refused`; dangerous
// options are warned of on standard error.
PlayOptions settle_play(const Inputs& inputs, const TargetOptions& targets, PlayOptions play,
                        Diagnostics& refused);

// The part of a run record that says what is due; play() fills in what happened.
RunRecord begin_record(std::string_view verb, std::span<const std::string> words,
                       const Inputs& inputs, const PlayOptions& play);

// For people, on standard error.
ProgressLine::Form progress_form(const ReportOptions& report);
void show_progress(const std::string& text);
void show_message(const Diagnostic& message);

// Plays `inputs` and returns the exit status. `words` are recorded for people.
int play_and_report(std::string_view verb, std::span<const std::string> words, const Inputs& inputs,
                    const TargetOptions& targets, const ReportOptions& report, PlayOptions play);

}  // namespace esm
