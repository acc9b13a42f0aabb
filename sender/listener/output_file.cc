#include "sender/listener/output_file.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace esm {
namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;

const char* escape_of(char c) {
  switch (c) {
    case '\r':
      return "#015";
    case '\n':
      return "#012";
    case '\0':
      return "#000";
    default:
      return nullptr;
  }
}

bool has_line_breaker(std::string_view message) {
  const auto has = [&](int c) { return std::memchr(message.data(), c, message.size()) != nullptr; };
  return has('\r') || has('\n') || has('\0');
}

}  // namespace

OutputFile::~OutputFile() { close(); }

bool OutputFile::open(const std::string& path) {
  path_ = path;
  error_ = 0;
  if (path == "-") {
    descriptor_ = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
  } else {
    struct stat before {};
    replaced_ = ::stat(path.c_str(), &before) == 0 && S_ISREG(before.st_mode) && before.st_size > 0;
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  }
  if (descriptor_ < 0) {
    error_ = errno;
    return false;
  }
  buffer_.reserve(kBufferBytes);
  return true;
}

void OutputFile::write(std::string_view bytes) {
  if (buffer_.size() + bytes.size() > kBufferBytes) flush();
  buffer_.append(bytes);
}

void OutputFile::line(std::string_view message) {
  if (message.empty() || !has_line_breaker(message)) {
    write(message);
  } else {
    for (std::size_t i = 0; i < message.size(); ++i) {
      const char* const escaped = escape_of(message[i]);
      write(escaped != nullptr ? std::string_view(escaped) : message.substr(i, 1));
    }
  }
  write("\n");
}

void OutputFile::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty() && error_ == 0) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      // Standard output may be a pipe somebody made non-blocking.
      pollfd wait{descriptor_, POLLOUT, 0};
      ::poll(&wait, 1, 1000);
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  bytes_lost_ += rest.size();
  buffer_.clear();
}

bool OutputFile::close() {
  if (descriptor_ < 0) return error_ == 0;
  flush();
  if (::close(descriptor_) != 0 && error_ == 0) error_ = errno;
  descriptor_ = -1;
  return error_ == 0;
}

}  // namespace esm
