#include "sender/transport/length_groups.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace esm {
namespace {

std::vector<Batch::Message> messages_of(const std::vector<std::uint32_t>& lengths) {
  std::vector<Batch::Message> messages;
  std::uint32_t end = 0;
  for (const std::uint32_t length : lengths) {
    messages.push_back({end, end + length, SimTime{}});
    end += length;
  }
  return messages;
}

// "300: 0 2 3, 301: 1"
std::string text_of(const LengthGroups& groups) {
  std::string text;
  for (const LengthGroups::Group& group : groups.groups()) {
    text += fmt::format("{}{}:", text.empty() ? "" : ", ", group.length);
    for (const std::uint32_t number : groups.order().subspan(group.first, group.count)) {
      text += fmt::format(" {}", number);
    }
  }
  return text;
}

TEST(LengthGroups, MessagesOfALengthComeTogetherInTheirOrder) {
  const LengthGroups::Limits limits{4, 1'000, 250};
  struct {
    std::vector<std::uint32_t> lengths;
    const char* groups;
  } const kCases[] = {
      {{}, ""},
      {{7}, "7: 0"},
      {{7, 7, 7}, "7: 0 1 2"},
      {{7, 8, 7, 9, 8}, "7: 0 2, 8: 1 4, 9: 3"},
      {{7, 7, 7, 7, 7}, "7: 0 1 2 3, 7: 4"},  // so many in a group at most
      {{240, 240, 240, 240, 250, 250, 250, 250, 250}, "240: 0 1 2 3, 250: 4 5 6 7, 250: 8"},
      {{251, 251, 7}, "251: 0, 251: 1, 7: 2"},  // longer than a piece may be
      {{0, 0, 7, 7}, "0: 0, 0: 1, 7: 2 3"},     // nothing cannot be cut
  };
  LengthGroups groups;  // reused, as in a run
  for (const auto& [lengths, expected] : kCases) {
    groups.put_together(messages_of(lengths), limits);
    EXPECT_EQ(text_of(groups), expected);
  }
}

TEST(LengthGroups, AGroupsBytesAreBounded) {
  LengthGroups groups;
  groups.put_together(messages_of({300, 300, 300}), {64, 700, 1'000});
  EXPECT_EQ(text_of(groups), "300: 0 1, 300: 2");
}

TEST(LengthGroups, TakenApartTheRestGoesOneByOneInTheSameOrder) {
  LengthGroups groups;
  groups.put_together(messages_of({7, 8, 7, 8, 9}), {});
  groups.take_apart(1);
  EXPECT_EQ(text_of(groups), "7: 0 2, 8: 1, 8: 3, 9: 4");
  groups.take_apart(0);
  EXPECT_EQ(text_of(groups), "7: 0, 7: 2, 8: 1, 8: 3, 9: 4");
}

}  // namespace
}  // namespace esm
