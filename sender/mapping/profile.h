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

// A profile as written in scenarios/profiles/*.yaml (its README.md documents every key). Only the
// `regex` kind so far: `type: field` is refused with an error of its own.
struct Profile {
  enum class For : std::uint8_t { kLogin, kLogout };
  std::string name;  // the source's name without its folder and ".yaml"
  std::string about;
  For purpose = For::kLogin;
  std::string event_regex;
  std::string username_regex;  // the first group is the user
  std::string address_regex;   // the first group is the address
  std::string default_domain;  // put before a user that has none; may be empty
  SourceText source;
};

inline constexpr std::size_t kProfileBytesMax = 64 * 1024;

// Every mistake of the file at once; nothing is returned when there was one. An error in a regex
// has the place inside it that PCRE2 names.
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
//
// Regexes match bytes, not characters (no UTF mode): a line may hold any bytes, and one that is not
// UTF-8 must not hide a user elsewhere in it. So \w is ASCII only, `müller` is `m` to a class of
// ASCII letters, and `.{5}` may end inside a character; read_profile warns of characters outside
// ASCII in a class. Besides, PCRE2 10.42's JIT misreads multi-byte characters in the mode that
// tolerates invalid UTF-8.
class ProfileReader {
 public:
  // `profile` has passed read_profile.
  explicit ProfileReader(const Profile& profile);
  ~ProfileReader();
  ProfileReader(ProfileReader&&) noexcept;

  Profile::For purpose() const;
  // The event regex is tried first, then the user's, then the address's; the first match anywhere
  // in the line wins. A first group that matched nothing counts as no match.
  Reading read(std::string_view line) const;
  // The user as the receiver's table shows it: with the default domain where it has none (neither
  // DOMAIN\user nor user@domain).
  std::string table_user(std::string_view user) const;
  // The same without allocating once `scratch` has grown; the result lies in it, or is `user`.
  std::string_view table_user(std::string_view user, std::string& scratch) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace esm
