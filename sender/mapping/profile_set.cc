#include "sender/mapping/profile_set.h"

#include <cassert>
#include <cstdint>

namespace esm {

ProfileSet::ProfileSet(std::span<const Profile> profiles) {
  assert(!profiles.empty() && profiles.size() <= kProfilesMax);
  readers_.reserve(profiles.size());
  for (const Profile& profile : profiles) readers_.emplace_back(profile);
}

Reading ProfileSet::read(std::string_view line) const {
  using Verdict = Reading::Verdict;
  Reading first;
  for (std::size_t i = 0; i < readers_.size(); ++i) {
    Reading reading = readers_[i].read(line);
    reading.profile = static_cast<std::uint8_t>(i);
    if (reading.verdict == Verdict::kMapped || reading.verdict == Verdict::kIgnored) return reading;
    if (first.verdict == Verdict::kNoEvent && reading.verdict != Verdict::kNoEvent) first = reading;
  }
  return first;
}

std::string_view ProfileSet::table_user(const Reading& reading, std::string& scratch) const {
  return readers_[reading.profile].table_user(reading.user, scratch);
}

std::string ProfileSet::table_user(const Reading& reading) const {
  return readers_[reading.profile].table_user(reading.user);
}

}  // namespace esm
