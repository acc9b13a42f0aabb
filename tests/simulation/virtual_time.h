// Hours in a millisecond: while a VirtualTime lives, the steady clock stands still as long as
// anybody computes, and jumps to the next timer when all wait. Nothing of the engine is replaced
// for it: the linker leads Asio's calls of steady_clock::now, epoll_wait and timerfd_… here
// (CMakeLists.txt).
//
// Only one thread runs at a time, and which one is next depends on nothing but what happened
// before: the same seed plays the same, thread for thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "sender/base/clock.h"

namespace esm::test {

class VirtualTime {
 public:
  // `threads` that wait in epoll_wait, the calling one included. `on_hang` is called, once, when
  // everybody waits and no timer is set, or `limit` is over: nothing would ever happen again. It
  // must end the program.
  VirtualTime(std::size_t threads, std::chrono::nanoseconds limit, std::function<void()> on_hang);
  ~VirtualTime();
  VirtualTime(const VirtualTime&) = delete;
  VirtualTime& operator=(const VirtualTime&) = delete;

  std::chrono::nanoseconds now() const;
  // The thread that runs computes for so long, or is stopped.
  void spend(std::chrono::nanoseconds duration);

  // For the functions that the linker leads here.
  int make_timer();
  bool set_timer(int fd, std::chrono::nanoseconds after);  // 0: disarmed; false: not one of ours
  int wait(int epoll_fd);                                  // until it is ready and it is its turn
  // The calling thread has not waited yet. It must before it does anything that others can see:
  // threads that have just been started run all at once.
  bool is_new_thread() const;
  void thread_ended();
  static VirtualTime* current();

 private:
  struct Waiter {
    int epoll_fd = -1;
    bool is_new = false;  // it is ready, whatever its descriptor
    bool runs = false;
    std::condition_variable woken;
  };
  struct Timer {
    bool armed = false;
    std::chrono::nanoseconds at{};
  };

  void choose();
  void advance_to(std::chrono::nanoseconds moment);

  mutable std::mutex mutex_;
  std::chrono::nanoseconds now_;
  const std::chrono::nanoseconds limit_;
  const std::function<void()> on_hang_;
  std::size_t threads_;
  std::vector<Waiter*> waiters_;  // by their descriptors: the order in which they were made
  std::map<int, Timer> timers_;
};

// The engine's clock over it. A look takes its time, or who spins until a moment would spin for
// ever.
class VirtualClock : public Clock {
 public:
  explicit VirtualClock(VirtualTime& time) : time_(time) {}
  std::chrono::nanoseconds monotonic() const override {
    time_.spend(std::chrono::nanoseconds{100});
    return time_.now();
  }
  UtcTime wall() const override { return UtcTime{std::chrono::hours{24 * 365 * 50}}; }

 private:
  VirtualTime& time_;
};

}  // namespace esm::test
