// The verbs of the command.
#pragma once

#include <span>
#include <string>

namespace esm {

// `words` are the arguments behind the program's name. Returns the exit status (exit_status.h).
int run_cli(std::span<const std::string> words);

}  // namespace esm
