#include "tests/simulation/virtual_time.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstdint>
#include <utility>

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace esm::test {
namespace {

using std::chrono::nanoseconds;

std::atomic<VirtualTime*> current_time{nullptr};

// A thread that has waited once is missed when it ends.
struct ThreadEnd {
  VirtualTime* time = nullptr;
  ~ThreadEnd() {
    if (time != nullptr && time == VirtualTime::current()) time->thread_ended();
  }
};
thread_local ThreadEnd thread_end;

bool is_ready(int fd) {
  pollfd one{fd, POLLIN, 0};
  return ::poll(&one, 1, 0) > 0;
}

void set_readable(int event_fd) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(event_fd, &one, sizeof one);
}

void set_unreadable(int event_fd) {
  std::uint64_t ignored = 0;
  [[maybe_unused]] const ssize_t read = ::read(event_fd, &ignored, sizeof ignored);
}

}  // namespace

// Not at 0: a moment of 0 means "never was" in places.
VirtualTime::VirtualTime(std::size_t threads, nanoseconds limit, std::function<void()> on_hang)
    : now_(std::chrono::hours{1}),
      limit_(now_ + limit),
      on_hang_(std::move(on_hang)),
      threads_(threads) {
  [[maybe_unused]] VirtualTime* const before = current_time.exchange(this);
  assert(before == nullptr);
}

VirtualTime::~VirtualTime() {
  thread_end.time = nullptr;
  current_time = nullptr;
}

VirtualTime* VirtualTime::current() { return current_time.load(std::memory_order_acquire); }

nanoseconds VirtualTime::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

void VirtualTime::spend(nanoseconds duration) {
  const std::lock_guard lock(mutex_);
  advance_to(now_ + duration);
}

void VirtualTime::advance_to(nanoseconds moment) {
  now_ = std::max(now_, moment);
  for (auto& [fd, timer] : timers_) {
    if (timer.armed && timer.at <= now_) {
      timer.armed = false;
      set_readable(fd);
    }
  }
}

int VirtualTime::make_timer() {
  const int fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  const std::lock_guard lock(mutex_);
  timers_[fd] = Timer{};
  return fd;
}

bool VirtualTime::set_timer(int fd, nanoseconds after) {
  const std::lock_guard lock(mutex_);
  const auto timer = timers_.find(fd);
  if (timer == timers_.end()) return false;
  set_unreadable(fd);
  timer->second = {after > nanoseconds{0}, now_ + after};
  return true;
}

int VirtualTime::wait(int epoll_fd) {
  Waiter self;
  self.is_new = is_new_thread();
  thread_end.time = this;
  std::unique_lock lock(mutex_);
  self.epoll_fd = epoll_fd;
  waiters_.insert(
      std::upper_bound(waiters_.begin(), waiters_.end(), epoll_fd,
                       [](int fd, const Waiter* other) { return fd < other->epoll_fd; }),
      &self);
  choose();
  self.woken.wait(lock, [&self] { return self.runs; });
  return 0;
}

bool VirtualTime::is_new_thread() const { return thread_end.time != this; }

void VirtualTime::thread_ended() {
  const std::lock_guard lock(mutex_);
  --threads_;
  choose();
}

// When everybody waits: whoever has something to do goes on, the first one of them; if nobody has,
// time passes.
void VirtualTime::choose() {
  if (waiters_.empty() || waiters_.size() < threads_) return;
  while (true) {
    for (auto waiter = waiters_.begin(); waiter != waiters_.end(); ++waiter) {
      if (!(*waiter)->is_new && !is_ready((*waiter)->epoll_fd)) continue;
      Waiter& next = **waiter;
      waiters_.erase(waiter);
      next.runs = true;
      next.woken.notify_one();
      return;
    }
    nanoseconds next = nanoseconds::max();
    for (const auto& [fd, timer] : timers_) {
      if (timer.armed) next = std::min(next, timer.at);
    }
    if (next > limit_) on_hang_();
    advance_to(next);
  }
}

}  // namespace esm::test

// What the linker leads here: `__real_` are the system's own.
// NOLINTBEGIN(bugprone-reserved-identifier)
extern "C" {
std::int64_t __real__ZNSt6chrono3_V212steady_clock3nowEv();
int __real_epoll_wait(int, epoll_event*, int, int);
int __real_timerfd_create(int, int);
int __real_timerfd_settime(int, int, const itimerspec*, itimerspec*);

// A time_point is returned as the integer in it.
std::int64_t __wrap__ZNSt6chrono3_V212steady_clock3nowEv() {
  const esm::test::VirtualTime* const time = esm::test::VirtualTime::current();
  return time == nullptr ? __real__ZNSt6chrono3_V212steady_clock3nowEv() : time->now().count();
}

int __wrap_epoll_wait(int fd, epoll_event* events, int count, int timeout) {
  esm::test::VirtualTime* const time = esm::test::VirtualTime::current();
  // An io_context looks once at its descriptors before it runs what it was given.
  if (time != nullptr && (timeout != 0 || time->is_new_thread())) timeout = time->wait(fd);
  return __real_epoll_wait(fd, events, count, timeout);
}

int __wrap_timerfd_create(int clock, int flags) {
  esm::test::VirtualTime* const time = esm::test::VirtualTime::current();
  return time == nullptr ? __real_timerfd_create(clock, flags) : time->make_timer();
}

// Asio sets timers by the time from now on; TFD_TIMER_ABSTIME is its word for "at once".
int __wrap_timerfd_settime(int fd, int flags, const itimerspec* wanted, itimerspec* before) {
  esm::test::VirtualTime* const time = esm::test::VirtualTime::current();
  const std::chrono::nanoseconds after =
      (flags & TFD_TIMER_ABSTIME) != 0 ? std::chrono::nanoseconds{1}
                                       : std::chrono::seconds{wanted->it_value.tv_sec} +
                                             std::chrono::nanoseconds{wanted->it_value.tv_nsec};
  if (time != nullptr && time->set_timer(fd, after)) return 0;
  return __real_timerfd_settime(fd, flags, wanted, before);
}
}
// NOLINTEND(bugprone-reserved-identifier)
