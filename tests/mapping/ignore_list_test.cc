#include "sender/mapping/ignore_list.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sender/mapping/profile_reader.h"

namespace esm {
namespace {

bool holds(const std::vector<std::string>& entries, const std::string& user) {
  return IgnoreList(entries).holds(user);
}

TEST(IgnoreList, HoldsWholeNamesAndBeginnings) {
  const std::vector<std::string> entries{"svc-*", "CORP\\administrator", "guest"};
  for (const char* const user : {"svc-", "svc-backup", "CORP\\administrator", "guest"}) {
    EXPECT_TRUE(holds(entries, user)) << user;
  }
  for (const char* const user : {"svc", "xsvc-backup", "administrator", "guest2", "Guest", ""}) {
    EXPECT_FALSE(holds(entries, user)) << user;
  }
  EXPECT_FALSE(holds({}, "jdoe"));
  EXPECT_TRUE(IgnoreList({}).empty());
  EXPECT_FALSE(IgnoreList(entries).empty());
}

TEST(IgnoreList, AnAsteriskAloneHoldsEverybody) {
  EXPECT_TRUE(holds({"*"}, "jdoe"));
  EXPECT_TRUE(holds({"*"}, ""));
}

TEST(IgnoreList, AgreesWithAnObviousImplementation) {
  std::minstd_rand random(1);
  const auto word = [&](std::size_t longest) {
    std::string out;
    for (std::size_t left = random() % (longest + 1); left > 0; --left) {
      out += static_cast<char>('a' + random() % 3);
    }
    return out;
  };
  for (int round = 0; round < 2'000; ++round) {
    std::vector<std::string> entries;
    for (std::size_t left = random() % 6; left > 0; --left) {
      entries.push_back(word(4) + (random() % 2 == 0 ? "*" : ""));
    }
    const std::string user = word(5);
    const bool expected = std::any_of(entries.begin(), entries.end(), [&](std::string entry) {
      if (!entry.ends_with('*')) return user == entry;
      entry.pop_back();
      return user.starts_with(entry);
    });
    ASSERT_EQ(holds(entries, user), expected) << user << " round " << round;
  }
}

TEST(IgnoreList, IsAskedForTheUserAsInTheLineAndAsInTheTable) {
  Profile profile;
  profile.identifier = RegexIdentifier{"alive", "u=(\\S+)", "a=(\\S+)"};
  profile.default_domain = "CORP";
  const auto verdict = [&](const std::string& ignored, const std::string& user) {
    profile.ignored = {ignored};
    return std::string(
        name_of(ProfileReader(profile).read("alive u=" + user + " a=10.0.0.1").verdict));
  };
  EXPECT_EQ(verdict("jdoe", "jdoe"), "ignored");
  EXPECT_EQ(verdict("CORP\\jdoe", "jdoe"), "ignored");
  EXPECT_EQ(verdict("CORP\\*", "jdoe"), "ignored");
  EXPECT_EQ(verdict("CORP\\*", "LAB\\jdoe"), "mapped");
  EXPECT_EQ(verdict("jdoe", "CORP\\jdoe"), "mapped");
}

TEST(IgnoreList, WhoIsIgnoredHasNoAddress) {
  Profile profile;
  profile.identifier = RegexIdentifier{"alive", "u=(\\S+)", "a=(\\S+)"};
  profile.ignored = {"svc-*"};
  const Reading reading = ProfileReader(profile).read("alive u=svc-x a=10.0.0.1");
  EXPECT_EQ(reading.user, "svc-x");
  EXPECT_EQ(reading.addresses().size(), 0U);
}

}  // namespace
}  // namespace esm
