// Values of a mapping table by their names: what JSON and CSV have in common.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sender/base/time.h"
#include "sender/mapping/table.h"
#include "sender/mapping/table_rows.h"

namespace esm {

// Puts the value `text` of the member or column `name` into the row, or its moment into `at`. What
// is wrong with it; empty: nothing. Names that a table does not have are passed over.
std::string set_field(TableRow& row, std::optional<SimTime>& at, std::string_view name,
                      std::string_view text);
// What the finished row lacks; empty: nothing.
std::string lacking(const TableRow& row, bool has_ip);

// When the mapping ends, as RFC 3339; empty: never.
std::string end_text(UtcTime epoch, SimTime expires);

// All users who may rightly stand there instead, latest first.
std::vector<std::string> rivals_of(const Mapping& mapping);

}  // namespace esm
