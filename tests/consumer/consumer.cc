// Uses the installed library through its public headers only: one rate and one duration, read and
// written as people write them.
#include <cstdio>

#include "sender/base/units.h"

int main() {
  const auto rate = esm::parse_rate("50k/s");
  const auto wrong = esm::parse_duration("60");
  if (!rate || wrong) {
    std::puts("consumer: the installed library does not read units as documented");
    return 1;
  }
  std::printf("%s; %s\n", esm::format_rate(*rate).c_str(), wrong.problem.c_str());
  return 0;
}
