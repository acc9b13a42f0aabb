// The end of a run: report files, and the exit status they add up to.
#pragma once

#include <string>

#include "sender/cli/options.h"
#include "sender/engine/player.h"
#include "sender/report/run_record.h"

namespace esm {

// Writes the record to `path` as a whole (temporary file, then rename; "-" is standard output).
// False, with the reason in `diagnostics`, when that failed: the run is then incomplete.
bool write_report(const std::string& path, const RunRecord& record, Diagnostics& diagnostics);

// The first status that applies (exit_status.h), with a line on standard error for each reason.
int exit_status_of(const RunRecord& record, const PlayOutcome& outcome,
                   const ReportOptions& options);

}  // namespace esm
