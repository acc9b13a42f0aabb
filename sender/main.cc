#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "sender/cli/cli.h"
#include "sender/cli/exit_status.h"

int main(int argc, char** argv) {
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
