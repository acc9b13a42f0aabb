#include "tests/transport/driver.h"

#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/transport/transport.h"

#include "tests/support/test_receiver.h"

namespace esm::test {

namespace asio = boost::asio;

struct Driver::Insides {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  Diagnostics diagnostics;
  std::unique_ptr<Transport> transport;
  std::optional<Problem> loss;

  void run_until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!done()) {
      context.run_one_until(deadline);
      if (std::chrono::steady_clock::now() >= deadline) {
        ADD_FAILURE() << "not over in time";
        std::abort();  // the coroutine's frame has references to what would go away
      }
    }
  }

  template <typename Result>
  Result run(asio::awaitable<Result> operation, bool abort_it = false) {
    std::optional<Result> result;
    asio::co_spawn(context, std::move(operation),
                   [&result](std::exception_ptr error, Result value) {
                     if (error) std::rethrow_exception(error);
                     result = std::move(value);
                   });
    if (abort_it) asio::post(context, [this] { transport->abort(); });
    run_until([&] { return result.has_value(); });
    return std::move(*result);
  }

  // `meanwhile`, if set, is called once the operation waits for something.
  void run(asio::awaitable<void> operation, const std::function<void()>& meanwhile) {
    bool over = false;
    asio::co_spawn(context, std::move(operation), [&over](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
      over = true;
    });
    if (meanwhile) asio::post(context, meanwhile);
    run_until([&] { return over; });
  }
};

TransportOptions quick_options() {
  TransportOptions options;
  options.connect_timeout = std::chrono::milliseconds{5'000};
  options.handshake_timeout = std::chrono::milliseconds{5'000};
  options.write_stall_timeout = std::chrono::milliseconds{10'000};
  options.close_timeout = std::chrono::milliseconds{5'000};
  return options;
}

Batch batch_of(const std::vector<std::string>& messages, Framing framing) {
  std::size_t bytes = 0;
  for (const std::string& message : messages) bytes += message.size() + kFrameOverheadMax;
  Batch batch(std::max<std::size_t>(messages.size(), 1), bytes);
  for (const std::string& message : messages) {
    char* const begin = batch.tail();
    message.copy(begin, message.size());
    batch.commit(frame(framing, begin, begin + message.size()), SimTime{});
  }
  return batch;
}

Batch numbered_batch(std::size_t count, std::size_t bytes, std::size_t first, Framing framing) {
  std::vector<std::string> messages;
  messages.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::string message = fmt::format("<134>message {} ", first + i);
    message.resize(std::max(bytes, message.size()), static_cast<char>('a' + (first + i) % 26));
    messages.push_back(std::move(message));
  }
  return batch_of(messages, framing);
}

std::string bytes_of(const Batch& batch) { return {batch.bytes().data(), batch.bytes().size()}; }

std::string text_of(const std::vector<FateRun>& runs) {
  std::string text;
  for (const FateRun& run : runs) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", run.count, name_of(run.fate));
    if (run.reason != Reason::kNone) text += fmt::format(" {}", name_of(run.reason));
    if (run.error != 0) text += fmt::format(" ({})", run.error);
  }
  return text;
}

Driver::Driver(const std::string& target, const TransportOptions& options,
               std::optional<IpAddress> source)
    : insides_(std::make_unique<Insides>()) {
  const std::optional<Target> parsed = parse_target(target, "--to", insides_->diagnostics);
  EXPECT_TRUE(parsed) << target;
  if (!parsed) return;
  insides_->transport =
      make_transport(insides_->context, *parsed, options, source, insides_->diagnostics);
  if (!insides_->transport) return;
  insides_->transport->on_loss([this](const Problem& problem) { insides_->loss = problem; });
}

Driver::~Driver() {
  // What is still on the way to the transport must find nothing to call.
  insides_->transport.reset();
  insides_->context.poll();
}

bool Driver::made() const { return insides_->transport != nullptr; }
std::string Driver::diagnostics() const { return insides_->diagnostics.render(); }
std::string Driver::certificate() const { return insides_->transport->certificate(); }

std::uint64_t Driver::acknowledged() { return insides_->transport->acknowledged(); }

std::string Driver::peer() const { return insides_->transport->peer(); }
std::optional<Problem> Driver::loss() const { return insides_->loss; }

Problem Driver::open() {
  insides_->loss.reset();
  return insides_->run(insides_->transport->open());
}
Problem Driver::open_and_meanwhile(std::function<void()> then) {
  insides_->loss.reset();
  asio::post(insides_->context, [this, then = std::move(then)] {
    // open() has been called before this one is run.
    asio::post(insides_->context, then);
  });
  return insides_->run(insides_->transport->open());
}
Problem Driver::open_and_abort() { return insides_->run(insides_->transport->open(), true); }

WriteOutcome Driver::write(const Batch& batch) { return write_and_meanwhile(batch, {}); }
WriteOutcome Driver::write_and_meanwhile(const Batch& batch, const std::function<void()>& then) {
  WriteOutcome outcome;
  insides_->run(insides_->transport->write(batch, outcome), then);
  return outcome;
}
WriteOutcome Driver::write_and_abort(const Batch& batch) {
  return write_and_meanwhile(batch, [this] { abort(); });
}

CloseOutcome Driver::close() { return insides_->run(insides_->transport->close()); }
CloseOutcome Driver::close_and_abort() { return insides_->run(insides_->transport->close(), true); }

void Driver::abort() { insides_->transport->abort(); }
void Driver::abort_from_outside() {
  asio::post(insides_->context, [this] { insides_->transport->abort(); });
}

Problem Driver::wait_for_loss() {
  insides_->run_until([&] { return insides_->loss.has_value(); });
  return *insides_->loss;
}

}  // namespace esm::test
