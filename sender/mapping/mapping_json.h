// The mapping table as JSON: cli/README.md documents the members.
#pragma once

#include <optional>
#include <string>

#include "sender/base/diagnostics.h"
#include "sender/mapping/table_rows.h"
#include "sender/mapping/truth.h"

namespace esm {

// One mapping a line: head, tables with commas between them, tail.
std::string mapping_json_head();
std::string mapping_json(const TruthAt& table, UtcTime epoch);
std::string mapping_json_tail();

// What these write of one moment, or a plain list of objects with at least `ip` and `user`;
// `at`, `expires`, `from`, `vsys`, `idle_timeout` and `timeout` (seconds) are read too, others
// passed over. Returns the moment that it names.
std::optional<SimTime> read_mapping_json(const SourceText& source, TableRows& rows,
                                         Diagnostics& diagnostics);

}  // namespace esm
