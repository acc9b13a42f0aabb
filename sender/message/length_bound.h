// How long a message can get, whoever it is about and whenever.
#pragma once

#include <cstddef>
#include <vector>

#include "sender/message/parts.h"
#include "sender/message/text_index.h"
#include "sender/scenario/plan.h"

namespace esm {

// No message of these parts is longer, in bytes, padding apart. Exact for fleets of usual size but
// for what never comes together: the longest user need not be at the longest host, and optional
// parts count as if they were there.
std::size_t length_bound(const std::vector<Part>& parts, const Plan& plan, const TextIndex& index);

}  // namespace esm
