#include "sender/cli/capacity.h"

#include <algorithm>
#include <cassert>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <variant>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>
#include <sys/stat.h>

#include "sender/base/books.h"
#include "sender/cli/capacity_shown.h"
#include "sender/cli/exit_status.h"
#include "sender/cli/file_section.h"
#include "sender/cli/input_file.h"
#include "sender/cli/play.h"
#include "sender/cli/summary.h"
#include "sender/engine/real_clock.h"
#include "sender/report/figures.h"
#include "sender/verify/verify.h"

namespace esm {
namespace {

using std::chrono::nanoseconds;

constexpr std::chrono::milliseconds kShortestStep{200};
constexpr std::chrono::hours kLongestStep{1};

// Precise pacing is within microseconds: it may be asked for less than a millisecond.
Parsed<nanoseconds> parse_lateness(std::string_view text) {
  Parsed<nanoseconds> parsed = parse_duration(text);
  if (parsed && parsed->count() == 0) {
    return {{}, "0 is never reached", "100ms suits most receivers, 1ms is strict"};
  }
  return parsed;
}

// Whole messages a second; 0: less than one.
std::uint64_t per_second(const Rate& rate) {
  __extension__ using Wide = unsigned __int128;
  const Wide whole =
      Wide{rate.messages} * 1'000'000'000U / static_cast<std::uint64_t>(rate.per.count());
  return static_cast<std::uint64_t>(std::min<Wide>(whole, UINT64_MAX));
}

bool is_udp(const Target& target) { return std::holds_alternative<UdpTarget>(target.kind); }

bool is_stream(const Target& target) {
  return std::holds_alternative<TcpTarget>(target.kind) ||
         std::holds_alternative<TlsTarget>(target.kind);
}

// Ctrl-C between the steps must not end the program before the table: it waits until it is asked
// for. While a step is played the player takes it; and just before and behind that, when it could
// end the program, so does a set of signals of our own.
class Interrupts {
 public:
  Interrupts() {
    sigemptyset(&wanted_);
    sigaddset(&wanted_, SIGINT);
    sigaddset(&wanted_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &wanted_, &before_);
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
      if (!error) seen_ = signal;
    });
  }
  ~Interrupts() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  // Waits for `time`; the signal that came, or 0.
  int wait(nanoseconds time) {
    io_.poll();
    if (seen_ != 0) return seen_;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    const timespec limit{static_cast<time_t>(seconds.count()),
                         static_cast<long>((time - seconds).count())};
    const int signal = sigtimedwait(&wanted_, nullptr, &limit);
    return signal > 0 ? signal : 0;
  }

  // Calls `function`; the signal that came meanwhile, or 0.
  template <typename Function>
  int let_through(Function function) {
    pthread_sigmask(SIG_UNBLOCK, &wanted_, nullptr);
    function();
    pthread_sigmask(SIG_BLOCK, &wanted_, nullptr);
    io_.poll();
    return seen_;
  }

 private:
  sigset_t wanted_{}, before_{};
  boost::asio::io_context io_;
  boost::asio::signal_set signals_{io_, SIGINT, SIGTERM};
  int seen_ = 0;
};

// 0 too where there is none.
std::uint64_t size_of(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

class Search {
 public:
  Search(Words words, const LoadOptions& load, const InputOptions& inputs,
         const TargetOptions& targets, const ReportOptions& report, const CapacityOptions& options)
      : words_(words),
        load_(load),
        input_options_(inputs),
        targets_(targets),
        report_(report),
        options_(options),
        search_(options.bounds),
        line_(progress_form(report)),
        began_(clock_.monotonic()) {
    result_.target = targets.targets.front().text;
    result_.limits = options.limits;
    result_.most = options.bounds.most;
  }

  int run(const PlayOptions& play) {
    while (const auto rate = search_.next()) {
      const nanoseconds length = load_.duration.value_or(kCapacityStep);
      if (!result_.steps.empty() && clock_.monotonic() - began_ + length > options_.within) {
        result_.time_used = true;
        break;
      }
      say(fmt::format("{}/s for {} …", format_thousands(*rate), format_duration(length)));
      CapacityStep step;
      if (!measure(*rate, play, step.measure)) break;
      step.verdict = judge(step.measure, options_.limits);
      search_.add(*rate, step.verdict);
      result_.steps.push_back(step);
      say(fmt::format("{}/s: {}", format_thousands(*rate), outcome_of(step)));
      if (!trouble_.empty()) break;
    }
    return finish();
  }

 private:
  void say(const std::string& text) const {
    if (report_.quiet || report_.progress == "json" || report_.progress == "none") return;
    std::fputs((text + '\n').c_str(), stderr);
  }

  static std::string outcome_of(const CapacityStep& step) {
    const std::string reached = format_thousands(step.measure.reached());
    switch (step.verdict) {
      case CapacityVerdict::kHeld:
        return "held";
      case CapacityVerdict::kLoss:
        return fmt::format("{} of {} are not there", format_thousands(step.measure.arrived->lost),
                           format_thousands(step.measure.arrived->expected));
      case CapacityVerdict::kBackPressure:
        return fmt::format("the receiver took {}/s", reached);
      case CapacityVerdict::kSender:
        return fmt::format("the sender was too slow, and came to {}/s", reached);
      case CapacityVerdict::kBroken:
        return "the transport failed";
    }
    return {};
  }

  // One step. False: it was interrupted, or nothing could be sent.
  bool measure(std::uint64_t rate, PlayOptions play, CapacityMeasure& out) {
    LoadOptions load = load_;
    load.rate = Rate{rate, std::chrono::seconds{1}};
    load.duration = load_.duration.value_or(kCapacityStep);
    InputOptions input_options = input_options_;
    const UtcTime now = wall_clock_now();
    // Lines of one step must not be those of another: the messages of each say when it was.
    if (input_options.epoch) {
      input_options.epoch = *input_options.epoch +
                            std::chrono::floor<std::chrono::seconds>(clock_.monotonic() - began_);
    }
    Diagnostics diagnostics;
    const auto inputs = load_inputs(input_options, SourceText("load", make_load_scenario(load)),
                                    input_options.epoch.value_or(now), diagnostics);
    assert(inputs && "what the highest rate makes was looked at before");
    play.epoch = input_options.epoch.value_or(now);
    play.shard = inputs->shard;

    const std::uint64_t received_before = size_of(options_.received);
    RunRecord record = begin_record("load", words_, *inputs, play);
    record.epoch = play.epoch;
    PlayOutcome outcome;
    nanoseconds ended{};
    if ((signal_ = interrupts_.wait(nanoseconds{})) != 0) return false;
    signal_ = interrupts_.let_through([&] {
      outcome = esm::play(
          *inputs->plan, inputs->templates(), play, record,
          [&](const Progress& progress) {
            ended = progress.elapsed;
            show_progress(line_.update(progress));
          },
          // That messages are too late is what a search is for.
          [](const Diagnostic&) {});
    });
    show_progress(line_.clear());
    if (outcome.end == PlayOutcome::End::kInterrupted) {
      signal_ = outcome.signal;
      return false;
    }
    if (signal_ != 0) return false;
    if (outcome.end == PlayOutcome::End::kNotReady) {
      not_ready_ = true;
      for (const Diagnostic& message : outcome.messages.list()) show_message(message);
      return false;
    }
    weigh(rate, *load.duration, record, outcome, ended, play.transport.close_timeout, out);
    if (out.broken) {
      for (const Diagnostic& message : outcome.messages.list()) show_message(message);
    }
    return options_.received.empty() || out.broken ||
           look_for(*inputs, record, received_before, out);
  }

  void weigh(std::uint64_t rate, nanoseconds duration, const RunRecord& record,
             const PlayOutcome& outcome, nanoseconds ended, nanoseconds close_timeout,
             CapacityMeasure& out) {
    const Books& books = record.targets.front().books;
    const auto count = [&](Reason reason) {
      return books.by_reason[static_cast<std::size_t>(reason)];
    };
    const std::uint64_t no_buffers = count(Reason::kNoBuffers);
    out.rate = rate;
    out.elapsed = std::max(record.elapsed, duration);
    out.due = books.due;
    out.written = books.written;
    out.unsent = count(Reason::kTooLate) + count(Reason::kQueueFull) + count(Reason::kInterrupted) +
                 no_buffers;
    out.p99 = record.lateness.percentile(99);
    out.waited = outcome.waited;
    out.broken = outcome.transport_failed || books.refused > no_buffers || books.reconnects > 0 ||
                 books.icmp_errors > 0 || count(Reason::kDisconnected) > 0;
    if (!books.stream || !is_stream(targets_.targets.front())) return;
    const nanoseconds goodbye = std::max(ended - record.elapsed, nanoseconds{});
    if (books.drained == books.written) {
      out.behind = goodbye;
    } else if (goodbye >= close_timeout) {
      // Behind by more than that; or a receiver that never says goodbye: then it is so from the
      // first, slowest step on, and tells nothing.
      if (result_.steps.empty() && books.uncertain == 0 && out.unsent == 0) {
        says_goodbye_ = false;
        Diagnostics warning;
        warning.warning({}, "the receiver does not close its side of a connection",
                        "whether it has read everything cannot be told, only whether it makes the "
                        "sender wait");
        show_warnings(warning);
      }
      if (says_goodbye_) out.behind = goodbye;
    } else if (books.uncertain > 0) {
      out.broken = true;
    }
  }

  // Whether the messages of this step are in the receiver's file, once that has stopped growing.
  bool look_for(const Inputs& inputs, const RunRecord& record, std::uint64_t before,
                CapacityMeasure& out) {
    // A receiver that goes on for longer is not waited for: what it has not stored by then is lost.
    const nanoseconds longest = std::max<nanoseconds>(10 * options_.settle, 2 * out.elapsed);
    const nanoseconds since = clock_.monotonic();
    nanoseconds grew = since;
    std::uint64_t size = size_of(options_.received);
    while (clock_.monotonic() - grew < options_.settle && clock_.monotonic() - since < longest) {
      if ((signal_ = interrupts_.wait(std::chrono::milliseconds{20})) != 0) return false;
      const std::uint64_t now = size_of(options_.received);
      if (now != size) grew = clock_.monotonic();
      size = now;
    }
    if (const nanoseconds longer = grew - since; longer > options_.settle) {
      out.behind = std::max(longer, out.behind.value_or(nanoseconds{}));
    }
    if (size < before) {
      trouble_ = "the receiver's file became shorter in the search";
      trouble_hint_ = "was it rotated, or emptied? Let the receiver only add to it";
      return true;
    }
    VerifyInput input{*inputs.plan, inputs.templates(), record.epoch, inputs.shard, &record, 0};
    input.form = options_.form;
    FileSection lines(options_.received, before, size);
    const Verdict verdict = verify_received(input, lines);
    if (!verdict.trouble.empty()) trouble_ = verdict.trouble;
    out.arrived = CapacityMeasure::Arrived{verdict.expected, verdict.missing + verdict.altered};
    if (result_.steps.empty() && verdict.expected > 0 && verdict.matched == 0) {
      trouble_ = fmt::format("{}: none of the first {} messages is there", options_.received,
                             format_thousands(verdict.expected));
      trouble_hint_ =
          "is this the file of this receiver, written within --settle, and its form "
          "(--received-format) right?";
    }
    return true;
  }

  int finish() {
    result_.end = search_.end();
    result_.held = search_.held();
    if (search_.failed()) result_.failed = search_.failed()->rate;
    result_.interrupted = signal_ != 0;
    if (not_ready_ && result_.steps.empty()) return kTransportFailed;
    Diagnostics problems;
    if (!trouble_.empty()) problems.error({}, trouble_, trouble_hint_);
    Output out;
    if (!report_.to_output()) show_capacity(result_, out);
    bool whole = out.finish();
    for (const std::string& file : report_.files) {
      whole = write_report_text(file, capacity_json(result_), problems) && whole;
    }
    if (problems.has_errors()) std::fputs(problems.render().c_str(), stderr);
    if (not_ready_ || result_.end == CapacitySearch::End::kBroken) return kTransportFailed;
    const bool sender = search_.failed() && search_.failed()->verdict == CapacityVerdict::kSender;
    if (sender) return kRateNotReached;
    const bool nothing = result_.held == 0 && signal_ == 0;
    if (nothing) return kMismatch;
    if (!whole || !trouble_.empty()) return kUnexpected;
    if (signal_ != 0) return signal_ == SIGTERM ? kTerminated : kInterrupted;
    return kAllWell;
  }

  const Words words_;
  const LoadOptions& load_;
  const InputOptions& input_options_;
  const TargetOptions& targets_;
  const ReportOptions& report_;
  const CapacityOptions& options_;
  Interrupts interrupts_;
  const RealClock clock_;
  CapacitySearch search_;
  CapacityResult result_;
  ProgressLine line_;
  const nanoseconds began_;
  bool says_goodbye_ = true;
  bool not_ready_ = false;
  int signal_ = 0;
  std::string trouble_, trouble_hint_;  // why the search cannot go on
};

}  // namespace

void CapacityOptions::declare(CommandLine& line) {
  line.group("How much the receiver takes");
  line.flag("find-capacity",
            "search for the highest rate that it holds: doubles the rate, then halves the gap; "
            "--duration is that of each step (default 3s), --rate the highest rate to try",
            wanted);
  const auto mine = [&](const char* name, const char* argument, const char* help, auto set) {
    line.option(
        name, argument, help, [this, name, set](const std::string& text, Diagnostics& diagnostics) {
          given_ = name;
          const auto parsed = set(text);
          if (!parsed.empty()) {
            diagnostics.error({}, fmt::format("--{}: {}", name, parsed.front()), parsed.back());
          }
        });
  };
  // Reads a value into `out`; else what is wrong with it, and a hint.
  const auto into = [](auto read, auto& out) {
    return [read, &out](const std::string& text) -> std::vector<std::string> {
      const auto parsed = read(text);
      if (!parsed) return {parsed.problem, parsed.hint};
      out = *parsed;
      return {};
    };
  };
  mine("start-rate", "R", "of the first step (default 1k)", into(parse_rate, first));
  mine("loss", "PERCENT", "more messages lost, or too late, are too many (default 0.1%)",
       into(parse_percent, limits.loss_ppm));
  mine("late", "DURATION",
       "the receiver may be so far behind, and the 99th percentile so late (default 100ms)",
       into(parse_lateness, limits.late));
  mine("precision", "PERCENT", "how closely the knee is found (default 5%)",
       into(parse_percent, bounds.precision_ppm));
  mine("received", "FILE",
       "where the receiver stores what it gets, while it runs: what is not there is lost",
       [this](const std::string& text) -> std::vector<std::string> {
         received = text;
         return {};
       });
  mine("received-format", "FORM",
       "as of `verify`: raw (default), rsyslog, syslog-ng, tshark or regex:REGEX",
       into(ReceivedForm::parse, form));
  mine("settle", "DURATION", "so long it may take to store what it got (default 1s)",
       into(parse_positive_duration, settle));
  mine("steps", "N", "at most so many steps (default 40)",
       [this](const std::string& text) -> std::vector<std::string> {
         const Parsed<std::uint64_t> count = parse_count(text);
         if (!count) return {count.problem, count.hint};
         if (*count < 1 || *count > 1'000) {
           return {fmt::format("{} is out of range", text), "from 1 to 1000"};
         }
         bounds.steps_max = static_cast<std::uint32_t>(*count);
         return {};
       });
  mine("within", "DURATION", "at most so long in all (default 10m)",
       into(parse_positive_duration, within));
}

void CapacityOptions::check(const LoadOptions& load, const TargetOptions& targets,
                            const ReportOptions& report, Diagnostics& diagnostics) {
  if (!wanted) {
    if (!given_.empty()) {
      diagnostics.error({}, fmt::format("--{} is nothing without --find-capacity", given_));
    }
    return;
  }
  if (targets.targets.size() > 1) {
    diagnostics.error({}, "--find-capacity searches one receiver, and --to names several",
                      "search one after the other");
  }
  if (load.count) {
    diagnostics.error({}, "--count: a search plays each rate for a time",
                      "--duration says for how long");
  }
  if (load.ramp.count() > 0) {
    diagnostics.error({}, "--ramp: a search plays even rates", "leave it out");
  }
  if (!report.thresholds.empty()) {
    diagnostics.error({}, "--fail-if is about one run, not about a search",
                      "--loss and --late are its limits, --report FILE.json says what was found");
  }
  if (load.duration && (*load.duration < kShortestStep || *load.duration > kLongestStep)) {
    diagnostics.error({}, "--duration: a step lasts from 200ms to 1h");
  }
  if (targets.transport.udp_gso) {
    diagnostics.error({}, "--udp-gso is for sending as fast as it goes, not at a rate",
                      "leave it out");
  }
  if (load.rate) bounds.most = per_second(*load.rate);
  if (bounds.most == 0) {
    diagnostics.error({}, "--rate: a search tries whole messages a second", "from 1");
  }
  if (first) bounds.first = per_second(*first);
  if (first && (bounds.first == 0 || bounds.first > bounds.most)) {
    diagnostics.error({}, fmt::format("--start-rate: {} is out of range", format_rate(*first)),
                      fmt::format("from 1 a second to the highest rate to try, {}",
                                  format_thousands(bounds.most)));
  }
  bounds.first = std::min(bounds.first, bounds.most);
  if (bounds.precision_ppm == 0) {
    diagnostics.error({}, "--precision: 0% is never reached", "5% suits most, 1% takes long");
  }
  if (received == "-") {
    diagnostics.error({}, "--received: standard input cannot be read again and again",
                      "let the receiver write a file");
  } else if (!received.empty()) {
    check_readable(received, "the received lines", diagnostics);
  } else if (!targets.targets.empty() && is_udp(targets.targets.front())) {
    diagnostics.error({}, "--find-capacity: over UDP the sender knows nothing of loss",
                      "--received FILE names the file that the receiver writes, such as `listen "
                      "--received-out FILE`");
  }
  if (received.empty() && form.kind() != ReceivedForm::Kind::kRaw) {
    diagnostics.error({}, "--received-format is nothing without --received");
  }
}

int find_capacity(Words words, const LoadOptions& load, const InputOptions& input_options,
                  const TargetOptions& targets, const ReportOptions& report, PlayOptions play,
                  const CapacityOptions& options) {
  // Guard rails hold for the highest rate that may be tried.
  LoadOptions highest = load;
  highest.rate = Rate{options.bounds.most, std::chrono::seconds{1}};
  highest.duration = load.duration.value_or(kCapacityStep);
  Diagnostics diagnostics;
  const auto inputs = load_inputs(input_options, SourceText("load", make_load_scenario(highest)),
                                  wall_clock_now(), diagnostics);
  if (!inputs || diagnostics.has_errors()) return usage_error(diagnostics);
  // What may be late must not be dropped before; and a receiver has the time to read what is left.
  play.catch_up = std::max(play.catch_up, options.limits.late);
  play = settle_play(*inputs, targets, play, diagnostics);
  for (const std::string& file : report.files) check_report(file, diagnostics);
  if (diagnostics.has_errors()) return usage_error(diagnostics);
  const auto patience = std::chrono::ceil<std::chrono::milliseconds>(2 * *highest.duration);
  play.transport.close_timeout = std::max(play.transport.close_timeout, patience);
  return Search(words, load, input_options, targets, report, options).run(play);
}

}  // namespace esm
