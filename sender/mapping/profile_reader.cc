#include "sender/mapping/profile_reader.h"

#include <optional>

namespace esm {
namespace {

struct MakeMatcher {
  using Matcher = std::variant<RegexMatcher, FieldMatcher>;
  Matcher operator()(const RegexIdentifier& identifier) const { return RegexMatcher(identifier); }
  Matcher operator()(const FieldIdentifier& identifier) const { return FieldMatcher(identifier); }
};

}  // namespace

ProfileReader::ProfileReader(const Profile& profile)
    : purpose_(profile.purpose),
      default_domain_(profile.default_domain),
      ignored_(profile.ignored),
      matcher_(std::visit(MakeMatcher{}, profile.identifier)) {}

Reading ProfileReader::read(std::string_view line) const {
  Reading reading;
  reading.logout = purpose_ == Profile::For::kLogout;
  std::visit([&](const auto& matcher) { matcher.find(line, reading); }, matcher_);
  if (reading.verdict != Reading::Verdict::kMapped) return reading;
  for (std::size_t i = 0; i < reading.text_count; ++i) {
    const std::optional<IpAddress> address = IpAddress::parse(reading.texts[i]);
    if (address) reading.parsed[reading.address_count++] = *address;
  }
  if (reading.address_count == 0) {
    reading.verdict = Reading::Verdict::kBadAddress;
  } else if (ignores(reading.user)) {
    reading.verdict = Reading::Verdict::kIgnored;
    reading.address_count = 0;
  }
  return reading;
}

bool ProfileReader::ignores(std::string_view user) const {
  if (ignored_.empty()) return false;
  return ignored_.holds(user) || ignored_.holds(table_user(user, scratch_));
}

std::string_view ProfileReader::table_user(std::string_view user, std::string& scratch) const {
  if (default_domain_.empty() || user.find_first_of("\\@") != std::string_view::npos) return user;
  scratch.assign(default_domain_).append(1, '\\').append(user);
  return scratch;
}

std::string ProfileReader::table_user(std::string_view user) const {
  std::string scratch;
  return std::string(table_user(user, scratch));
}

}  // namespace esm
