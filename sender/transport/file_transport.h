// A file, standard output, a named pipe or a device: the framed bytes as they are.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "sender/transport/gate.h"
#include "sender/transport/transport.h"
#include "sender/transport/watched_fd.h"

namespace esm {

class FileTransport final : public Transport {
 public:
  // "-": standard output.
  FileTransport(boost::asio::io_context& context, std::string path,
                std::chrono::milliseconds open_timeout);
  ~FileTransport() override;

  // A regular file must be new or empty: nothing is overwritten, nothing appended to what somebody
  // else has written. After a failed write the file stays as it is and cannot be opened again.
  boost::asio::awaitable<Problem> open() override;
  boost::asio::awaitable<void> write(const Batch& batch, WriteOutcome& outcome) override;
  boost::asio::awaitable<CloseOutcome> close() override;
  void abort() override;
  void on_loss(std::function<void(const Problem&)>) override {}
  std::string peer() const override { return name_; }

 private:
  Problem error_problem(std::string_view what, int error) const;
  // How much of the bytes is written in one go.
  std::size_t piece(const Batch& batch, std::size_t from) const;
  void drop_file();

  boost::asio::io_context& context_;
  const std::string path_;
  const std::string name_;  // in messages
  std::chrono::milliseconds open_timeout_;
  Gate gate_;
  int fd_ = -1;
  bool waits_ = false;  // a pipe, terminal or socket: writing may have to wait for the reader
  std::shared_ptr<WatchedFd> watched_;  // a duplicate of fd_, if it waits
  bool used_ = false;                   // this transport has written to it
  bool busy_ = false;
  bool aborted_ = false;
  Problem failed_;  // for good
};

// Takes everything and keeps nothing.
class NullTransport final : public Transport {
 public:
  boost::asio::awaitable<Problem> open() override;
  boost::asio::awaitable<void> write(const Batch& batch, WriteOutcome& outcome) override;
  boost::asio::awaitable<CloseOutcome> close() override;
  bool writes_at_once() const override { return true; }
  bool try_write(const Batch& batch, WriteOutcome& outcome) override;
  void abort() override { aborted_ = true; }
  void on_loss(std::function<void(const Problem&)>) override {}
  std::string peer() const override { return "null:"; }

 private:
  bool aborted_ = false;
};

}  // namespace esm
