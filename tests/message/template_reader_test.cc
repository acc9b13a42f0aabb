#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/message/small_plan.h"

namespace esm::test {
namespace {

std::string about_head(const std::string& lines) {
  return complaints_about("format: text\ntext: m\nhead: rfc5424\n" + lines);
}

TEST(TemplateReader, TheWordsOfAnRfc5424HeadMayHaveTheRfcsLengths) {
  EXPECT_EQ(about_head("app-name: " + std::string(48, 'a') +
                       "\nmessage-id: " + std::string(32, 'm') + "\n"),
            "");
  EXPECT_EQ(about_head("app-name: \"!\"\nmessage-id: \"~\"\n"), "");
  const std::string app_name(49, 'a'), message_id(33, 'm');
  EXPECT_EQ(about_head("app-name: " + app_name + "\nmessage-id: " + message_id + "\n"),
            "t.yaml:4:11: error: app-name: '" + app_name +
                "' cannot stand in an RFC 5424 head\n"
                "    4 | app-name: " +
                app_name +
                "\n"
                "      |           ^" +
                std::string(48, '~') +
                "\n"
                "hint: 1 to 48 visible ASCII characters, without spaces\n"
                "t.yaml:5:13: error: message-id: '" +
                message_id +
                "' cannot stand in an RFC 5424 head\n"
                "    5 | message-id: " +
                message_id +
                "\n"
                "      |             ^" +
                std::string(32, '~') +
                "\n"
                "hint: 1 to 32 visible ASCII characters, without spaces\n");
}

TEST(TemplateReader, TheWordsOfAnRfc5424HeadAreVisibleAscii) {
  for (const char* word : {"", "a b", "caf\u00e9", "a\\tb", "a\\x7fb"}) {
    for (const char* key : {"app-name", "message-id"}) {
      const std::string said = about_head(fmt::format("{}: \"{}\"\n", key, word));
      EXPECT_NE(said.find("cannot stand in an RFC 5424 head\n"), std::string::npos)
          << word << ": " << said;
      EXPECT_NE(said.find("visible ASCII characters, without spaces\n"), std::string::npos);
    }
  }
}

TEST(TemplateReader, TheWordsOfAnRfc5424HeadBelongToNoOther) {
  EXPECT_EQ(complaints_about("format: text\ntext: m\nhead: rfc3164\napp-name: traps\n"),
            "t.yaml:4:1: error: app-name: means nothing here\n"
            "    4 | app-name: traps\n"
            "      | ^~~~~~~~\n"
            "hint: it belongs to head: rfc5424; leave it out\n");
}

}  // namespace
}  // namespace esm::test
