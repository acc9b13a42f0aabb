#include "sender/engine/player.h"

#include <algorithm>
#include <cassert>
#include <csignal>
#include <exception>
#include <memory>
#include <set>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "sender/engine/player_seams.h"
#include "sender/engine/real_clock.h"

namespace esm {
namespace {

namespace asio = boost::asio;
using std::chrono::nanoseconds;

// Signals are the calling thread's business: a worker that took one would only be interrupted.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

// Everything here happens on the calling thread; workers post to it.
class Coordinator final : public WorkerEvents {
 public:
  Coordinator(const PlaySeams& seams, const Plan& plan, const Templates& templates,
              const PlayOptions& options, RunRecord& record,
              const std::function<void(const Progress&)>& on_progress,
              const std::function<void(const Diagnostic&)>& on_message)
      : seams_(seams),
        plan_(plan),
        options_(options),
        record_(record),
        on_progress_(on_progress),
        on_message_(on_message),
        signals_(io_),
        connect_timer_(io_),
        progress_timer_(io_),
        troubles_(target_texts(options)) {
    // Every lane's transport reads the same key and certificate files: each problem is told once.
    std::set<std::string> told;
    bool made = true;
    for (std::uint32_t w = 0; w < options.workers && made; ++w) {
      Diagnostics diagnostics;
      workers_.push_back(
          std::make_unique<Worker>(seams, plan, templates, options, w, *this, diagnostics));
      wanted_ += static_cast<std::uint32_t>(workers_.back()->lanes().size());
      if (const FailOver* const fail_over = workers_.back()->fail_over()) {
        ways_ += static_cast<std::uint32_t>(fail_over->ways());
      }
      made = !diagnostics.has_errors();
      for (const Diagnostic& diagnostic : diagnostics.list()) {
        if (told.insert(diagnostic.place.file + '\n' + diagnostic.problem).second) say(diagnostic);
      }
    }
  }

  PlayOutcome play() {
    if (outcome_.messages.has_errors()) {
      outcome_.end = PlayOutcome::End::kNotReady;
    } else {
      run();
    }
    fill_record();
    return std::move(outcome_);
  }

 private:
  enum class State : std::uint8_t { kConnecting, kPlaying, kEnding };

  static std::vector<std::string> target_texts(const PlayOptions& options) {
    std::vector<std::string> texts;
    for (const Target& target : options.targets) texts.push_back(target.text);
    return texts;
  }

  void run() {
    signals_.add(SIGINT);
    signals_.add(SIGTERM);
    wait_for_signal();
    tick();
    {
      const SignalsBlocked blocked;
      for (const std::unique_ptr<Worker>& worker : workers_) {
        threads_.emplace_back([&worker = *worker] { worker.run(); });
      }
    }
    io_.run();
    for (std::thread& thread : threads_) thread.join();
    for (const Diagnostic& diagnostic : troubles_.finish()) say(diagnostic);
    if (not_ready_) say_not_ready();
    if (on_progress_) on_progress_(progress());
  }

  // WorkerEvents, on the workers' threads.
  void built() override {
    asio::post(io_, [this] {
      if (++built_ == workers_.size() && state_ == State::kConnecting) wait_for_connections();
    });
  }
  void connection(int change) override {
    asio::post(io_, [this, change] {
      up_ = static_cast<std::uint32_t>(static_cast<int>(up_) + change);
      start_when_ready();
    });
  }
  void way(int change) override {
    asio::post(io_, [this, change] {
      ways_up_ = static_cast<std::uint32_t>(static_cast<int>(ways_up_) + change);
    });
  }
  void trouble(Trouble trouble) override {
    asio::post(io_, [this, trouble = std::move(trouble)] {
      if (const auto shown = troubles_.add(seams_.clock.monotonic(), trouble)) say(*shown);
    });
  }
  void gave_up() override {
    asio::post(io_, [this] {
      ++gave_up_;
      if (state_ == State::kConnecting) {
        not_ready();
      } else if (!options_.speed || gave_up_ == (ways_ > 0 ? ways_ : wanted_)) {
        stop_all();
      }
    });
  }
  void finished() override {
    asio::post(io_, [this] {
      if (++finished_ < workers_.size()) return;
      over_ = true;
      boost::system::error_code ignored;
      signals_.cancel(ignored);
      connect_timer_.cancel();
      progress_timer_.cancel();
    });
  }

  void wait_for_connections() {
    connect_timer_.expires_after(options_.transport.connect_timeout);
    connect_timer_.async_wait([this](const boost::system::error_code& error) {
      if (error || state_ != State::kConnecting) return;
      if (ways_ == 0 || ways_up_ < ways_) return not_ready();
      say({Severity::kWarning,
           {},
           fmt::format("not every target is ready within {}: it begins with those that are",
                       format_duration(options_.transport.connect_timeout)),
           ""});
      start();
    });
    start_when_ready();
  }

  void start_when_ready() {
    if (state_ != State::kConnecting || built_ < workers_.size() || up_ < wanted_) return;
    start();
  }

  void start() {
    state_ = State::kPlaying;
    connect_timer_.cancel();
    started_ = seams_.clock.monotonic();
    record_.wall_start = seams_.clock.wall();
    for (const std::unique_ptr<Worker>& worker : workers_) worker->start(started_);
  }

  void not_ready() {
    state_ = State::kEnding;
    not_ready_ = true;
    outcome_.end = PlayOutcome::End::kNotReady;
    for (const std::unique_ptr<Worker>& worker : workers_) worker->abort();
  }

  void stop_all() {
    state_ = State::kEnding;
    for (const std::unique_ptr<Worker>& worker : workers_) worker->stop();
  }

  void wait_for_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error || over_) return;
      if (outcome_.end == PlayOutcome::End::kInterrupted) {
        for (const std::unique_ptr<Worker>& worker : workers_) worker->abort();
      } else {
        outcome_.end = PlayOutcome::End::kInterrupted;
        outcome_.signal = signal;
        not_ready_ = false;
        stop_all();
      }
      wait_for_signal();
    });
  }

  void tick() {
    progress_timer_.expires_after(std::chrono::seconds{1});
    progress_timer_.async_wait([this](const boost::system::error_code& error) {
      if (error || over_) return;
      if (on_progress_) on_progress_(progress());
      tick();
    });
  }

  Progress progress() {
    Progress sum;
    SimTime simulated = kNever;
    for (const std::unique_ptr<Worker>& worker : workers_) {
      const WorkerProgress& from = worker->progress();
      sum.due += from.due.load(std::memory_order_relaxed);
      sum.written += from.written.load(std::memory_order_relaxed);
      sum.refused += from.refused.load(std::memory_order_relaxed);
      sum.dropped += from.dropped.load(std::memory_order_relaxed);
      simulated = std::min(simulated, SimTime{from.simulated_ns.load(std::memory_order_relaxed)});
      sum.lateness_max = std::max(sum.lateness_max, worker->take_lateness_max());
    }
    sum.connections_up = up_;
    sum.connections_wanted = wanted_;
    sum.simulated = simulated;
    if (started_ != nanoseconds{}) {
      sum.elapsed = seams_.clock.monotonic() - started_;
      // An idle stretch is played too, though no event marks it.
      if (options_.speed && state_ == State::kPlaying) {
        sum.simulated = std::max(sum.simulated, TimeScale(*options_.speed).sim_at(sum.elapsed));
      }
    }
    return sum;
  }

  void say(const Diagnostic& diagnostic) {
    if (diagnostic.severity == Severity::kError) {
      outcome_.messages.error(diagnostic.place, diagnostic.problem, diagnostic.hint);
    } else {
      outcome_.messages.warning(diagnostic.place, diagnostic.problem, diagnostic.hint);
    }
    if (on_message_) on_message_(diagnostic);
  }

  template <typename Function>
  void for_each_lane_of(std::uint32_t target, Function function) {
    for (const std::unique_ptr<Worker>& worker : workers_) {
      for (const std::unique_ptr<Lane>& lane : worker->lanes()) {
        if (lane->address().target == target) function(*lane);
      }
    }
  }

  // One message for each target that was not ready: how many connections, and why.
  void say_not_ready() {
    for (std::uint32_t t = 0; t < options_.targets.size(); ++t) {
      const Lane* worst = nullptr;
      std::size_t ready = 0, all = 0;
      for_each_lane_of(t, [&](const Lane& lane) {
        ++all;
        if (lane.was_ready()) {
          ++ready;
        } else if (worst == nullptr || (lane.problem().permanent && !worst->problem().permanent)) {
          worst = &lane;
        }
      });
      if (worst == nullptr) continue;
      const Problem& problem = worst->problem();
      // A target that was still trying when another one proved hopeless is not to blame.
      if (!problem.permanent && gave_up_ > 0) continue;
      std::string text = problem.permanent
                             ? problem.what
                             : fmt::format("not ready within {}: {}",
                                           format_duration(options_.transport.connect_timeout),
                                           problem.happened ? problem.what : "no answer");
      if (all > 1) text += fmt::format(" ({} of {} connections were ready)", ready, all);
      Place place;
      place.file = options_.targets[t].text;
      say({Severity::kError, std::move(place), std::move(text),
           problem.happened ? problem.hint : hint_for_silence(options_.targets[t])});
    }
  }

  // Nothing came back, neither a yes nor a no.
  static std::string hint_for_silence(const Target& target) {
    return std::holds_alternative<TlsTarget>(target.kind)
               ? "does this port speak TLS? Plain syslog is tcp://; or a firewall drops what it "
                 "gets"
               : "is the address right? A firewall on the way may drop without a word";
  }

  void fill_record() {
    record_.closed_loop = !options_.speed.has_value();
    record_.interrupted = outcome_.end == PlayOutcome::End::kInterrupted;
    record_.distribution = options_.distribution;
    record_.targets.clear();
    record_.lanes.clear();
    bool walked = !workers_.empty();
    std::uint64_t events = 0;
    Digest digest;
    record_.lateness = Histogram();
    record_.elapsed = nanoseconds{};
    for (const std::unique_ptr<Worker>& worker : workers_) {
      digest.add(worker->results().digest);
      record_.lateness.add(worker->results().lateness);
      record_.elapsed = std::max(record_.elapsed, worker->results().last_fate);
      walked = walked && worker->walked();
      events += worker->events_released();
    }
    record_.faults.clear();
    const std::vector<Fault>& faults = plan_.scenario().faults;
    for (std::size_t i = 0; i < faults.size(); ++i) {
      const std::string text = to_text(faults[i]);
      auto count = std::find_if(record_.faults.begin(), record_.faults.end(),
                                [&](const auto& one) { return one.fault == text; });
      if (count == record_.faults.end()) count = record_.faults.insert(count, {text, 0});
      for (const auto& worker : workers_) count->messages += worker->results().faults[i];
    }
    record_.digest = digest.hex();
    record_.messages = digest.count();
    record_.plan_messages = walked ? events : 0;
    for (std::uint32_t t = 0; t < options_.targets.size(); ++t) fill_target(t);
    if (options_.distribution == Distribution::kFailOver) check_parts();
  }

  // Every message ended at one of the targets.
  void check_parts() {
    std::uint64_t numbered = 0, due = 0;
    for (const std::unique_ptr<Worker>& worker : workers_)
      numbered += worker->fail_over()->messages();
    for (const TargetRecord& target : record_.targets) due += target.books.due;
    if (numbered != due) do_not_balance({});
  }

  void fill_target(std::uint32_t t) {
    const Target& target = options_.targets[t];
    TargetRecord summary;
    summary.target = target.text;
    summary.weight = target.weight.value_or(1);
    summary.framing = std::string(name_of(std::holds_alternative<UdpTarget>(target.kind)
                                              ? Framing::kNone
                                              : options_.transport.framing));
    summary.books.stream = target.is_stream();
    summary.order_relaxed =
        options_.transport.udp_gso && std::holds_alternative<UdpTarget>(target.kind);
    bool lost = false;
    for_each_lane_of(t, [&](Lane& lane) {
      LaneRecord record;
      record.worker = lane.address().worker;
      record.workers = options_.workers;
      record.target = t;
      record.esm = lane.address().esm;
      record.connection = lane.address().connection;
      record.connections = lane.address().connections;
      record.due = lane.ledger().numbered();
      record.exceptions = lane.ledger().exceptions();
      record.exceptions_overflowed = lane.ledger().overflowed();
      record.acknowledged = lane.ledger().acknowledged();
      for (const FateInterval& again : lane.ledger().resent()) {
        record.resent.push_back({again.first, again.last});
      }
      record_.lanes.push_back(std::move(record));
      summary.books.add(lane.ledger().books());
      summary.order_relaxed = summary.order_relaxed || lane.order_relaxed();
      lost = lost || lane.lost_at_end();
      outcome_.waited = std::max(outcome_.waited, lane.waited());
      if (summary.peer.empty()) {
        summary.peer = lane.peer();
        summary.certificate = lane.certificate();
      }
    });
    if (std::holds_alternative<TlsTarget>(target.kind) && options_.transport.tls.insecure) {
      record_.tls_insecure = true;
    }
    const Books& books = summary.books;
    if (lost || (books.due > 0 && books.written == 0 &&
                 books.dropped < books.due)) {  // refused everything it was offered
      outcome_.transport_failed = true;
    }
    if (!books.balanced(true)) {
      do_not_balance(target.text);
    }
    record_.targets.push_back(std::move(summary));
  }

  // Our own mistake, and the one thing a user of this program must not be left to find.
  void do_not_balance(std::string target) {
    assert(false && "the books do not balance");
    record_.complete = false;
    Place place;
    place.file = std::move(target);
    say({Severity::kError, std::move(place),
         "the books do not balance: this is a mistake in esm-sender",
         "do not rely on this run; please report it with its run record"});
  }

  const PlaySeams& seams_;
  const Plan& plan_;
  const PlayOptions& options_;
  RunRecord& record_;
  const std::function<void(const Progress&)>& on_progress_;
  const std::function<void(const Diagnostic&)>& on_message_;
  PlayOutcome outcome_;

  asio::io_context io_{1};
  asio::signal_set signals_;
  asio::steady_timer connect_timer_;
  asio::steady_timer progress_timer_;
  TroubleLog troubles_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;

  State state_ = State::kConnecting;
  bool not_ready_ = false;
  // All workers have ended. A timer or signal that had come before it was cancelled must not wait
  // for another one: nothing would ever end that wait.
  bool over_ = false;
  std::uint32_t wanted_ = 0;
  std::uint32_t up_ = 0;
  // With fail-over: ways that messages may go (FailOver), and those that are open.
  std::uint32_t ways_ = 0, ways_up_ = 0;
  std::uint32_t gave_up_ = 0;
  std::size_t built_ = 0;
  std::size_t finished_ = 0;
  nanoseconds started_{};
};

}  // namespace

std::optional<WeightedTargets> weighted_targets(const PlayOptions& options) {
  if (options.distribution != Distribution::kWeighted) return std::nullopt;
  static_assert(kTargetWeightMax == kWeightMax);
  std::vector<std::uint32_t> weights;
  weights.reserve(options.targets.size());
  for (const Target& target : options.targets) weights.push_back(target.weight.value_or(1));
  return WeightedTargets(weights);
}

PlayOutcome play_with(const PlaySeams& seams, const Plan& plan, const Templates& templates,
                      const PlayOptions& options, RunRecord& record,
                      const std::function<void(const Progress&)>& on_progress,
                      const std::function<void(const Diagnostic&)>& on_message) {
  assert(!options.targets.empty() && options.workers >= 1 && options.connections >= 1);
  Coordinator coordinator(seams, plan, templates, options, record, on_progress, on_message);
  return coordinator.play();
}

PlayOutcome play(const Plan& plan, const Templates& templates, const PlayOptions& options,
                 RunRecord& record, const std::function<void(const Progress&)>& on_progress,
                 const std::function<void(const Diagnostic&)>& on_message) {
  const RealClock clock;
  const PlaySeams seams{clock, make_transport};
  return play_with(seams, plan, templates, options, record, on_progress, on_message);
}

}  // namespace esm
