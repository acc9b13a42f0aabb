#include "sender/mapping/profile_set.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace esm {
namespace {

Profile profile(const std::string& event, const std::string& domain = "",
                Profile::For purpose = Profile::For::kLogin) {
  Profile out;
  out.purpose = purpose;
  out.identifier = FieldIdentifier{event, event + "-u=", "\\s", event + "-a=", "\\n", 1};
  out.default_domain = domain;
  return out;
}

// "profile verdict user", with "logout" behind it where it is one.
std::string read(const std::vector<Profile>& profiles, const std::string& line) {
  const ProfileSet set(profiles);
  const Reading reading = set.read(line);
  return fmt::format("{} {} {}{}", reading.profile, name_of(reading.verdict),
                     set.table_user(reading), reading.logout ? " logout" : "");
}

TEST(ProfileSet, TheFirstThatFindsUserAndAddressDecides) {
  const std::vector<Profile> profiles{
      profile("on", "A"), profile("off", "B", Profile::For::kLogout), profile("o", "C")};
  EXPECT_EQ(read(profiles, "on-u=jdoe on-a=10.0.0.1"), "0 mapped A\\jdoe");
  EXPECT_EQ(read(profiles, "off-u=jdoe off-a=10.0.0.1"), "1 mapped B\\jdoe logout");
  EXPECT_EQ(read(profiles, "o-u=jdoe o-a=10.0.0.1"), "2 mapped C\\jdoe");
  // The event of the first is there, but no user of its: the next is asked.
  EXPECT_EQ(read(profiles, "on off-u=jdoe off-a=10.0.0.1"), "1 mapped B\\jdoe logout");
  EXPECT_EQ(
      read({profiles.rbegin(), profiles.rend()}, "off-u=j on-u=x on-a=10.0.0.2 off-a=10.0.0.1"),
      "1 mapped B\\j logout");
}

TEST(ProfileSet, AnIgnoredUserIsNotReadByTheNextOne) {
  Profile first = profile("on");
  first.ignored = {"svc-*"};
  EXPECT_EQ(read({first, profile("on", "B")}, "on-u=svc-x on-a=10.0.0.1"), "0 ignored svc-x");
}

TEST(ProfileSet, WhereNoneDecidesTheFirstThatKnowsTheEventSaysWhy) {
  const std::vector<Profile> profiles{profile("on"), profile("off"), profile("of")};
  EXPECT_EQ(read(profiles, "nothing"), "0 no-event ");
  EXPECT_EQ(read(profiles, "off-u=jdoe "), "1 no-address jdoe");
  EXPECT_EQ(read(profiles, "of"), "2 no-user ");
}

}  // namespace
}  // namespace esm
