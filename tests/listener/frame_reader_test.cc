#include "sender/listener/frame_reader.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace esm {
namespace {

struct Cut {
  std::vector<std::string> messages;
  std::uint64_t too_long = 0, unterminated = 0;
  bool broken = false;

  friend bool operator==(const Cut&, const Cut&) = default;
  friend void PrintTo(const Cut& cut, std::ostream* out) {
    *out << testing::PrintToString(cut.messages) << ", too long " << cut.too_long
         << ", unterminated " << cut.unterminated << (cut.broken ? ", broken" : "");
  }
};

// Feeds `stream` in pieces of the given sizes, the rest as one.
Cut cut(const std::string& stream, std::size_t max, const std::vector<std::size_t>& pieces = {},
        StreamFraming framing = StreamFraming::kAuto) {
  Cut out;
  FrameReader reader(max, framing);
  const auto sink = [&](std::string_view message) { out.messages.emplace_back(message); };
  std::string_view rest = stream;
  for (const std::size_t piece : pieces) {
    // A copy of its own, so that reading past a piece is seen by ASan.
    const std::vector<char> bytes(
        rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(std::min(piece, rest.size())));
    reader.feed({bytes.data(), bytes.size()}, sink);
    rest.remove_prefix(bytes.size());
  }
  EXPECT_EQ(reader.feed(rest, sink), rest.size());
  out.broken = reader.broken();
  reader.finish();
  out.too_long = reader.too_long();
  out.unterminated = reader.unterminated();
  return out;
}

struct Case {
  std::string name;
  std::string stream;
  Cut cut;
};

const std::string kNulByte(1, '\0');

std::vector<Case> cases() {
  return {
      {"nothing", "", {}},
      {"LF", "<1>a\n<1>bc\n", {{"<1>a", "<1>bc"}}},
      {"CRLF", "<1>a\r\n<1>bc\r\n", {{"<1>a", "<1>bc"}}},
      {"NUL", "<1>a" + kNulByte + "<1>bc" + kNulByte, {{"<1>a", "<1>bc"}}},
      {"octets", "4 <1>a5 <1>bc", {{"<1>a", "<1>bc"}}},
      {"octets, LF counted", "5 <1>a\n6 <1>bc\n", {{"<1>a", "<1>bc"}}},
      {"octets, CRLF counted", "6 <1>a\r\n", {{"<1>a"}}},
      {"octets, NUL counted", "5 <1>a" + kNulByte, {{"<1>a"}}},
      {"octets, LF beside the count", "4 <1>a\n5 <1>bc\n", {{"<1>a", "<1>bc"}}},
      {"octets with lines inside", "9 a\nb\r\nc" + kNulByte + "d\n", {{"a", "b", "c", "d"}}},
      {"octets with lines inside, the last without an end", "3 a\nb3 c\nd", {{"a", "b", "c", "d"}}},
      {"octets with empty lines inside", "8 \n<1>\n\r\n\n", {{"<1>"}}},
      {"octets, each line as long as allowed",
       "21 <1>4567890\n<1>4567890",
       {{"<1>4567890", "<1>4567890"}}},
      {"octets, one line inside too long", "17 <1>45678901\n<1>a\n", {{"<1>a"}, 1}},
      {"octets, the last line inside too long",
       "16 <1>a\n<1>456789014 <1>b",
       {{"<1>a", "<1>b"}, 1}},
      {"mixed, frame by frame",
       "<1>a\n4 <1>b<1>c\r\n5 <1>d\n<1>e" + kNulByte,
       {{"<1>a", "<1>b", "<1>c", "<1>d", "<1>e"}}},
      {"a CR inside stays", "<1>a\rb\n", {{"<1>a\rb"}}},
      {"a CR before NUL stays", "<1>a\r" + kNulByte, {{"<1>a\r"}}},
      {"empty lines are no messages", "\n\r\n" + kNulByte + "<1>a\n\n", {{"<1>a"}}},
      {"the longest", "<1>4567890\n", {{"<1>4567890"}}},
      {"the longest, CRLF", "<1>4567890\r\n", {{"<1>4567890"}}},
      {"one longer", "<1>45678901\n<1>a\n", {{"<1>a"}, 1}},
      {"one longer, CRLF", "<1>45678901\r\n<1>a\r\n", {{"<1>a"}, 1}},
      {"far longer", std::string(100, 'x') + "\n<1>a\n", {{"<1>a"}, 1}},
      {"counted, the longest", "10 <1>4567890", {{"<1>4567890"}}},
      {"counted, the longest and CRLF", "12 <1>4567890\r\n", {{"<1>4567890"}}},
      {"counted, one longer", "11 <1>456789014 <1>a", {{"<1>a"}, 1}},
      {"counted, two longer", "12 <1>45678901x4 <1>a", {{"<1>a"}, 1}},
      {"counted, far longer", "50 " + std::string(50, 'x') + "4 <1>a", {{"<1>a"}, 1}},
      {"digits without a space begin a line", "12x\n<1>a\n", {{"12x", "<1>a"}}},
      {"digits and LF are a line", "12\n<1>a\n", {{"12", "<1>a"}}},
      {"a zero begins a line", "0 a\n", {{"0 a"}}},
      {"ten digits are no count", "1234567890\n", {{"1234567890"}}},
      {"nine digits are one", "999999999 abc", {{}, 0, 1}},
      {"a line that begins like a count swallows what follows", "3 a b\n<1>a\n", {{"a b", "<1>a"}}},
      {"no end: a line", "<1>a\n<1>b", {{"<1>a"}, 0, 1}},
      {"no end: counted", "4 <1>a4 <1", {{"<1>a"}, 0, 1}},
      {"no end: the count itself", "4 <1>a4", {{"<1>a"}, 0, 1}},
      {"no end: only the count and its space", "4 ", {{}, 0, 1}},
      {"no end: too long is counted once", std::string(100, 'x'), {{}, 1}},
      {"no end: counted", "50 xx", {{}, 0, 1}},
      {"no end: counted too long is counted once", "50 " + std::string(40, 'x'), {{}, 1}},
      {"no end: counted, with a line inside", "50 <1>a\n<1>b", {{"<1>a"}, 0, 1}},
      {"UTF-8 and tabs", "<1>m\xc3\xbc\tx\n", {{"<1>m\xc3\xbc\tx"}}},
  };
}

TEST(FrameReader, CutsEveryFraming) {
  for (const Case& c : cases()) EXPECT_EQ(cut(c.stream, 10), c.cut) << c.name;
}

TEST(FrameReader, TheResultDoesNotDependOnWhereTheStreamIsSplit) {
  for (const Case& c : cases()) {
    for (std::size_t at = 0; at <= c.stream.size(); ++at) {
      ASSERT_EQ(cut(c.stream, 10, {at}), c.cut) << c.name << ", split at " << at;
    }
    ASSERT_EQ(cut(c.stream, 10, std::vector<std::size_t>(c.stream.size(), 1)), c.cut)
        << c.name << ", byte by byte";
  }
}

struct PinnedCase {
  std::string name;
  StreamFraming framing;
  std::string stream;
  Cut cut;
};

std::vector<PinnedCase> pinned_cases() {
  using enum StreamFraming;
  return {
      {"LF: a count is text", kLf, "4 <1>a\n5 <1>bc\n", {{"4 <1>a", "5 <1>bc"}}},
      {"LF: CRLF ends a line too", kLf, "<1>a\r\n<1>b\n", {{"<1>a", "<1>b"}}},
      {"LF: NUL is text", kLf, "<1>a" + kNulByte + "b\n", {{"<1>a" + kNulByte + "b"}}},
      {"LF: one longer, CRLF", kLf, "<1>45678901\r\n<1>a\r\n", {{"<1>a"}, 1}},
      {"LF: no end", kLf, "<1>a\n7 <1>b", {{"<1>a"}, 0, 1}},
      {"CRLF", kCrlf, "<1>a\r\n9\r\n", {{"<1>a", "9"}}},
      {"CRLF: an LF alone is text", kCrlf, "<1>a\nb\r\n", {{"<1>a\nb"}}},
      {"CRLF: a CR alone is text", kCrlf, "<1>a\rb\r\r\n", {{"<1>a\rb\r"}}},
      {"CRLF: empty lines are no messages", kCrlf, "\r\n\r\n<1>a\r\n", {{"<1>a"}}},
      {"CRLF: the longest", kCrlf, "<1>4567890\r\n", {{"<1>4567890"}}},
      {"CRLF: far longer, with LF inside",
       kCrlf,
       std::string(30, 'x') + "\n" + std::string(30, 'y') + "\r\n<1>a\r\n",
       {{"<1>a"}, 1}},
      {"CRLF: no end", kCrlf, "<1>a\r\n<1>b\n", {{"<1>a"}, 0, 1}},
      {"NUL", kNul, "<1>a" + kNulByte + "5 b" + kNulByte, {{"<1>a", "5 b"}}},
      {"NUL: line ends are text", kNul, "a\nb\r\n" + kNulByte, {{"a\nb\r\n"}}},
      {"NUL: no end", kNul, "<1>a\n", {{}, 0, 1}},
      {"octets", kOctet, "4 <1>a5 <1>bc", {{"<1>a", "<1>bc"}}},
      {"octets, lines inside", kOctet, "5 <1>a\n4 b\nc\n", {{"<1>a", "b", "c"}}},
      {"octets: a line breaks it", kOctet, "4 <1>a<1>b\n4 <1>c", {{"<1>a"}, 0, 0, true}},
      {"octets: LF beside the count breaks it", kOctet, "4 <1>a\n4 <1>c", {{"<1>a"}, 0, 0, true}},
      {"octets: a zero breaks it", kOctet, "04 <1>a", {{}, 0, 0, true}},
      {"octets: digits without a space break it", kOctet, "12x4 <1>a", {{}, 0, 0, true}},
      {"octets: ten digits break it", kOctet, "1234567890 x", {{}, 0, 0, true}},
      {"octets: no end", kOctet, "4 <1>a4 <1", {{"<1>a"}, 0, 1}},
  };
}

TEST(FrameReader, APinnedFramingIsTheOnlyOne) {
  for (const PinnedCase& c : pinned_cases()) {
    EXPECT_EQ(cut(c.stream, 10, {}, c.framing), c.cut) << c.name;
    for (std::size_t at = 0; at <= c.stream.size(); ++at) {
      ASSERT_EQ(cut(c.stream, 10, {at}, c.framing), c.cut) << c.name << ", split at " << at;
    }
    ASSERT_EQ(cut(c.stream, 10, std::vector<std::size_t>(c.stream.size(), 1), c.framing), c.cut)
        << c.name << ", byte by byte";
  }
}

// Stopping after each message and going on with what was left is the same as not stopping.
TEST(FrameReader, ASinkMayStopAfterAnyMessage) {
  for (const Case& c : cases()) {
    Cut out;
    FrameReader reader(10);
    std::string_view rest = c.stream;
    while (!rest.empty()) {
      const std::size_t before = out.messages.size();
      rest.remove_prefix(reader.feed(rest, [&](std::string_view message) {
        out.messages.emplace_back(message);
        return false;
      }));
      ASSERT_LE(out.messages.size(), before + 1) << c.name;
    }
    reader.finish();
    out.too_long = reader.too_long();
    out.unterminated = reader.unterminated();
    EXPECT_EQ(out, c.cut) << c.name;
  }
}

TEST(FrameReader, RandomStreamsGiveTheSameInAnyPieces) {
  const std::string alphabet = std::string("0123 59<>ab\n\n\r") + '\0';
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    std::minstd_rand random(seed);
    std::string stream;
    for (auto i = random() % 200; i > 0; --i) stream += alphabet[random() % alphabet.size()];
    std::vector<std::size_t> pieces;
    for (int i = 0; i < 50; ++i) pieces.push_back(random() % 9);
    for (const StreamFraming framing :
         {StreamFraming::kAuto, StreamFraming::kLf, StreamFraming::kCrlf, StreamFraming::kNul,
          StreamFraming::kOctet}) {
      ASSERT_EQ(cut(stream, 12, pieces, framing), cut(stream, 12, {}, framing))
          << "seed " << seed << ", framing " << static_cast<int>(framing);
    }
  }
}

}  // namespace
}  // namespace esm
