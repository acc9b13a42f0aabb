// The end of a run in words: the books of every target and of all, the rate asked for and reached,
// the lateness, and what is not known and what that means.
#pragma once

#include <string>

#include "sender/report/run_record.h"

namespace esm {

// Several lines, each with its line end. Text that came from outside is escaped.
std::string summary_text(const RunRecord& record);

}  // namespace esm
