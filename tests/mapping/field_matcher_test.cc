#include "sender/mapping/field_matcher.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sender/mapping/profile_reader.h"

namespace esm {
namespace {

using Verdict = Reading::Verdict;

FieldIdentifier fields(const std::string& user_delimiter, const std::string& address_delimiter,
                       std::uint32_t addresses_max = 1) {
  return {"alive", "u=", user_delimiter, "a=", address_delimiter, addresses_max};
}

// "verdict user address,address": what a profile with `identifier` makes of `line`.
std::string read(const FieldIdentifier& identifier, const std::string& line) {
  Profile profile;
  profile.identifier = identifier;
  const Reading reading = ProfileReader(profile).read(line);
  std::string out(name_of(reading.verdict));
  out += " " + std::string(reading.user);
  for (const IpAddress& address : reading.addresses()) out += " " + address.to_string();
  return out;
}

TEST(FieldMatcher, ReadsTheSampleOfTheFirewallsDocumentation) {
  const FieldIdentifier identifier{"authentication success", "User:", "\\s", "Source:", "\\n", 1};
  EXPECT_EQ(read(identifier,
                 "[Tue Jul 5 13:15:04 2005 CDT] Administrator authentication success "
                 "User:domain\\johndoe_4 Source:192.168.0.212"),
            "mapped domain\\johndoe_4 192.168.0.212");
}

TEST(FieldMatcher, TheDelimiterMustStandBehindTheValue) {
  EXPECT_EQ(read(fields("\\t", "\\t"), "alive u=jdoe\ta=10.0.0.1\t"), "mapped jdoe 10.0.0.1");
  EXPECT_EQ(read(fields("\\t", "\\t"), "alive u=jdoe\ta=10.0.0.1"), "no-address jdoe");
  EXPECT_EQ(read(fields("\\t", "\\t"), "alive a=10.0.0.1\tu=jdoe"), "no-user ");
  EXPECT_EQ(read(fields("\\s", "\\s"), "alive u=jdoe\ta=10.0.0.1 "),
            "mapped jdoe\ta=10.0.0.1 10.0.0.1");
}

TEST(FieldMatcher, ASpaceIsNoTabAndATabNoSpace) {
  EXPECT_EQ(read(fields("\\s", "\\s"), "alive u=jdoe\ta=10.0.0.1\t"), "no-user ");
  EXPECT_EQ(read(fields("\\t", "\\t"), "alive u=mary ann\ta=10.0.0.1\t"),
            "mapped mary ann 10.0.0.1");
}

TEST(FieldMatcher, ALineBreakAsDelimiterIsTheLinesEndToo) {
  for (const char* const end : {"", "\r", "\n", "\r\n", "\nu=eve a=10.9.9.9"}) {
    EXPECT_EQ(read(fields("\\s", "\\n"), std::string("alive u=jdoe a=10.0.0.1") + end),
              "mapped jdoe 10.0.0.1")
        << escape_for_display(end);
  }
  EXPECT_EQ(read(fields("\\n", "\\s"), "alive a=10.0.0.1 u=mary ann\r"),
            "mapped mary ann 10.0.0.1");
  EXPECT_EQ(read(fields("\\s", "\\n"), "alive u=jdoe a="), "no-address jdoe");
}

TEST(FieldMatcher, AnyTextCanBeTheDelimiter) {
  EXPECT_EQ(read(fields("\"", "; "), "alive u=j d\" a=10.0.0.1; x"), "mapped j d 10.0.0.1");
}

TEST(FieldMatcher, TheFirstPrefixInTheLineDecides) {
  EXPECT_EQ(read(fields("\\s", "\\s"), "alive xu=eve xa=10.9.9.9 u=jdoe a=10.0.0.1 "),
            "mapped eve 10.9.9.9");
  // Also when nothing stands behind it.
  EXPECT_EQ(read(fields("\\s", "\\s"), "alive u= u=jdoe a=10.0.0.1 "), "no-user ");
  EXPECT_EQ(read(fields("\\s", "\\s"), "alive u=jdoe a= a=10.0.0.1 "), "no-address jdoe");
}

TEST(FieldMatcher, TheEventStandsAnywhereAndIsText) {
  EXPECT_EQ(read(fields("\\s", "\\s"), "u=jdoe a=10.0.0.1 is alive"), "mapped jdoe 10.0.0.1");
  EXPECT_EQ(read(fields("\\s", "\\s"), "u=jdoe a=10.0.0.1 is Alive"), "no-event ");
  FieldIdentifier identifier = fields("\\s", "\\s");
  identifier.event = "al.*e";
  EXPECT_EQ(read(identifier, "u=jdoe a=10.0.0.1 alive"), "no-event ");
  EXPECT_EQ(read(identifier, ""), "no-event ");
}

TEST(FieldMatcher, AsManyAddressesAreTakenAsTheProfileAllows) {
  const std::string line = "alive u=jdoe a=10.0.0.1 a=2001:db8::1 a=10.0.0.3 a=10.0.0.4 ";
  EXPECT_EQ(read(fields("\\s", "\\s", 1), line), "mapped jdoe 10.0.0.1");
  EXPECT_EQ(read(fields("\\s", "\\s", 2), line), "mapped jdoe 10.0.0.1 2001:db8::1");
  EXPECT_EQ(read(fields("\\s", "\\s", 3), line), "mapped jdoe 10.0.0.1 2001:db8::1 10.0.0.3");
  EXPECT_EQ(read(fields("\\s", "\\s", 3), "alive u=jdoe a=10.0.0.1 a=10.0.0.2"),
            "mapped jdoe 10.0.0.1");
}

TEST(FieldMatcher, WhatIsNoAddressIsPassedOverBesideOneThatIs) {
  EXPECT_EQ(read(fields("\\s", "\\s", 3), "alive u=jdoe a=pc-7 a=10.0.0.2 "),
            "mapped jdoe 10.0.0.2");
  EXPECT_EQ(read(fields("\\s", "\\s", 2), "alive u=jdoe a=pc-7 a=pc-8 a=10.0.0.2 "),
            "bad-address jdoe");
}

TEST(FieldMatcher, ADelimiterMayBeginTheNextPrefix) {
  const FieldIdentifier identifier{"alive", "u=", ",", ",a=", ",", 3};
  EXPECT_EQ(read(identifier, "alive,u=jdoe,a=10.0.0.1,a=10.0.0.2,"),
            "mapped jdoe 10.0.0.1 10.0.0.2");
}

}  // namespace
}  // namespace esm
