// A descriptor and who is told when it becomes ready. The callbacks may belong to an object that
// goes away first: after close() none is called.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace esm {

class WatchedFd : public std::enable_shared_from_this<WatchedFd> {
 public:
  // Takes `fd`, which must be of a kind that can be polled.
  WatchedFd(boost::asio::io_context& context, int fd) : descriptor_(context, fd), fd_(fd) {}

  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

  // Calls `callback` once, from the io_context, when a read (a write) would not block: data, end,
  // error. It takes the place of one that has not been called yet.
  void when_readable(std::function<void()> callback) {
    watch(boost::asio::posix::descriptor_base::wait_read, readable_, std::move(callback));
  }
  void when_writable(std::function<void()> callback) {
    watch(boost::asio::posix::descriptor_base::wait_write, writable_, std::move(callback));
  }

  // Closes the descriptor; without linger options the kernel goes on sending what it has.
  void close() {
    if (fd_ < 0) return;
    fd_ = -1;
    readable_.callback = nullptr;
    writable_.callback = nullptr;
    boost::system::error_code ignored;  // nothing can be done about it
    descriptor_.close(ignored);
  }

 private:
  struct Watch {
    std::function<void()> callback;
    bool waiting = false;  // Asio has a wait of ours
  };

  void watch(boost::asio::posix::descriptor_base::wait_type what, Watch& slot,
             std::function<void()> callback) {
    slot.callback = std::move(callback);
    if (std::exchange(slot.waiting, true)) return;
    descriptor_.async_wait(
        what, [self = shared_from_this(), &slot](const boost::system::error_code& error) {
          slot.waiting = false;
          if (!self->is_open() || error) return;
          // Out of the slot first: the callback may watch again.
          if (const std::function<void()> call = std::exchange(slot.callback, nullptr)) call();
        });
  }

  boost::asio::posix::stream_descriptor descriptor_;
  int fd_;
  Watch readable_;
  Watch writable_;
};

}  // namespace esm
