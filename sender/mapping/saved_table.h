// A mapping table that somebody saved: the firewall's console, its XML API, JSON or CSV.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/base/time.h"
#include "sender/mapping/table_rows.h"

namespace esm {

enum class TableForm { kConsole, kXml, kJson, kCsv };
// By its first words; what is none of the others is taken for a console's.
TableForm form_of(std::string_view text);

struct SavedTable {
  std::vector<TableRow> rows;
  std::optional<SimTime> at;  // the scenario's moment, where the table itself says it
};

// Everything wrong is an error with its place, and then nothing of the table is to be used.
// `vsys`: TableRows.
SavedTable read_saved_table(const SourceText& source, const std::string& vsys,
                            Diagnostics& diagnostics);

}  // namespace esm
