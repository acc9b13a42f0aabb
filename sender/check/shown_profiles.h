// How warnings speak of a receiver's profiles.
#pragma once

#include <string>
#include <vector>

#include "sender/mapping/profile.h"

namespace esm {

// "profile traps-kb", "profile set fsso-logon, fsso-logoff".
std::string shown_profiles(const std::vector<Profile>& profiles);
// Whether one of them is for logins.
bool has_login(const std::vector<Profile>& profiles);

}  // namespace esm
