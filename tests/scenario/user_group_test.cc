// Awkward names and domains by share: the same for everybody who asks, and found again by name.
#include "sender/scenario/user_group.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace esm {
namespace {

UserGroup group_of(std::uint32_t count, const NamePattern& pattern) {
  UserGroup group;
  group.key = "staff";
  group.count = count;
  group.name = pattern;
  return group;
}

TEST(AwkwardNames, AreOfEveryKindByShare) {
  UserGroup group = group_of(20'000, {"user", "", true, 5});
  group.awkward.shares = {50'000, 10'000, 20'000, 30'000, 40'000, 5'000};
  std::array<int, Awkward::kKinds> seen{};
  std::set<std::string> words;
  int plain = 0;
  for (std::uint32_t i = 0; i < group.count; ++i) {
    const std::string name = group.name_of(i);
    const std::string own = group.name.name(i);
    ASSERT_TRUE(name.ends_with(own)) << name;
    const std::string word = name.substr(0, name.size() - own.size());
    if (word.empty()) {
      ++plain;
      continue;
    }
    words.insert(word);
    const auto words_of_all = awkward_words();
    const auto at = std::find(words_of_all.begin(), words_of_all.end(), word);
    ASSERT_NE(at, words_of_all.end()) << name;
    ++seen[static_cast<std::size_t>(at - words_of_all.begin()) /
           (words_of_all.size() / Awkward::kKinds)];
  }
  EXPECT_EQ(words.size(), awkward_words().size());
  for (std::size_t kind = 0; kind < Awkward::kKinds; ++kind) {
    const double expected = 20'000.0 * group.awkward.shares[kind] / 1e6;
    EXPECT_NEAR(seen[kind], expected, 5 * std::sqrt(expected)) << kind;
  }
  EXPECT_NEAR(plain, 16'900, 300);
}

TEST(AwkwardNames, AreWhatTheirKindSays) {
  const auto words = awkward_words();
  const std::size_t each = words.size() / Awkward::kKinds;
  ASSERT_EQ(words.size(), each * Awkward::kKinds);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    SCOPED_TRACE(std::string(word));
    // Or two names could become the same.
    EXPECT_EQ(word.find_first_of("0123456789"), std::string_view::npos);
    const bool ascii = std::all_of(word.begin(), word.end(),
                                   [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    const auto has = [word](char c) { return word.find(c) != std::string_view::npos; };
    switch (static_cast<Awkward::Kind>(i / each)) {
      case Awkward::Kind::kDots:
        EXPECT_TRUE(has('.'));
        break;
      case Awkward::Kind::kHyphens:
        EXPECT_TRUE(has('-'));
        break;
      case Awkward::Kind::kApostrophes:
        EXPECT_TRUE(has('\''));
        break;
      case Awkward::Kind::kSpaces:
        EXPECT_TRUE(has(' '));
        break;
      case Awkward::Kind::kAccents:
        EXPECT_FALSE(ascii);
        break;
      case Awkward::Kind::kLong:
        EXPECT_GT(word.size(), 30U);
        break;
    }
  }
}

TEST(AwkwardNames, AreUniqueAndFoundAgain) {
  // Patterns that look like the words themselves.
  for (const NamePattern& pattern :
       {NamePattern{"user", "", true, 5}, NamePattern{"", "", true, 0},
        NamePattern{"o'", "", true, 0}, NamePattern{"j.j.", "$", true, 1},
        NamePattern{"de la de la ", "", true, 3}, NamePattern{"a1", "", true, 0}}) {
    UserGroup group = group_of(5'000, pattern);
    group.awkward.shares = {160'000, 160'000, 160'000, 160'000, 160'000, 160'000};
    group.domains = {{"CORP", 700'000}, {"LAB", 300'000}};
    std::set<std::string> names;
    for (std::uint32_t i = 0; i < group.count; ++i) {
      const std::string name = group.name_of(i);
      ASSERT_TRUE(names.insert(name).second) << name;
      ASSERT_EQ(group.find(name), std::vector<std::uint32_t>{i}) << name;
      ASSERT_EQ(group.find(group.full_name(i)), std::vector<std::uint32_t>{i}) << name;
      const std::string other = group.domain_of(i) == "LAB" ? "CORP" : "LAB";
      ASSERT_TRUE(group.find(other + "\\" + name).empty()) << name;
    }
  }
}

TEST(AwkwardNames, AreNobodyElses) {
  UserGroup group = group_of(1'000, {"user", "", true, 4});
  group.awkward.shares = {500'000};
  for (std::uint32_t i = 0; i < group.count; ++i) {
    const std::string plain = group.name.name(i);
    const bool awkward = group.name_of(i) != plain;
    EXPECT_EQ(group.find(plain).empty(), awkward) << plain;
    int found = 0;
    for (const std::string_view word : awkward_words()) {
      found += static_cast<int>(group.find(std::string(word) + plain).size());
    }
    EXPECT_EQ(found, awkward ? 1 : 0) << plain;
  }
}

// What scenarios/README.md says of how they are drawn.
TEST(AwkwardNames, FollowFromGroupAndNumberAlone) {
  UserGroup group = group_of(8, {"user", "", true, 2});
  group.awkward.shares = {100'000, 100'000, 100'000, 100'000, 100'000, 100'000};
  group.domains = {{"CORP", 800'000}, {"LAB", 200'000}};
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < group.count; ++i) names.push_back(group.full_name(i));
  EXPECT_EQ(names, (std::vector<std::string>{"CORP\\user01", "CORP\\o'user02", "CORP\\user03",
                                             "CORP\\user04", "LAB\\mary-user05", "CORP\\user06",
                                             "LAB\\d'user07", "LAB\\user08"}));
  group.count = 500;
  for (std::uint32_t i = 0; i < 8; ++i) EXPECT_EQ(group.full_name(i), names[i]);
}

}  // namespace
}  // namespace esm
