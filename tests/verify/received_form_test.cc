#include "sender/verify/received_form.h"

#include <string>

#include <gtest/gtest.h>

namespace esm {
namespace {

const std::string kLeef =
    "<134>Mar 02 2026 07:55:00 10.0.1.20 LEEF:1.0|Palo Alto Networks|Traps "
    "Agent|4.1|Heartbeat|cat=Agent\tdevTime=Mar 02 2026 07:55:00\tmsg=Service is alive";
const std::string kCsv =
    "<134>1 2026-03-02T07:55:00.00Z+00:00 10.0.1.20 - - - Mar 02 2026 07:55:00,Traps "
    "Agent,Heartbeat";
const std::string kFsso = "<134>Mar  2 07:55:00 esm01 type=\"custom_logon\" custom_user=\"jdoe\"";

ReceivedForm form(const std::string& text) {
  const auto parsed = ReceivedForm::parse(text);
  EXPECT_TRUE(parsed) << parsed.problem;
  return *parsed;
}

// As both receivers wrote them, by their own default formats.
TEST(ReceivedForm, WhatReceiversMakeOfAMessageIsTheMessage) {
  const struct {
    const char* form;
    std::string sent;
    std::string stored;
  } rows[] = {
      {"raw", kLeef, kLeef},
      {"rsyslog", kLeef,
       "Mar  2 07:55:00 10.0.1.20 LEEF: 1.0|Palo Alto Networks|Traps "
       "Agent|4.1|Heartbeat|cat=Agent#011devTime=Mar 02 2026 07:55:00#011msg=Service is alive"},
      {"rsyslog", kLeef,
       "2026-03-02T07:55:00+00:00 10.0.1.20 LEEF: 1.0|Palo Alto Networks|Traps "
       "Agent|4.1|Heartbeat|cat=Agent#011devTime=Mar 02 2026 07:55:00#011msg=Service is alive"},
      {"rsyslog", kCsv,
       "Nov 28 04:12:36 localhost  2026-03-02T07:55:00.00Z+00:00 10.0.1.20 - - - Mar 02 2026 "
       "07:55:00,Traps Agent,Heartbeat"},
      {"rsyslog", kFsso, "Mar  2 07:55:00 esm01 type=\"custom_logon\" custom_user=\"jdoe\""},
      {"syslog-ng", kLeef,
       "Mar  2 07:55:00 localhost LEEF:1.0|Palo Alto Networks|Traps "
       "Agent|4.1|Heartbeat|cat=Agent\tdevTime=Mar 02 2026 07:55:00\tmsg=Service is alive"},
      {"syslog-ng", kLeef,
       "2026-03-02T07:55:00+00:00 localhost LEEF:1.0|Palo Alto Networks|Traps "
       "Agent|4.1|Heartbeat|cat=Agent\tdevTime=Mar 02 2026 07:55:00\tmsg=Service is alive"},
      {"syslog-ng", kCsv,
       "Nov 28 04:12:36 localhost 1 2026-03-02T07:55:00.00Z+00:00 10.0.1.20 - - - Mar 02 2026 "
       "07:55:00,Traps Agent,Heartbeat"},
      {"syslog-ng", "User logged on|time=2026-03-02 07:55:00|user=jdoe|",
       "Nov 28 04:12:36 localhost User logged on|time=2026-03-02 07:55:00|user=jdoe|"},
      {"tshark", "<13>a\tb", "3c31333e610962"},
      {"tshark", "<13>a\tb", "127.0.0.1\t3c:31:33:3e:61:09:62:0a"},
      {"regex:^\\S+ \\S+ (.*)$", kLeef, "2026-11-28 collector1 " + kLeef},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.stored);
    const ReceivedForm of = form(row.form);
    std::string a, b;
    const auto stored = of.stored(row.stored, a);
    ASSERT_TRUE(stored);
    EXPECT_EQ(*stored, of.sent(row.sent, b));
    EXPECT_FALSE(stored->empty());
  }
}

TEST(ReceivedForm, ADifferenceBehindTheHeadIsOne) {
  for (const char* const name : {"rsyslog", "syslog-ng"}) {
    std::string a, b;
    const ReceivedForm of = form(name);
    const std::string stored = "Mar  2 07:55:00 10.0.1.20 " + kLeef.substr(kLeef.find("LEEF"));
    EXPECT_EQ(*of.stored(stored, a), of.sent(kLeef, b));
    EXPECT_NE(*of.stored(stored + "!", a), of.sent(kLeef, b));
    EXPECT_NE(*of.stored(stored.substr(0, stored.size() - 1), a), of.sent(kLeef, b));
  }
}

TEST(ReceivedForm, LinesWithoutAMessageAreNone) {
  const struct {
    const char* form;
    const char* line;
  } rows[] = {
      {"rsyslog", "2026-11-28T04:12:36+00:00 host rsyslogd: [origin software=\"rsyslogd\"] start"},
      {"rsyslog", "no head at all"},
      {"rsyslog", ""},
      {"syslog-ng", "Nov 28 04:12:36 host syslog-ng[12]: syslog-ng starting up;"},
      {"tshark", "Running as user \"root\""},
      {"tshark", ""},
      {"regex:^X (.*)$", "Y hello"},
  };
  for (const auto& row : rows) {
    std::string scratch;
    EXPECT_FALSE(form(row.form).stored(row.line, scratch)) << row.form << ": " << row.line;
  }
}

TEST(ReceivedForm, WhatIsNoFormIsSaid) {
  EXPECT_EQ(ReceivedForm::parse("splunk").problem, "'splunk' is no form of received lines");
  EXPECT_EQ(ReceivedForm::parse("regex:a+").problem, "'a+' has no group");
  EXPECT_EQ(ReceivedForm::parse("regex:(").problem,
            "'(': missing closing parenthesis (at character 2)");
}

}  // namespace
}  // namespace esm
