// The end of a run: report files, and the exit status they add up to.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "sender/cli/options.h"
#include "sender/engine/player.h"
#include "sender/report/run_record.h"

namespace esm {

// Whether a report can be written there: asked before anything is sent, because a record that is
// lost afterwards cannot be made again.
bool check_report(const std::string& path, Diagnostics& diagnostics);

// Writes to `path` as a whole (temporary file, then rename; "-" is standard output). False, with
// the reason in `diagnostics`, when that failed.
bool write_report_text(const std::string& path, std::string_view text, Diagnostics& diagnostics);

// The same of a record. False, with the reason in `diagnostics`, when that failed: the run is then
// incomplete. It has also failed when the record is longer than what is read back, `bytes_max`,
// though it is written.
bool write_report(const std::string& path, const RunRecord& record, Diagnostics& diagnostics,
                  std::size_t bytes_max = kRunRecordBytesMax);

// The first status that applies (exit_status.h); `reasons` gets an error for each that does.
int exit_status_of(const RunRecord& record, const PlayOutcome& outcome,
                   std::span<const Threshold> thresholds, Diagnostics& reasons);

}  // namespace esm
