#include "sender/base/diagnostics.h"

#include <gtest/gtest.h>

namespace esm {
namespace {

TEST(Diagnostics, AMessageShowsItsPlaceLineCaretAndHint) {
  Diagnostics diagnostics;
  diagnostics.add_source(SourceText("morning.yaml", "about: x\n  heartbeat: 60\n"));
  diagnostics.error({"morning.yaml", 2, 14, 2}, "heartbeat: '60' has no unit",
                    "write 60s, 60m or 60h");
  EXPECT_EQ(diagnostics.render(),
            "morning.yaml:2:14: error: heartbeat: '60' has no unit\n"
            "    2 |   heartbeat: 60\n"
            "      |              ^~\n"
            "hint: write 60s, 60m or 60h\n");
}

TEST(Diagnostics, MessagesComeInTheOrderOfTheirPlaces) {
  Diagnostics diagnostics;
  diagnostics.error({"a.yaml", 9, 1, 1}, "third");
  diagnostics.warning({"a.yaml", 2, 7, 1}, "second");
  diagnostics.error({"a.yaml", 2, 3, 1}, "first");
  EXPECT_EQ(diagnostics.render(),
            "a.yaml:2:3: error: first\n"
            "a.yaml:2:7: warning: second\n"
            "a.yaml:9:1: error: third\n");
  EXPECT_EQ(diagnostics.errors(), 2);
  EXPECT_EQ(diagnostics.warnings(), 1);
}

TEST(Diagnostics, AHintOfSeveralLinesStandsBelowItself) {
  Diagnostics diagnostics;
  diagnostics.error({}, "the certificate is not trusted", "it showed\n  0 CN = x\x1b\notherwise");
  EXPECT_EQ(diagnostics.render(),
            "error: the certificate is not trusted\n"
            "hint: it showed\n"
            "        0 CN = x\\x1b\n"
            "      otherwise\n");
}

TEST(Diagnostics, BytesThatAreNotPrintableAreEscaped) {
  EXPECT_EQ(escape_for_display("a\tb\nc\xff"), "a\\x09b\\x0ac\\xff");
  EXPECT_EQ(escape_for_display("m\xc3\xbcller"), "m\xc3\xbcller");
  Diagnostics diagnostics;
  diagnostics.error({"evil\n.yaml", 0, 0, 1}, "a\nb");
  EXPECT_EQ(diagnostics.render(), "evil\\x0a.yaml: error: a\\x0ab\n");
}

}  // namespace
}  // namespace esm
