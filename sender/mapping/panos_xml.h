// The firewall's XML API: its answer to <show><user><ip-user-mapping><all/></ip-user-mapping>…
#pragma once

#include <span>
#include <string>

#include "sender/base/diagnostics.h"
#include "sender/mapping/table.h"
#include "sender/mapping/table_rows.h"

namespace esm {

// On one line. Remaining seconds as in panos_mapping_table.
std::string panos_mapping_xml(std::span<const Mapping> mappings, SimTime now);

// Also reads an answer that holds the console's text, as some commands of the API give it. An
// answer that says "error", one that is no answer of the API, and entries without address or user
// are errors with their place.
void read_panos_xml(const SourceText& source, TableRows& rows, Diagnostics& diagnostics);

}  // namespace esm
