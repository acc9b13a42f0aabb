#include "sender/message/put.h"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace esm {
namespace {

TEST(Put, CopiesEveryLengthAndTouchesNothingElse) {
  const std::string text = "abcdefghijklmnopqrstuvwxyz0123456789";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    std::string out(text.size() + 8, '.');
    char* const end = put(out.data() + 4, text.data(), size);
    EXPECT_EQ(end - out.data(), static_cast<std::ptrdiff_t>(size + 4));
    EXPECT_EQ(out, "...." + text.substr(0, size) + std::string(text.size() - size + 4, '.'));
  }
}

TEST(Put, BlocksCopyEveryLengthAndStayWithinTheirRoom) {
  const std::string text = "abcdefghijklmnopqrstuvwxyz0123456789";
  for (std::size_t size = 0; size <= 3 * text.size(); ++size) {
    const std::string source = text + text + text + std::string(kPutRoom, '!');
    std::string out(size + kPutRoom + 8, '.');
    char* const end = put_blocks(out.data() + 4, source.data(), size);
    EXPECT_EQ(end - out.data(), static_cast<std::ptrdiff_t>(size + 4));
    EXPECT_EQ(out.substr(0, size + 4), "...." + source.substr(0, size));
    EXPECT_EQ(out.substr(size + kPutRoom + 4), "....");
  }
}

TEST(Put, NumbersAreDecimalAndPadded) {
  std::vector<std::uint32_t> numbers{0, 1, 9, 4'294'967'295, 1'234'567'890};
  for (std::uint32_t power = 10; power <= 1'000'000'000; power *= 10) {
    numbers.insert(numbers.end(), {power - 1, power, power + 1, power / 3, power / 7 * 5});
    if (power == 1'000'000'000) break;
  }
  for (const std::uint32_t number : numbers) {
    for (int width = 0; width <= 20; ++width) {
      std::string out(32, '.');
      char* const end = put_number(out.data() + 2, number, width);
      const std::string expected = fmt::format("{:0{}}", number, width);
      EXPECT_EQ(out, ".." + expected + std::string(30 - expected.size(), '.'));
      EXPECT_EQ(end - out.data(), static_cast<std::ptrdiff_t>(2 + expected.size()));
      std::string block(30 + kPutRoom, '.');
      char* const block_end = put_number_block(block.data() + 2, number, width);
      EXPECT_EQ(block.substr(0, 2 + expected.size()), ".." + expected);
      EXPECT_EQ(block_end - block.data(), end - out.data());
    }
    EXPECT_EQ(decimal_digits(number), static_cast<int>(std::to_string(number).size()));
  }
}

TEST(Put, EveryNumberOfSixDigitsIsRight) {
  for (std::uint32_t number = 0; number < 1'000'000; ++number) {
    char out[8];
    ASSERT_EQ(std::string_view(out, put_number(out, number)), fmt::format("{}", number));
  }
}

}  // namespace
}  // namespace esm
