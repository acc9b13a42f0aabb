// A parse profile: how a receiver reads user and address out of a line, as written in
// scenarios/profiles/*.yaml (its README.md documents every key).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/mapping/reading.h"

namespace esm {

// The firewall's two kinds, by its own names.
struct RegexIdentifier {
  std::string event;
  std::string username;  // the first group is the user
  std::string address;   // the first group is the address
};
struct FieldIdentifier {
  std::string event;  // to the letter, as the prefixes
  std::string username_prefix;
  std::string username_delimiter;  // \s, \t, \n, or text to the letter
  std::string address_prefix;
  std::string address_delimiter;
  std::uint32_t addresses_max = 1;  // up to Reading::kAddressesMax
};

struct Profile {
  enum class For : std::uint8_t { kLogin, kLogout };
  std::string name;  // the source's name without its folder and ".yaml"
  std::string about;
  For purpose = For::kLogin;
  std::variant<RegexIdentifier, FieldIdentifier> identifier;
  std::string default_domain;        // put before a user that has none; may be empty
  std::vector<std::string> ignored;  // names, or beginnings of names with '*' behind them
  SourceText source;
};

inline constexpr std::size_t kProfileBytesMax = 64 * 1024;

// Every mistake of the file at once; nothing is returned when there was one. An error in a regex
// has the place inside it that PCRE2 names.
std::optional<Profile> read_profile(const SourceText& source, Diagnostics& diagnostics);

}  // namespace esm
