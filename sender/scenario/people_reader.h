// The people of a file: CSV with a header line, JSON, or JSON Lines.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/scenario/people.h"
#include "sender/scenario/user_group.h"

namespace esm {

// `file` is CSV, JSON (a list of objects) or JSON Lines (an object a line) by its name's ending. Of
// each person `name` and `domain` are read; what else there is must be in `ignore`. Who has no
// domain there has the group's. Null where something is wrong, which is reported in the file.
std::shared_ptr<const People> read_people(const SourceText& file, const UserGroup& group,
                                          const std::vector<std::string>& ignore,
                                          Diagnostics& diagnostics);

}  // namespace esm
