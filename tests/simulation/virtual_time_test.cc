#include "tests/simulation/virtual_time.h"

#include <cstdlib>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>

namespace esm::test {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

TEST(VirtualTime, TenDaysPassWhileNobodyComputes) {
  const auto before = steady_clock::now();
  {
    const VirtualTime time(1, 1'000h, [] { std::abort(); });
    asio::io_context io(1);
    asio::steady_timer timer(io);
    const auto began = steady_clock::now();
    timer.expires_after(240h);
    timer.async_wait([](auto) {});
    io.run();
    EXPECT_GE(steady_clock::now() - began, 240h);
    EXPECT_LT(steady_clock::now() - began, 240h + 1ms);
  }
  EXPECT_LT(steady_clock::now() - before, 60s);
}

// Two threads that wake each other by posts and by timers: always in the same order.
TEST(VirtualTime, TwoThreadsTakeTurnsInTheSameOrderEveryTime) {
  const auto play = [] {
    std::string order;
    VirtualTime time(2, 1h, [] { std::abort(); });
    asio::io_context first(1), second(1);
    asio::steady_timer one(first), two(second);
    int left = 20;
    std::function<void()> tick = [&] {
      order += 'a';
      asio::post(second, [&] { order += 'b'; });
      if (--left == 0) return;
      one.expires_after(3ms);
      one.async_wait([&](auto) { tick(); });
    };
    std::function<void()> tock = [&] {
      order += 'c';
      if (left == 0) return;
      two.expires_after(2ms);
      two.async_wait([&](auto) { tock(); });
    };
    asio::post(first, [&] { tick(); });
    asio::post(second, [&] { tock(); });
    std::thread thread([&] { second.run(); });
    first.run();
    time.thread_ended();  // joining is no waiting that it could see
    thread.join();
    return order;
  };
  const std::string order = play();
  EXPECT_EQ(order.size() > 60, true) << order;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(play(), order);
}

TEST(VirtualTime, WhatComputesForLongMakesTimersLate) {
  VirtualTime time(1, 1h, [] { std::abort(); });
  asio::io_context io(1);
  asio::steady_timer busy(io), late(io);
  std::chrono::nanoseconds fired{};
  const std::chrono::nanoseconds began = time.now();
  busy.expires_after(1s);
  busy.async_wait([&](auto) { time.spend(10s); });
  late.expires_after(2s);
  late.async_wait([&](auto) { fired = time.now() - began; });
  io.run();
  EXPECT_EQ(std::chrono::duration_cast<std::chrono::milliseconds>(fired), 11s);
}

}  // namespace
}  // namespace esm::test
