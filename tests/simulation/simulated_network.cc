#include "tests/simulation/simulated_network.h"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <variant>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "sender/transport/network_problem.h"
#include "sender/transport/stream_fates.h"

namespace esm::test {

namespace asio = boost::asio;
using std::chrono::nanoseconds;

namespace {

constexpr nanoseconds kNow{0}, kSoon{1'000'000}, kLater{5'000'000};
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

Problem problem_of(const char* what, bool permanent = false) { return {true, what, "", permanent}; }

// How many bytes come in a while, without overflow.
std::uint64_t bytes_in(nanoseconds while_, std::uint64_t per_second) {
  if (per_second >= kNoLimit) return kNoLimit;
  return static_cast<std::uint64_t>(while_.count()) / 1'000 * per_second / 1'000'000;
}

}  // namespace

class SimulatedStream final : public Transport {
 public:
  SimulatedStream(SimulatedNetwork& network, asio::io_context& io, std::string target,
                  const TransportOptions& options, std::size_t lane)
      : network_(network),
        target_(std::move(target)),
        options_(options),
        lane_(lane),
        timer_(io),
        death_(io) {}

  asio::awaitable<Problem> open() override {
    aborted_ = false;
    life_ = network_.script_(lane_, attempts_++);
    const nanoseconds takes = std::min<nanoseconds>(life_.opens_after, options_.connect_timeout);
    co_await pause(takes);
    if (aborted_) co_return problem_of("aborted");
    if (life_.opens_after >= options_.connect_timeout) co_return problem_of("no answer");
    if (life_.refuses) co_return problem_of("refused", life_.permanently);
    network_.connections_.push_back({lane_, target_, "", "", 0, false, {}, {}});
    taken_ = &network_.connections_.back();
    accepted_ = arrived_ = told_ = 0;
    arrives_since_ = network_.time_.now();
    open_ = true;
    death_.expires_after(life_.dies_after);
    death_.async_wait([this, number = attempts_](const boost::system::error_code& error) {
      if (error || number != attempts_ || !open_) return;
      die("reset by the receiver");
      if (busy_) {
        timer_.cancel();
      } else if (loss_) {
        loss_(problem_);
      }
    });
    co_return Problem{};
  }

  asio::awaitable<void> write(const Batch& batch, WriteOutcome& outcome) override {
    outcome.clear();
    busy_ = true;
    aborted_ = false;
    network_.time_.spend(life_.computes);
    const std::span<const char> bytes = batch.bytes();
    std::size_t taken = 0;    // of the batch, in whole records
    std::size_t started = 0;  // behind that, of a record
    nanoseconds stalls_at = network_.time_.now() + options_.write_stall_timeout;
    while (open_ && taken < bytes.size()) {
      arrive();
      if (accepted_ >= life_.dies_after_bytes) {
        die("reset in a write");
        break;
      }
      const std::uint64_t in_flight = accepted_ - arrived_;
      std::uint64_t room = std::min({life_.takes_at_most, life_.dies_after_bytes - accepted_,
                                     life_.buffer > in_flight ? life_.buffer - in_flight : 0});
      const std::size_t record = life_.record == 0
                                     ? bytes.size() - taken
                                     : std::min<std::size_t>(life_.record, bytes.size() - taken);
      room = std::min<std::uint64_t>(room, record - started);
      if (room == 0) {
        co_await pause(std::min<nanoseconds>(kSoon, stalls_at - network_.time_.now()));
        if (aborted_) {
          die("aborted");
        } else if (open_ && network_.time_.now() >= stalls_at) {
          die("took nothing for long");
        }
        continue;
      }
      const std::size_t piece = 1 + network_.dice_(room);
      accepted_ += piece;
      started += piece;
      if (life_.record == 0 || started == record) {
        const std::span<const char> whole = bytes.subspan(taken, started);
        taken_->bytes.append(whole.begin(), whole.end());
        taken += started;
        started = 0;
      }
      stalls_at = network_.time_.now() + options_.write_stall_timeout;
    }
    if (started > 0) {
      const std::span<const char> part = bytes.subspan(taken, started);
      taken_->after.assign(part.begin(), part.end());
    }
    busy_ = false;
    // As TLS does: the record that was begun is cut as a whole.
    std::size_t touched = taken;
    if (started > 0) {
      touched = life_.record == 0 ? taken + started
                                  : std::min<std::size_t>(taken + life_.record, bytes.size());
    }
    append_stream_fates(batch, taken, touched, ECONNRESET, outcome.runs);
    if (!open_) {
      outcome.lost = true;
      outcome.problem = problem_;
    }
  }

  asio::awaitable<CloseOutcome> close() override {
    CloseOutcome outcome;
    if (!open_) {
      outcome.problem = problem_;
      co_return outcome;
    }
    busy_ = true;
    aborted_ = false;
    const nanoseconds until = network_.time_.now() + options_.close_timeout;
    const nanoseconds answers = network_.time_.now() + life_.goodbye_takes;
    while (open_ && !aborted_) {
      arrive();
      const nanoseconds now = network_.time_.now();
      if (now >= until) {
        die("no answer to our goodbye");
      } else if (arrived_ == accepted_ && now >= answers) {
        if (life_.goodbye == Life::Goodbye::kReset) die("reset instead of a goodbye");
        if (life_.goodbye == Life::Goodbye::kAnswered) break;
      }
      if (open_) {
        co_await pause(std::min(kLater, until - now));
      }
    }
    busy_ = false;
    if (open_ && aborted_) die("aborted");
    if (open_) {
      outcome.drained = taken_->drained = true;
      end();
    } else {
      outcome.problem = problem_;
    }
    problem_ = problem_of("closed");
    co_return outcome;
  }

  void abort() override {
    aborted_ = true;
    if (busy_) {
      timer_.cancel();
    } else if (open_) {
      die("aborted");
    }
    timer_.cancel();
  }

  void on_loss(std::function<void(const Problem&)> callback) override {
    loss_ = std::move(callback);
  }

  std::uint64_t acknowledged() override {
    if (taken_ == nullptr) return 0;
    if (open_) {
      arrive();
      // Only of whole records is it known which messages are in them.
      told_ =
          std::max<std::uint64_t>(told_, std::min<std::uint64_t>(arrived_, taken_->bytes.size()));
    }
    return told_;
  }

  std::string peer() const override { return "simulated " + target_; }

 private:
  asio::awaitable<void> pause(nanoseconds duration) {
    timer_.expires_after(duration);
    co_await timer_.async_wait(kTuple);
  }

  // What has come to the receiver's kernel, and is acknowledged, by now.
  void arrive() {
    const nanoseconds now = network_.time_.now();
    const std::uint64_t until = std::min(accepted_, life_.stops_after);
    const std::uint64_t came = bytes_in(now - arrives_since_, life_.bytes_per_second);
    if (came == 0) return;
    arrived_ = std::max(arrived_, std::min(until, arrived_ + came));
    arrives_since_ = now;
  }

  void die(const char* what) {
    problem_ = problem_of(what);
    const std::uint64_t known = acknowledged();
    // The last acknowledgements come, or do not.
    told_ = known + (taken_->bytes.size() - known) * life_.acknowledges / 256;
    end();
  }

  void end() {
    taken_->acknowledged = told_;
    open_ = false;
    death_.cancel();
  }

  SimulatedNetwork& network_;
  const std::string target_;
  const TransportOptions options_;
  const std::size_t lane_;
  asio::steady_timer timer_, death_;
  std::function<void(const Problem&)> loss_;
  Life life_;
  Problem problem_;
  Taken* taken_ = nullptr;
  std::uint32_t attempts_ = 0;
  std::uint64_t accepted_ = 0, arrived_ = 0, told_ = 0;
  nanoseconds arrives_since_{};
  bool open_ = false, busy_ = false, aborted_ = false;
};

class SimulatedDatagrams final : public Transport {
 public:
  SimulatedDatagrams(SimulatedNetwork& network, asio::io_context& io, std::string target,
                     std::size_t lane)
      : network_(network), target_(std::move(target)), lane_(lane), timer_(io) {}

  asio::awaitable<Problem> open() override {
    aborted_ = half_written_ = false;
    life_ = network_.script_(lane_, attempts_++);
    at_once_ = network_.dice_(2) == 0;
    co_await pause(life_.opens_after);
    if (aborted_) co_return problem_of("aborted");
    if (life_.refuses) co_return problem_of("no route", life_.permanently);
    network_.connections_.push_back({lane_, target_, "", "", 0, false, {}, {}});
    taken_ = &network_.connections_.back();
    co_return Problem{};
  }

  bool writes_at_once() const override { return at_once_; }

  bool try_write(const Batch& batch, WriteOutcome& outcome) override {
    outcome.clear();
    next_ = 0;
    half_written_ = !offer(batch, outcome);
    return !half_written_;
  }

  asio::awaitable<void> write(const Batch& batch, WriteOutcome& outcome) override {
    if (!half_written_) {
      outcome.clear();
      next_ = 0;
      aborted_ = false;
    }
    half_written_ = false;
    while (!aborted_ && !offer(batch, outcome)) co_await pause(kSoon);
    if (aborted_ && next_ < batch.size()) {
      outcome.lost = true;
      outcome.problem = problem_of("aborted");
    }
  }

  asio::awaitable<CloseOutcome> close() override {
    CloseOutcome outcome;
    co_await pause(kNow);
    co_return outcome;
  }

  void abort() override {
    aborted_ = true;
    timer_.cancel();
  }
  void on_loss(std::function<void(const Problem&)>) override {}
  std::string peer() const override { return "simulated " + target_; }

 private:
  asio::awaitable<void> pause(nanoseconds duration) {
    timer_.expires_after(duration);
    co_await timer_.async_wait(kTuple);
  }

  // The next datagrams of the batch, as many as the socket's queue takes now; whether that is all.
  bool offer(const Batch& batch, WriteOutcome& outcome) {
    network_.time_.spend(life_.computes);
    std::uint64_t room = life_.takes_at_most;
    for (; next_ < batch.size() && room > 0; ++next_, --room) {
      const Batch::Message& message = batch.messages()[next_];
      const std::span<const char> bytes =
          batch.bytes().subspan(message.begin, message.end - message.begin);
      ++seen_;
      const bool refuses = life_.refuses_every > 0 && seen_ % life_.refuses_every == 0;
      (refuses ? taken_->refused : taken_->datagrams).emplace_back(bytes.begin(), bytes.end());
      const FateRun fate =
          refuses ? FateRun{1, Fate::kRefused, reason_of(life_.refuses_with), life_.refuses_with}
                  : FateRun{1, Fate::kWritten, Reason::kNone, 0};
      if (!outcome.runs.empty() && outcome.runs.back().fate == fate.fate) {
        ++outcome.runs.back().count;
      } else {
        outcome.runs.push_back(fate);
      }
      if (life_.icmp_every > 0 && seen_ % life_.icmp_every == 0) {
        ++outcome.icmp_errors;
        ++network_.icmp_errors_;
        outcome.problem = problem_of("ICMP errors come back");
      }
    }
    return next_ == batch.size();
  }

  SimulatedNetwork& network_;
  const std::string target_;
  const std::size_t lane_;
  asio::steady_timer timer_;
  Life life_;
  Taken* taken_ = nullptr;
  std::uint32_t attempts_ = 0;
  std::uint64_t seen_ = 0;
  std::size_t next_ = 0;
  bool at_once_ = false, half_written_ = false, aborted_ = false;
};

std::unique_ptr<Transport> SimulatedNetwork::make(asio::io_context& io, const Target& target,
                                                  const TransportOptions& options) {
  const std::size_t lane = lanes_++;
  if (std::holds_alternative<UdpTarget>(target.kind)) {
    return std::make_unique<SimulatedDatagrams>(*this, io, target.text, lane);
  }
  return std::make_unique<SimulatedStream>(*this, io, target.text, options, lane);
}

}  // namespace esm::test
