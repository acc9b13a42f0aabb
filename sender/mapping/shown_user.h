// Whether what a receiver shows is the user whom a message is about.
#pragma once

#include <cstdint>
#include <string_view>

#include "sender/scenario/scenario.h"

namespace esm {

// Whether a table that shows `shown` has learnt the right user: as written in the message, or with
// the user's own domain. Domains are compared without case, as directories do.
bool is_right_user(const UserGroup& group, std::uint32_t index, std::string_view shown);

}  // namespace esm
