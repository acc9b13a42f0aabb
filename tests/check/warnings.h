// The warnings about a played plan, and their text.
#pragma once

#include <string>
#include <vector>

#include "sender/check/check.h"

#include "tests/support/played_plan.h"

namespace esm::test {

inline std::vector<Warning> check(const PlayedPlan& played, CheckOptions options = {}) {
  options.epoch = played.epoch();
  return check_at_receiver(played.plan(), played.templates(), played.profiles(), options);
}

// Everything a warning says; samples indented.
inline std::string text_of(const std::vector<Warning>& warnings) {
  std::string out;
  for (const Warning& warning : warnings) {
    out += warning.code + ": " + warning.problem + "\n";
    for (const std::string& sample : warning.samples) out += "  " + sample + "\n";
    out += "  hint: " + warning.hint + "\n";
  }
  return out;
}

}  // namespace esm::test
