#include "tests/support/fake_transport.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace esm::test {

namespace asio = boost::asio;
using namespace std::chrono_literals;

class FakeTransport final : public Transport {
 public:
  FakeTransport(FakeNetwork& network, asio::io_context& io, std::string target, std::string source)
      : network_(network), timer_(io), target_(std::move(target)), source_(std::move(source)) {}

  asio::awaitable<Problem> open() override {
    aborted_ = false;
    {
      const std::lock_guard lock(network_.mutex_);
      auto& attempts = network_.attempts_;
      auto entry = std::find_if(attempts.begin(), attempts.end(),
                                [this](const auto& e) { return e.first == target_; });
      if (entry == attempts.end()) entry = attempts.insert(attempts.end(), {target_, 0});
      behaviour_ = network_.script_(target_, entry->second++);
    }
    co_await pause(0us);
    Problem problem;
    if (aborted_ || behaviour_.refuse) {
      problem.happened = true;
      problem.what = aborted_ ? "aborted" : "connection refused by " + target_;
      problem.hint = "start the fake";
      problem.permanent = behaviour_.permanent;
      co_return problem;
    }
    const std::lock_guard lock(network_.mutex_);
    connection_ = network_.received_.size();
    network_.received_.push_back({target_, source_, {}, false, false});
    left_ = behaviour_.lose_after;
    seen_ = 0;
    acknowledged_ = 0;
    open_ = true;
    co_return problem;
  }

  asio::awaitable<void> write(const Batch& batch, WriteOutcome& outcome) override {
    outcome.runs.clear();
    outcome.icmp_errors = 0;
    outcome.lost = false;
    outcome.problem = Problem{};
    if (behaviour_.stall) {
      stalled_ = true;
      while (!aborted_) co_await pause(1h);
      stalled_ = false;
    } else {
      co_await pause(behaviour_.slow);
    }
    std::uint64_t taken_now = 0;
    {
      const std::lock_guard lock(network_.mutex_);
      if (!open_) outcome.lost = true;  // seen while idle, before this write
      for (const Batch::Message& message : batch.messages()) {
        if (outcome.lost || left_ == 0) {
          if (open_ && behaviour_.cut) {
            outcome.runs.push_back({1, Fate::kCut, Reason::kNone, ECONNRESET});
          }
          outcome.lost = true;
          break;
        }
        ++seen_;
        if (behaviour_.refuse_every > 0 && seen_ % behaviour_.refuse_every == 0) {
          outcome.runs.push_back({1, Fate::kRefused, Reason::kTooLong, EMSGSIZE});
          continue;
        }
        if (!behaviour_.lose_while_idle && left_ != kEndless) --left_;
        const std::span<const char> bytes =
            batch.bytes().subspan(message.begin, message.end - message.begin);
        network_.received_[connection_].messages.emplace_back(bytes.begin(), bytes.end());
        if (network_.received_[connection_].messages.size() <= behaviour_.acknowledges) {
          acknowledged_ += bytes.size();
        }
        ++network_.taken_;
        if (!outcome.runs.empty() && outcome.runs.back().fate == Fate::kWritten) {
          ++outcome.runs.back().count;
        } else {
          outcome.runs.push_back({1, Fate::kWritten, Reason::kNone, 0});
        }
      }
      taken_now = network_.taken_;
    }
    if (outcome.lost) {
      outcome.problem.happened = true;
      outcome.problem.what = aborted_ ? "aborted" : "reset by " + target_;
      open_ = false;
    } else if (behaviour_.lose_while_idle && seen_ >= behaviour_.lose_after) {
      open_ = false;
      asio::post(timer_.get_executor(), [this, connection = connection_] {
        if (connection != connection_) return;
        Problem problem;
        problem.happened = true;
        problem.what = "closed by " + target_;
        if (loss_) loss_(problem);
      });
    }
    if (network_.on_taken) network_.on_taken(taken_now);
  }

  asio::awaitable<CloseOutcome> close() override {
    co_await pause(0us);
    CloseOutcome outcome;
    outcome.drained = open_ && behaviour_.drains && !aborted_;
    if (!outcome.drained) {
      outcome.problem.happened = true;
      outcome.problem.what = "no answer to our goodbye from " + target_;
    }
    const std::lock_guard lock(network_.mutex_);
    network_.received_[connection_].closed = true;
    network_.received_[connection_].drained = outcome.drained;
    open_ = false;
    co_return outcome;
  }

  void abort() override {
    aborted_ = true;
    open_ = false;
    timer_.cancel();
  }

  void on_loss(std::function<void(const Problem&)> callback) override {
    loss_ = std::move(callback);
  }

  std::uint64_t acknowledged() override { return acknowledged_; }
  std::string peer() const override { return "fake " + target_; }

 private:
  template <typename Duration>
  asio::awaitable<void> pause(Duration duration) {
    constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
    timer_.expires_after(duration);
    co_await timer_.async_wait(kTuple);
  }

  FakeNetwork& network_;
  asio::steady_timer timer_;
  std::string target_, source_;
  std::function<void(const Problem&)> loss_;
  Behaviour behaviour_;
  std::size_t connection_ = 0;
  std::uint64_t left_ = kEndless;
  std::uint64_t seen_ = 0;
  std::uint64_t acknowledged_ = 0;
  bool open_ = false;
  bool aborted_ = false;
  bool stalled_ = false;
};

std::unique_ptr<Transport> FakeNetwork::make(asio::io_context& io, const Target& target,
                                             const TransportOptions&,
                                             std::optional<IpAddress> source, Diagnostics&) {
  return std::make_unique<FakeTransport>(*this, io, target.text,
                                         source ? source->to_string() : std::string());
}

std::vector<Received> FakeNetwork::received() const {
  const std::lock_guard lock(mutex_);
  return received_;
}

std::vector<std::string> FakeNetwork::all_messages() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> all;
  for (const Received& connection : received_) {
    all.insert(all.end(), connection.messages.begin(), connection.messages.end());
  }
  return all;
}

std::uint32_t FakeNetwork::attempts() const {
  const std::lock_guard lock(mutex_);
  std::uint32_t sum = 0;
  for (const auto& [target, count] : attempts_) sum += count;
  return sum;
}

}  // namespace esm::test
