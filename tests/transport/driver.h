// Runs a transport's operations one by one, each with a deadline that fails the test. Keeps Asio
// out of the test files.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/message/batch.h"
#include "sender/message/framing.h"
#include "sender/transport/outcome.h"
#include "sender/transport/target.h"

namespace esm::test {

// Limits that fit a loopback.
TransportOptions quick_options();

Batch batch_of(const std::vector<std::string>& messages, Framing framing = Framing::kLf);
// `count` messages of about `bytes` bytes, all different.
Batch numbered_batch(std::size_t count, std::size_t bytes, std::size_t first = 0,
                     Framing framing = Framing::kLf);
std::string bytes_of(const Batch& batch);

// "64 written, 1 cut (104)", as in the expectations.
std::string text_of(const std::vector<FateRun>& runs);

class Driver {
 public:
  explicit Driver(const std::string& target, const TransportOptions& options = quick_options(),
                  std::optional<IpAddress> source = {});
  ~Driver();

  // Null target: see diagnostics().
  bool made() const;
  std::string diagnostics() const;

  Problem open();
  WriteOutcome write(const Batch& batch);
  CloseOutcome close();
  // Starts the operation and calls `then` once it waits for something.
  Problem open_and_meanwhile(std::function<void()> then);
  WriteOutcome write_and_meanwhile(const Batch& batch, const std::function<void()>& then);
  // Starts the operation and aborts it once it waits for something.
  Problem open_and_abort();
  WriteOutcome write_and_abort(const Batch& batch);
  CloseOutcome close_and_abort();
  void abort();
  // From another thread: aborts whatever is under way.
  void abort_from_outside();
  // Lets the io_context run until on_loss() is called.
  Problem wait_for_loss();
  std::optional<Problem> loss() const;
  std::string peer() const;
  std::string certificate() const;
  std::uint64_t acknowledged();

 private:
  struct Insides;
  std::unique_ptr<Insides> insides_;
};

}  // namespace esm::test
