// Which senders are heard, and which have parse profiles of their own: a firewall knows its syslog
// senders by their source address.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sender/base/ip_address.h"
#include "sender/mapping/profile.h"

namespace esm {

struct SenderRule {
  IpNetwork from;                 // one address: /32 or /128
  std::vector<Profile> profiles;  // in the order they are tried; empty: those of everybody
};

struct SenderRules {
  std::vector<SenderRule> rules;
  // Only senders that a rule holds are heard.
  bool exclusive = false;

  // Without rules everybody is.
  bool allows(const IpAddress& sender) const;
  // The rule whose profiles are `sender`'s: of those that hold it and have some, the narrowest.
  // Null: it has those of everybody.
  const SenderRule* with_profiles_for(const IpAddress& sender) const;
};

// "10.0.1.20", "10.0.1.0/24", "2001:db8::/32".
std::optional<IpNetwork> parse_sender(const std::string& text);

}  // namespace esm
