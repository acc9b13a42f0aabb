// What a scenario puts into the syslog head of its messages, against the head's own rules. What the
// template itself puts there (app-name, message-id) was checked when it was read.
#pragma once

#include "sender/base/diagnostics.h"
#include "sender/message/template.h"
#include "sender/scenario/scenario.h"

namespace esm {

// False, and an error at its place for each ESM whose name cannot be the HOSTNAME of an RFC 5424
// head, if that is the template's.
bool check_head(const Template& message, const Scenario& scenario, Diagnostics& diagnostics);

}  // namespace esm
