// Whether the faults that a scenario wants can be made in the messages of its templates.
#pragma once

#include "sender/base/diagnostics.h"
#include "sender/base/time.h"
#include "sender/message/template.h"
#include "sender/scenario/plan.h"

namespace esm {

// Reports each one that cannot, where the scenario asks for it. To be asked before a Renderer is
// made.
bool check_faults(const Templates& templates, const Plan& plan, UtcTime epoch,
                  Diagnostics& diagnostics);

}  // namespace esm
