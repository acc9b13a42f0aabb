#pragma once

#include "sender/report/run_record.h"

namespace esm::test {

// A record in which no member has its default value, and which is consistent.
RunRecord full_record();

}  // namespace esm::test
