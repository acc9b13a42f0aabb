#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "sender/cli/cli.h"
#include "sender/cli/exit_status.h"

namespace {

// Started without a standard descriptor (`>&-`), the next file or socket that is opened would get
// its number, and what is meant for people or for standard output would go there. What stands in
// for it is open the wrong way round, so that using it stays an error.
void reserve_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) _exit(esm::kUnexpected);
  }
}

}  // namespace

int main(int argc, char** argv) {
  reserve_standard_descriptors();
  // A reader of our output that goes away is an error code of write(), not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    return esm::run_cli(words);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: unexpected: %s\n", error.what());
  } catch (...) {
    std::fputs("error: unexpected\n", stderr);
  }
  return esm::kUnexpected;
}
