// The parse profiles that a receiver has for one sender, tried in their order.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sender/mapping/profile_reader.h"

namespace esm {

inline constexpr std::size_t kProfilesMax = 16;

// Copying is not possible; one per thread. Reading allocates nothing, once its scratch has grown.
class ProfileSet {
 public:
  // At least one, at most kProfilesMax. All have passed read_profile.
  explicit ProfileSet(std::span<const Profile> profiles);
  explicit ProfileSet(const Profile& profile) : ProfileSet(std::span(&profile, 1)) {}

  std::size_t size() const { return readers_.size(); }
  // That of the first profile that finds user and address (kMapped or kIgnored). If none does, of
  // the first that finds its event; else kNoEvent.
  Reading read(std::string_view line) const;
  // The user as the receiver's table shows it, by the profile that read it: the result lies in
  // `scratch`, or is the reading's.
  std::string_view table_user(const Reading& reading, std::string& scratch) const;
  std::string table_user(const Reading& reading) const;

 private:
  std::vector<ProfileReader> readers_;
};

}  // namespace esm
