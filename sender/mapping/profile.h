// A parse profile: how a receiver reads user and address out of a line.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sender/base/diagnostics.h"
#include "sender/base/ip_address.h"

namespace esm {

// A profile as written in scenarios/profiles/*.yaml; `regex` kind only so far.
struct Profile {
  enum class For : std::uint8_t { kLogin, kLogout };
  std::string name;
  std::string about;
  For purpose = For::kLogin;
  std::string event_regex;
  std::string username_regex;  // the first group is the user
  std::string address_regex;   // the first group is the address
  std::string default_domain;  // put before a user that has none; may be empty
  SourceText source;
};

inline constexpr std::size_t kProfileBytesMax = 64 * 1024;

// Errors in a regex are reported with the place inside it that PCRE2 names.
std::optional<Profile> read_profile(const SourceText& source, Diagnostics& diagnostics);

// What a profile makes of one line.
struct Reading {
  enum class Verdict : std::uint8_t {
    kMapped,      // user and address found
    kNoEvent,     // the event regex does not match: another kind of message
    kNoUser,      // event matched, no user
    kNoAddress,   // event matched, no address
    kBadAddress,  // the address's text is no address ("de" out of "desktop-7")
    kGaveUp,      // the match limit was reached
  };
  Verdict verdict = Verdict::kNoEvent;
  std::string_view user;          // into the line
  std::string_view address_text;  // into the line
  IpAddress address;
};
std::string_view name_of(Reading::Verdict verdict);

// A profile's regexes compiled with PCRE2 (JIT where there is one, with match limits). Copying is
// not possible; one per thread. Reading allocates nothing.
class ProfileReader {
 public:
  explicit ProfileReader(const Profile& profile);
  ~ProfileReader();
  ProfileReader(ProfileReader&&) noexcept;

  Reading read(std::string_view line) const;
  // The user as the receiver's table shows it: with the default domain where it has none.
  std::string table_user(std::string_view user) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace esm
