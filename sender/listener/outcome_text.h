// What a listener learnt and counted, in the forms a firewall shows it and for programs.
#pragma once

#include <string>

#include "sender/listener/listener_options.h"
#include "sender/listener/listener_result.h"

namespace esm {

std::string mappings_text(TableForm form, const ListenerResult& result);
// As `show user server-monitor state all`.
std::string counters_console(const ListenerOptions& options, const ListenerResult& result);
// cli/README.md documents the members.
std::string counters_json(const ListenerResult& result);

}  // namespace esm
