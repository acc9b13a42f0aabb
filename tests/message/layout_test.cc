// An event in a layout: which lines stay, and that what comes out is YAML that says the same.
#include "sender/message/layout.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sender/base/yaml.h"

namespace esm {
namespace {

std::string text_of(const std::string& layout, const std::string& event) {
  const std::vector<NamedText> layouts{{"form", layout}}, events{{"event", event}};
  const std::vector<LaidOut> all = lay_out(layouts, events);
  EXPECT_EQ(all.size(), 1U);
  return all.front().text;
}

TEST(Layout, ALineThatAsksForWhatTheEventLacksIsLeftOut) {
  const std::string layout = "fields:\n  - duser: $(user)\n  - dst: $(address)\n  - msg: end\n";
  EXPECT_EQ(text_of(layout, "user: jdoe\n"), "fields:\n  - duser: jdoe\n  - msg: end\n");
  EXPECT_EQ(text_of(layout, "address: here\n"), "fields:\n  - dst: here\n  - msg: end\n");
}

TEST(Layout, AnEmptyValueIsKept) {
  EXPECT_EQ(text_of("- suser: $(user)\n", "user: \"\"\n"), "- suser: \"\"\n");
}

TEST(Layout, TheFirstNameThatTheEventHasIsTakenAndElseTheStandIn) {
  const std::string layout = "- $(a|b|\"-\")\n";
  EXPECT_EQ(text_of(layout, "b: two\na: one\n"), "- one\n");
  EXPECT_EQ(text_of(layout, "b: two\n"), "- two\n");
  EXPECT_EQ(text_of(layout, "c: three\n"), "- \"-\"\n");
}

TEST(Layout, TheEventsCommentsStandWhereTheLayoutWantsThem) {
  EXPECT_EQ(text_of("about: $(about), here.\n# $(comments)\n# Ours.\nformat: csv\n",
                    "about: Something\n# Known.\n#   And more.\na: 1\n# Guessed.\n"),
            "about: Something, here.\n# Known.\n#   And more.\n# Guessed.\n# Ours.\nformat: csv\n");
}

TEST(Layout, EveryTextComesBackFromTheYaml) {
  for (const std::string value : {"plain", "",
                                  "-",     "~",
                                  "null",  "a: b",
                                  "a:",    "a #b",
                                  "#",     "{event.uuid}",
                                  "\"",    "\\",
                                  "'a'",   "a\"b\\c",
                                  " a",    "a ",
                                  "3",     "*",
                                  "&",     "%",
                                  "@",     "[x]",
                                  "a, b",  "Stopped-> Running"}) {
    std::string quoted;
    for (const char c : value) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
    const std::string text = text_of("key: $(value)\n", "value: \"" + quoted + "\"\n");
    Diagnostics diagnostics;
    const auto root = parse_yaml(SourceText("laid-out.yaml", text), text.size(), diagnostics);
    ASSERT_TRUE(root) << text << diagnostics.render();
    ASSERT_EQ(root->entries.size(), 1U) << text;
    EXPECT_TRUE(root->entries[0].value.is_scalar()) << text;
    EXPECT_EQ(root->entries[0].value.text, value) << text;
  }
}

TEST(Layout, NamesAreTheLayoutsThenTheEvents) {
  const std::vector<NamedText> layouts{{"a", ""}, {"b", ""}},
      events{{"x", "about: X\nformerly: old\n"}, {"y", "about: Y\n"}};
  const std::vector<LaidOut> all = lay_out(layouts, events);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[1].name, "b-x");
  EXPECT_EQ(all[1].former_name, "b-old");
  EXPECT_EQ(all[1].event_about, "X");
  EXPECT_EQ(all[2].name, "a-y");
  EXPECT_EQ(all[2].former_name, "");
}

}  // namespace
}  // namespace esm
