// The firewall's console: `show user ip-user-mapping all [type SYSLOG]`. Written exactly; read
// tolerantly.
#pragma once

#include <span>
#include <string>

#include "sender/base/diagnostics.h"
#include "sender/mapping/table.h"
#include "sender/mapping/table_rows.h"

namespace esm {

// Seconds that are left at `now`, whole ones: until the entry ends if nobody logs in again, and
// until it ends even so. Both are the same where the table has no maximum.
struct SecondsLeft {
  std::int64_t idle = 0, maximum = 0;
};
SecondsLeft seconds_left(const Mapping& mapping, SimTime now);

// A user longer than its column shifts the rest of its row, as printf does. Control characters in a
// user are shown as \xNN: a table on a terminal must not act on what a message said.
std::string panos_mapping_table(std::span<const Mapping> mappings, SimTime now);

// Rows of a table a person saved from a console. Header, ruler, prompts, the pager's traces and the
// total are passed over; columns may be missing, and rows may be broken where the terminal ended. A
// line that looks like a row and cannot be read is an error with its place; so is a second table,
// and a text with nothing of a table in it. A total that differs from the rows read is a warning:
// the table may be cut.
void read_panos_table(const SourceText& source, TableRows& rows, Diagnostics& diagnostics);

}  // namespace esm
