// Comparing a file that its receiver may still be writing.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "sender/base/diagnostics.h"
#include "sender/verify/verify.h"

namespace esm {

// verify_received on the file `path`, again whenever it has grown, until nothing differs or
// `settle` is over, in real time; with 0 once. Within that time the file need not be there yet. A
// file that cannot be read, or still is not there, is an error, and nothing is returned.
std::optional<Verdict> verify_settled(const VerifyInput& input, const std::string& path,
                                      std::chrono::nanoseconds settle, Diagnostics& diagnostics);

}  // namespace esm
