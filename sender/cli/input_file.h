// Files that a person names on the command line, as a whole or to be read bit by bit.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sender/base/diagnostics.h"

namespace esm {

// A whole file, or "-" for standard input. `role` is what messages call it: "the run record".
// Folders are refused, and so are named pipes: opening one waits for a writer that may never come.
// (The unnamed pipe of a shell's `<(command)` has its writer.)
std::optional<SourceText> read_file(const std::string& path, std::string_view role,
                                    std::size_t bytes_max, Diagnostics& diagnostics);

// Whether the same can be opened: for a file that is too long to be read as a whole.
bool check_readable(const std::string& path, std::string_view role, Diagnostics& diagnostics);

// One standard input cannot be two files. `uses` are the paths of all that a command reads.
bool check_standard_input(const std::vector<std::string_view>& uses, Diagnostics& diagnostics);

}  // namespace esm
