#include "sender/listener/ready.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace esm {
namespace {

constexpr std::string_view kBeginning = "{\"udp\":[";

// 0 or errno.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

// 0 or errno. A file without a name gets its name when it is written.
int write_new_file(const std::string& path, const std::string& text) {
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  int fd = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  const bool nameless = fd >= 0;
  // Some file systems have no such files. Then it is empty for a moment.
  if (!nameless) fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return errno;
  int error = write_all(fd, text);
  if (error == 0 && nameless) {
    const std::string itself = fmt::format("/proc/self/fd/{}", fd);
    if (::linkat(AT_FDCWD, itself.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) != 0) {
      error = errno;
    }
  }
  if (::close(fd) != 0 && error == 0) error = errno;
  return error;
}

int write_into(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return errno;
  const int error = write_all(fd, text);
  return ::close(fd) != 0 && error == 0 ? errno : error;
}

}  // namespace

std::string ready_text(const ListenerPorts& ports) {
  return fmt::format("{{\"udp\":[{}],\"tcp\":[{}],\"tls\":[{}]}}\n", fmt::join(ports.udp, ","),
                     fmt::join(ports.tcp, ","), fmt::join(ports.tls, ","));
}

bool remove_ready_file(const std::string& path, Diagnostics& diagnostics) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return true;
  std::array<char, kBeginning.size()> beginning{};
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const ssize_t size = fd < 0 ? 0 : ::read(fd, beginning.data(), beginning.size());
  if (fd >= 0) ::close(fd);
  const bool ours = std::string_view(beginning.data(),
                                     size < 0 ? 0 : static_cast<std::size_t>(size)) == kBeginning;
  if (status.st_size > 0 && !ours) {
    diagnostics.error({path, 0, 0, 1}, "the ready file exists and has something else in it",
                      "it would be replaced: remove it, or choose another name");
    return false;
  }
  if (::unlink(path.c_str()) == 0) return true;
  diagnostics.error(
      {path, 0, 0, 1},
      fmt::format("the ready file of an earlier run cannot be removed: {}", std::strerror(errno)));
  return false;
}

void write_ready_file(const std::string& path, const std::string& text, Diagnostics& diagnostics) {
  struct stat status {};
  const bool there = ::lstat(path.c_str(), &status) == 0;
  const int error = there ? write_into(path, text) : write_new_file(path, text);
  if (error == 0) return;
  diagnostics.error({path, 0, 0, 1},
                    fmt::format("the ready file cannot be written: {}", std::strerror(error)));
}

void write_ready_fd(int fd, const std::string& text, Diagnostics& diagnostics) {
  const int error = write_all(fd, text);
  if (error != 0) {
    diagnostics.error({},
                      fmt::format("descriptor {} cannot be told that the sockets listen: {}", fd,
                                  std::strerror(error)),
                      "for instance: esm-sender listen … --ready-fd 3 3>ready.json");
  }
  if (fd > STDERR_FILENO) ::close(fd);
}

}  // namespace esm
