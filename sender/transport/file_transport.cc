#include "sender/transport/file_transport.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <climits>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sender/base/units.h"
#include "sender/transport/network_problem.h"
#include "sender/transport/stream_fates.h"

namespace esm {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds kReaderPoll{20};

bool is_writable(int fd) {
  pollfd poll{fd, POLLOUT, 0};
  return ::poll(&poll, 1, 0) == 1;  // writable, or in error: a write says which
}

// A pipe whose reader has gone is an error of the write, not the end of the program. There is no
// flag for write() that says so.
void ignore_broken_pipes() {
  struct sigaction now {};
  if (::sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) {
    std::signal(SIGPIPE, SIG_IGN);
  }
}

}  // namespace

FileTransport::FileTransport(asio::io_context& context, std::string path,
                             std::chrono::milliseconds open_timeout)
    : context_(context),
      path_(std::move(path)),
      name_(path_ == "-" ? "standard output" : path_),
      open_timeout_(open_timeout),
      gate_(context) {}

FileTransport::~FileTransport() { drop_file(); }

void FileTransport::drop_file() {
  if (watched_) watched_->close();
  watched_.reset();
  if (fd_ >= 0 && path_ != "-") ::close(fd_);
  fd_ = -1;
}

void FileTransport::abort() {
  if (busy_) {
    aborted_ = true;
    gate_.wake();
  } else {
    drop_file();
  }
}

Problem FileTransport::error_problem(std::string_view what, int error) const {
  std::string hint;
  if (error == ENOSPC || error == EDQUOT) hint = "make room, and start again with another file";
  if (error == EPIPE) hint = "the program that reads has ended";
  if (error == EACCES || error == EPERM) hint = "may this user write there?";
  if (error == ENOENT) hint = "does the folder exist?";
  return {true, fmt::format("{}: {}: {}", name_, what, error_text(error)), hint, true};
}

asio::awaitable<Problem> FileTransport::open() {
  assert(!busy_);
  drop_file();
  if (failed_.happened) co_return failed_;
  aborted_ = false;
  if (path_ == "-") {
    fd_ = STDOUT_FILENO;
  } else {
    busy_ = true;
    const SteadyTime deadline = steady_now() + open_timeout_;
    int error = 0;
    while (true) {
      // Without O_NONBLOCK a named pipe without a reader would block the whole program.
      fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                   0666);
      error = errno;
      if (fd_ >= 0 || error != ENXIO || aborted_ || steady_now() >= deadline) break;
      co_await gate_.sleep_until(steady_now() + kReaderPoll);
    }
    busy_ = false;
    if (aborted_) {
      drop_file();
      co_return abort_problem();
    }
    if (fd_ < 0 && error == ENXIO) {
      Problem problem{true, fmt::format("{}: nobody reads from this pipe", name_),
                      "start the reader: cat, for instance", false};
      co_return problem;
    }
    if (fd_ < 0) co_return error_problem("cannot be written", error);
  }
  struct stat status {};
  if (::fstat(fd_, &status) != 0) {
    const int error = errno;
    drop_file();
    co_return error_problem("cannot be written", error);
  }
  if (S_ISREG(status.st_mode) && status.st_size > 0 && path_ != "-" && !used_) {
    drop_file();
    Problem problem{true, fmt::format("{}: the file exists and is not empty", name_),
                    "remove it or choose another name: nothing is overwritten", true};
    co_return problem;
  }
  if (path_ != "-") ::fcntl(fd_, F_SETFL, O_APPEND);  // waiting is done in write()
  waits_ = S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || ::isatty(fd_) == 1;
  if (waits_) {
    ignore_broken_pipes();
    const int duplicate = ::fcntl(fd_, F_DUPFD_CLOEXEC, 3);
    if (duplicate < 0) {
      const int error = errno;
      drop_file();
      co_return error_problem("cannot be written", error);
    }
    watched_ = std::make_shared<WatchedFd>(context_, duplicate);
  }
  co_return Problem{};
}

// To a pipe only whole messages that it takes at once go together, so that several writers'
// messages do not mix; longer ones go in pieces.
std::size_t FileTransport::piece(const Batch& batch, std::size_t from) const {
  const std::size_t all = batch.bytes().size();
  if (!waits_ || all - from <= PIPE_BUF) return all - from;
  const auto messages = batch.messages();
  const auto beyond = std::partition_point(
      messages.begin(), messages.end(),
      [&](const Batch::Message& message) { return message.end <= from + PIPE_BUF; });
  const std::size_t end = beyond == messages.begin() ? 0 : std::prev(beyond)->end;
  return end > from ? end - from : PIPE_BUF;
}

asio::awaitable<void> FileTransport::write(const Batch& batch, WriteOutcome& outcome) {
  assert(!busy_);
  outcome.clear();
  busy_ = true;
  aborted_ = false;
  const std::span<const char> bytes = batch.bytes();
  std::size_t taken = 0;
  int error = 0;
  while (fd_ >= 0 && taken < bytes.size()) {
    if (waits_ && !is_writable(fd_)) {
      watched_->when_writable([this] { gate_.wake(); });
      co_await gate_.sleep_until(SteadyTime::max());
      if (!aborted_) continue;
      drop_file();
      outcome.problem = abort_problem();
      break;
    }
    const ssize_t size = ::write(fd_, bytes.data() + taken, piece(batch, taken));
    if (size > 0) {
      taken += static_cast<std::size_t>(size);
      used_ = true;
      continue;
    }
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    error = size < 0 ? errno : EIO;
    failed_ = error_problem("the write failed", error);
    outcome.problem = failed_;
    drop_file();
  }
  busy_ = false;
  append_stream_fates(batch, taken, taken, error, outcome.runs);
  outcome.lost = fd_ < 0;
  if (outcome.lost && !outcome.problem.happened) outcome.problem = abort_problem();
}

asio::awaitable<CloseOutcome> FileTransport::close() {
  CloseOutcome outcome;
  outcome.drained = fd_ >= 0;
  // Some file systems tell only now that there was no room.
  if (fd_ >= 0 && path_ != "-" && ::close(std::exchange(fd_, -1)) != 0 && errno != EINTR) {
    outcome.drained = false;
    outcome.problem = error_problem("the write failed", errno);
  }
  drop_file();
  co_return outcome;
}

asio::awaitable<Problem> NullTransport::open() {
  aborted_ = false;
  co_return Problem{};
}

bool NullTransport::try_write(const Batch& batch, WriteOutcome& outcome) {
  outcome.clear();
  outcome.lost = aborted_;
  if (aborted_) {
    outcome.problem = abort_problem();
  } else {
    append_stream_fates(batch, batch.bytes().size(), batch.bytes().size(), 0, outcome.runs);
  }
  return true;
}

asio::awaitable<void> NullTransport::write(const Batch& batch, WriteOutcome& outcome) {
  try_write(batch, outcome);
  co_return;
}

asio::awaitable<CloseOutcome> NullTransport::close() {
  CloseOutcome outcome;
  outcome.drained = true;
  co_return outcome;
}

}  // namespace esm
