// What a coroutine sleeps on until a deadline passes or somebody wakes it. Events set flags and
// wake; the sleeper looks at the flags: an event that comes while nobody sleeps is not lost as long
// as the flags are looked at before sleeping.
#pragma once

#include <chrono>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace esm {

using SteadyTime = std::chrono::steady_clock::time_point;

class Gate {
 public:
  explicit Gate(boost::asio::io_context& context) : timer_(context) {}

  // May return early without a reason.
  boost::asio::awaitable<void> sleep_until(SteadyTime deadline) {
    constexpr auto kTuple = boost::asio::as_tuple(boost::asio::use_awaitable);
    timer_.expires_at(deadline);
    co_await timer_.async_wait(kTuple);
  }
  void wake() { timer_.cancel(); }

 private:
  boost::asio::steady_timer timer_;
};

inline SteadyTime steady_now() { return std::chrono::steady_clock::now(); }

}  // namespace esm
