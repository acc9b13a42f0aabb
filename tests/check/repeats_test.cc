#include "sender/check/repeats.h"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace esm {
namespace {

TEST(Repeats, AreExactlyTheUsersWhoShareAName) {
  for (const std::uint32_t names : {1U, 3U, 50U, 5'000U, 1'000'000U}) {
    constexpr std::uint32_t kUsers = 5'000;
    Repeats repeats(kUsers);
    std::map<std::string, std::vector<std::uint32_t>> users;
    for (std::uint32_t user = 0; user < kUsers; ++user) {
      if (user % 7 == 0) continue;  // was not read
      const std::string name =
          "user" + std::to_string(user * std::uint64_t{2'654'435'761U} % 4'294'967'291U % names);
      repeats.add(user, name);
      users[name].push_back(user);
    }
    std::vector<bool> shares(kUsers, false);
    for (const auto& [name, list] : users) {
      for (const std::uint32_t user : list) shares[user] = list.size() > 1;
    }
    std::vector<std::uint32_t> expected;
    for (std::uint32_t user = 0; user < kUsers; ++user) {
      if (shares[user]) expected.push_back(user);
    }
    EXPECT_EQ(repeats.candidates(), expected) << names;
  }
}

TEST(Repeats, OfNobodyAndOfOneAreNone) {
  EXPECT_TRUE(Repeats(0).candidates().empty());
  Repeats one(1);
  EXPECT_TRUE(one.candidates().empty());
  one.add(0, "anna");
  EXPECT_TRUE(one.candidates().empty());
}

}  // namespace
}  // namespace esm
