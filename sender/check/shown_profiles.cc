#include "sender/check/shown_profiles.h"

#include <algorithm>

namespace esm {

std::string shown_profiles(const std::vector<Profile>& profiles) {
  std::string out;
  for (const Profile& profile : profiles) out += (out.empty() ? "" : ", ") + profile.name;
  return (profiles.size() == 1 ? "profile " : "profile set ") + out;
}

bool has_login(const std::vector<Profile>& profiles) {
  return std::any_of(profiles.begin(), profiles.end(), [](const Profile& profile) {
    return profile.purpose == Profile::For::kLogin;
  });
}

}  // namespace esm
