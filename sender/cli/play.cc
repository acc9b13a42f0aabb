#include "sender/cli/play.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "sender/cli/exit_status.h"
#include "sender/cli/guard.h"
#include "sender/cli/summary.h"
#include "sender/cli/verbs.h"
#include "sender/message/renderer.h"
#include "sender/report/progress.h"
#include "sender/report/record_bound.h"
#include "sender/report/run_summary.h"
#include "sender/scenario/scenario_files.h"
#include "sender/transport/tls_context.h"

namespace esm {
namespace {

// Longer messages are cut or thrown away there, which looks like loss. What a deliberate fault
// makes longer is meant to be.
void warn_of_length(const Inputs& inputs, const TargetOptions& targets) {
  if (targets.receiver == nullptr) return;
  const Renderer renderer(inputs.templates(), *inputs.plan, inputs.epoch);
  std::size_t longest = renderer.length_max(0);
  for (std::size_t i = 1; i <= inputs.others.size(); ++i) {
    longest = std::max(longest, renderer.length_max(i));
  }
  if (longest <= targets.receiver->message_bytes_max) return;
  Diagnostics warning;
  warning.warning({},
                  fmt::format("messages may have {} bytes, and {} takes no more than {}",
                              format_thousands(longest), targets.receiver->name,
                              format_thousands(targets.receiver->message_bytes_max)),
                  "a smaller --size or a shorter template; `check` tells the same");
  show_warnings(warning);
}

}  // namespace

void show_message(const Diagnostic& message) {
  Diagnostics one;
  if (message.severity == Severity::kError) {
    one.error(message.place, message.problem, message.hint);
  } else {
    one.warning(message.place, message.problem, message.hint);
  }
  std::fputs(one.render().c_str(), stderr);
}

ProgressLine::Form progress_form(const ReportOptions& report) {
  if (report.quiet || report.progress == "none") return ProgressLine::Form::kNone;
  if (report.progress == "json") return ProgressLine::Form::kJsonLines;
  return report.progress == "line" || isatty(STDERR_FILENO) == 1 ? ProgressLine::Form::kTerminal
                                                                 : ProgressLine::Form::kNone;
}

void show_progress(const std::string& text) {
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

PlayOptions settle_play(const Inputs& inputs, const TargetOptions& targets,
                        PlayOptions play_options, Diagnostics& refused) {
  play_options.targets = targets.targets;
  play_options.distribution = targets.distribution_chosen();
  play_options.transport = targets.transport;
  play_options.epoch = inputs.epoch;
  play_options.shard = inputs.shard;
  // Few sessions keep their buffers, which is faster.
  constexpr std::size_t kManySessions = 64;
  play_options.transport.tls.compact =
      inputs.plan->scenario().esms.size() * play_options.connections * play_options.workers >
      kManySessions;
  if (!targets.transport.tls.keylog_file.empty()) {
    std::fputs("warning: --tls-keylog: who reads that file can read every message\n", stderr);
  }
  if (targets.transport.tls.insecure) {
    std::fputs("warning: --tls-insecure: the receiver is not verified, anyone could read this\n",
               stderr);
  }

  guard_addresses(play_options, refused);
  guard_rate(inputs, play_options, refused);
  for (const Target& target : play_options.targets) {
    // Files that cannot be used are the user's mistake, not the transport's: found before anything
    // opens.
    if (std::holds_alternative<TlsTarget>(target.kind)) {
      TlsContext::make(play_options.transport.tls, refused);
      break;
    }
  }
  return play_options;
}

RunRecord begin_record(std::string_view verb, std::span<const std::string> words,
                       const Inputs& inputs, const PlayOptions& play_options) {
  RunRecord record;
  record.program_version = ESM_VERSION;
  record.plan_version = kPlanVersion;
  record.scenario_name = inputs.scenario_name;
  record.scenario_text = inputs.plan->scenario().source.text();
  for (const Setting& setting : inputs.plan->scenario().settings) {
    record.settings.push_back(setting.name + "=" + setting.value);
  }
  // Whatever a scenario may name, there is room for it and for as much as there was before.
  static_assert(kRunRecordBytesMax >= (std::size_t{64} << 20) + 2 * kScenarioFilesBytesMax);
  record.files = inputs.plan->scenario().files;
  record.template_name = inputs.message->source.name();
  record.template_text = inputs.message->source.text();
  for (const Template& noise : inputs.others) {
    record.noise_templates.push_back({noise.source.name(), noise.source.text(), noise.pad_to});
  }
  for (const Profile& profile : inputs.profiles) record.profiles.push_back(profile.source);
  record.seed = inputs.plan->seed();
  record.epoch = inputs.epoch;
  record.speed = play_options.speed;
  record.shard_index = inputs.shard.index;
  record.shard_count = inputs.shard.count;
  record.pad_to = inputs.message->pad_to;
  record.tls_insecure = play_options.transport.tls.insecure;
  record.command_line.emplace_back(verb);
  record.command_line.insert(record.command_line.end(), words.begin(), words.end());
  return record;
}

int play_and_report(std::string_view verb, std::span<const std::string> words, const Inputs& inputs,
                    const TargetOptions& targets, const ReportOptions& report, PlayOptions play) {
  Diagnostics refused;
  const PlayOptions play_options = settle_play(inputs, targets, std::move(play), refused);
  for (const std::string& file : report.files) check_report(file, refused);
  if (refused.has_errors()) return usage_error(refused);
  if (!report.quiet) warn_of_length(inputs, targets);

  RunRecord record = begin_record(verb, words, inputs, play_options);
  ProgressLine line(progress_form(report));
  const PlayOutcome outcome = esm::play(
      *inputs.plan, inputs.templates(), play_options, record,
      [&](const Progress& progress) { show_progress(line.update(progress)); },
      [&](const Diagnostic& message) {
        show_progress(line.clear());
        show_message(message);
      });
  show_progress(line.clear());
  bound_exceptions(record);

  Diagnostics problems;
  for (const std::string& file : report.files) {
    if (!write_report(file, record, problems)) record.complete = false;
  }
  if (problems.has_errors()) std::fputs(problems.render().c_str(), stderr);
  if (!report.quiet && outcome.end != PlayOutcome::End::kNotReady) {
    std::fputs(summary_text(record).c_str(), stderr);
  }
  Diagnostics reasons;
  const int status = exit_status_of(record, outcome, report.thresholds, reasons);
  if (reasons.has_errors()) std::fputs(reasons.render().c_str(), stderr);
  return status;
}

}  // namespace esm
