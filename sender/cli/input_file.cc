#include "sender/cli/input_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sender/base/units.h"

namespace esm {
namespace {

// Closes a descriptor that is not standard input.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ > STDIN_FILENO) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// A pipe with a name in some folder, and not the one of `<(command)`.
bool has_a_name(int pipe) {
  std::array<char, 6> target{};
  const std::string link = fmt::format("/proc/self/fd/{}", pipe);
  const ssize_t length = readlink(link.c_str(), target.data(), target.size());
  return length > 0 && target.front() == '/';
}

// -1 with the reason in `diagnostics`.
int open_input(const std::string& path, std::string_view role, Diagnostics& diagnostics) {
  // Without O_NONBLOCK a pipe that nobody writes to would keep us here for ever.
  const int fd = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    diagnostics.error({path, 0, 0, 1},
                      fmt::format("cannot open {}: {}", role, std::strerror(errno)),
                      errno == ENOENT ? "is the path right?" : "");
    return -1;
  }
  struct stat status {};
  if (fstat(fd, &status) == 0) {
    const char* problem = nullptr;
    const char* hint = "";
    if (S_ISDIR(status.st_mode)) {
      problem = "is a directory";
      hint = "name a file in it";
    } else if (path != "-" && S_ISFIFO(status.st_mode) && has_a_name(fd)) {
      problem = "is a named pipe, whose writer may never come";
      hint = "give '-' and let the writer's output be standard input";
    }
    if (problem != nullptr) {
      diagnostics.error({path, 0, 0, 1}, fmt::format("{} {}", role, problem), hint);
      if (fd > STDIN_FILENO) close(fd);
      return -1;
    }
  }
  if (fd > STDIN_FILENO) fcntl(fd, F_SETFL, O_RDONLY);
  return fd;
}

}  // namespace

std::optional<SourceText> read_file(const std::string& path, std::string_view role,
                                    std::size_t bytes_max, Diagnostics& diagnostics) {
  const Descriptor file(open_input(path, role, diagnostics));
  if (file.get() < 0) return std::nullopt;
  std::string text;
  std::vector<char> block(64 * 1024);
  for (;;) {
    const ssize_t got = read(file.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      diagnostics.error({path, 0, 0, 1},
                        fmt::format("cannot read {}: {}", role, std::strerror(errno)));
      return std::nullopt;
    }
    if (got == 0) break;
    text.append(block.data(), static_cast<std::size_t>(got));
    if (text.size() > bytes_max) {
      diagnostics.error({path, 0, 0, 1}, fmt::format("{} is longer than the {} allowed", role,
                                                     format_size(bytes_max)));
      return std::nullopt;
    }
  }
  return SourceText(path == "-" ? "<stdin>" : path, std::move(text));
}

bool check_readable(const std::string& path, std::string_view role, Diagnostics& diagnostics) {
  const Descriptor file(open_input(path, role, diagnostics));
  return file.get() >= 0;
}

bool check_standard_input(const std::vector<std::string_view>& uses, Diagnostics& diagnostics) {
  if (std::count(uses.begin(), uses.end(), "-") < 2) return true;
  diagnostics.error({}, "standard input ('-') can be read only once, and is given for two files",
                    "put one of them into a file");
  return false;
}

}  // namespace esm
