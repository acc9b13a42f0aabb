// The mapping table as comma-separated values: cli/README.md documents the columns.
#pragma once

#include <optional>
#include <string>

#include "sender/base/diagnostics.h"
#include "sender/mapping/table_rows.h"
#include "sender/mapping/truth.h"

namespace esm {

// The header line, and a row for every mapping of a table.
std::string mapping_csv_header();
std::string mapping_csv(const TruthAt& table, UtcTime epoch);

// By the names in its header line, in any order and letters: `ip` and `user` must be there; `at`,
// `expires`, `from`, `vsys`, `idle_timeout` and `timeout` (seconds) may; others are passed over.
// Returns the moment that its rows name in `at`; rows of several moments are an error.
std::optional<SimTime> read_mapping_csv(const SourceText& source, TableRows& rows,
                                        Diagnostics& diagnostics);

}  // namespace esm
