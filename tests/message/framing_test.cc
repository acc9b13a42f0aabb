#include "sender/message/framing.h"

#include <cstring>
#include <string>

#include <gtest/gtest.h>

namespace esm {
namespace {

using namespace std::string_literals;

std::string framed(Framing framing, const std::string& message) {
  // Guards show that nothing else is touched.
  std::string room = "##" + message + std::string(kFrameOverheadMax, '#') + "##";
  char* const begin = room.data() + 2;
  char* const end = frame(framing, begin, begin + message.size());
  EXPECT_LE(static_cast<std::size_t>(end - begin), message.size() + kFrameOverheadMax);
  EXPECT_EQ(room.substr(0, 2), "##");
  EXPECT_EQ(room.substr(room.size() - 2), "##");
  return std::string(begin, end);
}

TEST(Framing, EachAddsWhatItsStandardSays) {
  struct Row {
    Framing framing;
    std::string message, expected;
  };
  const Row rows[] = {
      {Framing::kNone, "<134>a", "<134>a"},
      {Framing::kLf, "<134>a", "<134>a\n"},
      {Framing::kCrLf, "<134>a", "<134>a\r\n"},
      {Framing::kNul, "<134>a", "<134>a\0"s},
      {Framing::kOctet, "<134>a", "6 <134>a"},
      {Framing::kOctetLf, "<134>a", "7 <134>a\n"},
      {Framing::kOctet, "", "0 "},
      {Framing::kOctetLf, "", "1 \n"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(framed(row.framing, row.message), row.expected) << name_of(row.framing);
  }
}

TEST(Framing, TheCountIsThatOfTheBytesBehindIt) {
  for (const std::size_t length : {1U, 9U, 10U, 99U, 100U, 999U, 1'000U, 9'999U, 10'000U, 65'507U,
                                   99'999U, 100'000U, 999'999U, 1'000'000U, 10'000'000U}) {
    const std::string message(length, 'm');
    EXPECT_EQ(framed(Framing::kOctet, message), std::to_string(length) + " " + message);
    EXPECT_EQ(framed(Framing::kOctetLf, message),
              std::to_string(length + 1) + " " + message + "\n");
  }
}

TEST(Framing, NamesAreThoseOfTheOption) {
  for (const Framing framing :
       {Framing::kLf, Framing::kCrLf, Framing::kNul, Framing::kOctet, Framing::kOctetLf}) {
    EXPECT_EQ(framing_named(name_of(framing)), framing);
  }
  EXPECT_EQ(name_of(Framing::kNone), "none");
  EXPECT_EQ(framing_named("none"), std::nullopt);
  EXPECT_EQ(framing_named("LF"), std::nullopt);
  EXPECT_EQ(framing_named(""), std::nullopt);
}

}  // namespace
}  // namespace esm
