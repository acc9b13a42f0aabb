#include "sender/cli/play.h"

#include <cstdio>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "sender/cli/exit_status.h"
#include "sender/cli/summary.h"
#include "sender/cli/verbs.h"

namespace esm {
namespace {

void show(const Diagnostic& message) {
  Diagnostics one;
  if (message.severity == Severity::kError) {
    one.error(message.place, message.problem, message.hint);
  } else {
    one.warning(message.place, message.problem, message.hint);
  }
  std::fputs(one.render().c_str(), stderr);
}

// One line that is written over itself on a terminal, or a JSON object a second for programs.
class ProgressView {
 public:
  explicit ProgressView(const std::string& form)
      : line_(form == "line" || (form == "auto" && isatty(STDERR_FILENO) == 1)),
        json_(form == "json") {}

  void update(const Progress& p) {
    const double seconds = static_cast<double>(p.elapsed.count()) / 1e9;
    const double rate = p.elapsed == last_elapsed_
                            ? 0
                            : static_cast<double>(p.written - last_written_) * 1e9 /
                                  static_cast<double>((p.elapsed - last_elapsed_).count());
    if (line_) {
      std::fprintf(stderr, "%s\033[K",
                   fmt::format("\r{:>7.1f}s  due {}  written {}  {:.0f}/s  late {:.1f}ms  "
                               "lost {}  connections {}/{}",
                               seconds, format_thousands(p.due), format_thousands(p.written), rate,
                               static_cast<double>(p.lateness_max.count()) / 1e6,
                               format_thousands(p.refused + p.dropped), p.connections_up,
                               p.connections_wanted)
                       .c_str());
      std::fflush(stderr);
      shown_ = true;
    }
    if (json_) {
      std::fputs(
          fmt::format(
              "{{\"elapsed_s\":{:.3f},\"due\":{},\"written\":{},\"refused\":{},\"dropped\":{},"
              "\"rate\":{:.1f},\"lateness_max_ns\":{},\"connections_up\":{},"
              "\"connections_wanted\":{}}}\n",
              seconds, p.due, p.written, p.refused, p.dropped, rate, p.lateness_max.count(),
              p.connections_up, p.connections_wanted)
              .c_str(),
          stderr);
    }
    last_written_ = p.written;
    last_elapsed_ = p.elapsed;
  }

  // Before anything else is written to standard error.
  void clear() {
    if (shown_) std::fputs("\r\033[K", stderr);
    shown_ = false;
  }

 private:
  bool line_, json_;
  bool shown_ = false;
  std::uint64_t last_written_ = 0;
  std::chrono::nanoseconds last_elapsed_{};
};

}  // namespace

int play_and_report(std::string_view verb, std::span<const std::string> words, const Inputs& inputs,
                    const TargetOptions& targets, const ReportOptions& report,
                    PlayOptions play_options) {
  play_options.targets = targets.targets;
  play_options.transport = targets.transport;
  play_options.epoch = inputs.epoch;
  play_options.shard = inputs.shard;
  if (targets.transport.tls.insecure) {
    std::fputs("warning: --tls-insecure: the receiver is not verified, anyone could read this\n",
               stderr);
  }

  RunRecord record;
  record.program_version = ESM_VERSION;
  record.plan_version = kPlanVersion;
  record.scenario_name = inputs.scenario_name;
  record.scenario_text = inputs.plan->scenario().source.text();
  record.template_name = inputs.message->source.name();
  record.template_text = inputs.message->source.text();
  record.profile_name = inputs.profile->source.name();
  record.profile_text = inputs.profile->source.text();
  record.seed = inputs.plan->seed();
  record.epoch = inputs.epoch;
  record.speed = play_options.speed;
  record.shard_index = inputs.shard.index;
  record.shard_count = inputs.shard.count;
  record.pad_to = inputs.message->pad_to;
  record.tls_insecure = targets.transport.tls.insecure;
  record.command_line.emplace_back(verb);
  record.command_line.insert(record.command_line.end(), words.begin(), words.end());

  ProgressView view(report.quiet ? "none" : report.progress);
  const PlayOutcome outcome = play(
      *inputs.plan, *inputs.message, play_options, record,
      [&](const Progress& progress) { view.update(progress); },
      [&](const Diagnostic& message) {
        view.clear();
        show(message);
      });
  view.clear();

  Diagnostics problems;
  for (const std::string& file : report.files) {
    if (!write_report(file, record, problems)) record.complete = false;
  }
  if (problems.has_errors()) std::fputs(problems.render().c_str(), stderr);
  if (!report.quiet && outcome.end != PlayOutcome::End::kNotReady) {
    std::fputs(run_summary(record).c_str(), stderr);
  }
  return exit_status_of(record, outcome, report);
}

}  // namespace esm
