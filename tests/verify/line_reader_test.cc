#include "sender/verify/line_reader.h"

#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sender/base/random.h"

namespace esm {
namespace {

std::vector<std::string> lines_of(const std::string& text, std::size_t line_max = 1 << 20) {
  std::istringstream stream(text);
  LineReader reader(stream, line_max);
  std::vector<std::string> lines;
  std::string_view line;
  while (reader.next(line)) {
    lines.push_back(std::string(line) + (reader.too_long() ? "+" : ""));
    EXPECT_EQ(reader.number(), lines.size());
  }
  EXPECT_FALSE(reader.failed());
  return lines;
}

using Lines = std::vector<std::string>;

TEST(LineReader, ALineEndsWithLfOrCrLfOrTheEnd) {
  const struct {
    std::string text;
    Lines lines;
  } rows[] = {
      {"", {}},
      {"a", {"a"}},
      {"a\n", {"a"}},
      {"a\nb", {"a", "b"}},
      {"a\r\nb\r\n", {"a", "b"}},
      {"\n", {""}},
      {"\r\n\n", {"", ""}},
      {"a\r", {"a"}},
      {"a\rb\r\r\n", {"a\rb\r"}},
      {std::string("a\0b\n", 4), {std::string("a\0b", 3)}},
  };
  for (const auto& row : rows) EXPECT_EQ(lines_of(row.text), row.lines) << row.text;
}

TEST(LineReader, KeepsTheBeginningOfALongLine) {
  EXPECT_EQ(lines_of("abcdef\nxy\n", 4), (Lines{"abcd+", "xy"}));
  EXPECT_EQ(lines_of("abcd\nabcde", 4), (Lines{"abcd", "abcd+"}));
  EXPECT_EQ(lines_of("abcd\r\nx", 4), (Lines{"abcd", "x"}));
  // Longer than any buffer, at the beginning, in the middle and at the end.
  const std::string huge(3'000'000, 'h');
  EXPECT_EQ(lines_of(huge + "\na\n" + huge + "\r\nb\n" + huge, 4),
            (Lines{"hhhh+", "a", "hhhh+", "b", "hhhh+"}));
}

TEST(LineReader, LosesNothingWhereverItsBufferEnds) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(seed);
    Lines expected;
    std::string text;
    for (std::uint32_t i = 0; text.size() < 3'000'000; ++i) {
      const std::uint64_t bits = draw(seed, {1, i}, Purpose::kArrival, 0);
      const std::size_t size = bits % 50 == 0 ? bits % 200'000 : bits % 300;
      expected.push_back(std::string(size, static_cast<char>('a' + bits % 26)));
      text += expected.back() + (bits % 3 == 0 ? "\r\n" : "\n");
    }
    EXPECT_EQ(lines_of(text), expected);
  }
}

TEST(LineReader, SaysWhenTheStreamBrokeOff) {
  // Gives some bytes and then an error, as a disk does.
  class Breaking : public std::streambuf {
   public:
    Breaking() { setg(text_, text_, text_ + sizeof(text_)); }
    int_type underflow() override { throw std::runtime_error("input/output error"); }

   private:
    char text_[4] = {'a', '\n', 'b', 'c'};
  };
  Breaking buffer;
  std::istream stream(&buffer);
  LineReader reader(stream);
  std::string_view line;
  Lines lines;
  while (reader.next(line)) lines.emplace_back(line);
  EXPECT_TRUE(reader.failed());

  std::istringstream never("a\n");
  never.setstate(std::ios::failbit);
  LineReader unreadable(never);
  EXPECT_FALSE(unreadable.next(line));
  EXPECT_TRUE(unreadable.failed());
}

}  // namespace
}  // namespace esm
