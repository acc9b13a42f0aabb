// Which users and addresses a receiver would learn wrongly from this plan's messages.
#pragma once

#include <vector>

#include "sender/check/check.h"

namespace esm {

// Adds user-misread, user-unread, event-unread, address-unread, address-misread, profile-gave-up,
// user-ignored, logon-as-logout, users-alike, message-too-long.
void check_reading(const Plan& plan, const Templates& templates,
                   const std::vector<Profile>& profiles, const CheckOptions& options,
                   std::vector<Warning>& warnings);

}  // namespace esm
