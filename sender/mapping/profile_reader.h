// A parse profile at work: line -> user and addresses, or why not.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "sender/mapping/field_matcher.h"
#include "sender/mapping/ignore_list.h"
#include "sender/mapping/profile.h"
#include "sender/mapping/reading.h"
#include "sender/mapping/regex_matcher.h"

namespace esm {

// Copying is not possible; one per thread. Reading allocates nothing, once its scratch has grown.
class ProfileReader {
 public:
  // `profile` has passed read_profile.
  explicit ProfileReader(const Profile& profile);

  Profile::For purpose() const { return purpose_; }
  Reading read(std::string_view line) const;
  // The user as the receiver's table shows it: with the default domain where it has none (neither
  // DOMAIN\user nor user@domain).
  std::string table_user(std::string_view user) const;
  // The same without allocating once `scratch` has grown; the result lies in it, or is `user`.
  std::string_view table_user(std::string_view user, std::string& scratch) const;

 private:
  // As the line has the user, or as the table would.
  bool ignores(std::string_view user) const;

  Profile::For purpose_;
  std::string default_domain_;
  IgnoreList ignored_;
  std::variant<RegexMatcher, FieldMatcher> matcher_;
  mutable std::string scratch_;
};

}  // namespace esm
