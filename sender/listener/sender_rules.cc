#include "sender/listener/sender_rules.h"

#include <algorithm>

namespace esm {

bool SenderRules::allows(const IpAddress& sender) const {
  return !exclusive || std::any_of(rules.begin(), rules.end(), [&](const SenderRule& rule) {
    return rule.from.contains(sender);
  });
}

const SenderRule* SenderRules::with_profiles_for(const IpAddress& sender) const {
  const SenderRule* narrowest = nullptr;
  for (const SenderRule& rule : rules) {
    if (rule.profiles.empty() || !rule.from.contains(sender)) continue;
    if (narrowest == nullptr || rule.from.prefix_length > narrowest->from.prefix_length) {
      narrowest = &rule;
    }
  }
  return narrowest;
}

std::optional<IpNetwork> parse_sender(const std::string& text) {
  if (text.find('/') != std::string::npos) return IpNetwork::parse(text);
  const std::optional<IpAddress> address = IpAddress::parse(text);
  if (!address) return std::nullopt;
  return IpNetwork{*address, address->is_v6() ? 128 : 32};
}

}  // namespace esm
