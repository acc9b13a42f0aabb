// The rules that property tests and the fuzzer hold messages to do find what breaks them.
#include "tests/support/message_rules.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/message/small_plan.h"

namespace esm::test {
namespace {

TEST(MessageRules, FindWhatBreaksAMessage) {
  const std::string header = "header: { vendor: V, product: P, version: 1, event: E";
  const std::string fields = " }\nfields: [ { a: x }, { \"b?\": '{session.domain}' }, { c: y } ]\n";
  const Template leef = template_of("format: leef1\nhead: none\n" + header + fields);
  const Template doubled =
      template_of("format: leef1\nhead: none\nescape: doubled-backslash\n" + header + fields);
  const Template cef =
      template_of("format: cef\nhead: none\n" + header + ", name: N, severity: 3" + fields);
  const Template csv = template_of("format: csv\nhead: none\nfields: [ a, b ]\n");
  const Template head = template_of("format: text\nhead: rfc5424\ntext: m\n");
  const Template padded = template_of("format: text\nhead: none\npad-to: 9\ntext: m\n");
  const struct {
    const Template& message;
    std::string good, bad;
  } rows[] = {
      {leef, "LEEF:1.0|V|P|1|E|a=x\tb=d\tc=y", "LEEF:1.0|V|P|1|E|a=x\tc=y\td=z"},
      {leef, "LEEF:1.0|V|P|1|E|a=x\tc=y", "LEEF:1.0|V|P|1|E|a=x\tb=d"},
      {leef, "LEEF:1.0|V|P|1|E|a=x|\tc=y", "LEEF:1.0|V|P|1|E|F|a=x\tc=y"},
      {leef, "LEEF:1.0|V|P|1|E|a=x=\tc=y", "LEEF:1.0|V|P|1|E|a=x\n\tc=y"},
      {leef, "LEEF:1.0|V|P|1|E|a=\tc=y", "LEEF:1.0|V|P|1|E|a=x\ty\tc=y"},
      {doubled, "LEEF:1.0|V|P|1|E|a=\\\\n\tc=y", "LEEF:1.0|V|P|1|E|a=\\n\tc=y"},
      {cef, "CEF:0|V|P|1|E|N|3|a=x b=\\= c=y", "CEF:0|V|P|1|E|N|3|a=x b=d= c=y"},
      {cef, "CEF:0|V\\||P|1|E|N|3|a=x c=y", "CEF:0|V||P|1|E|N|3|a=x c=y"},
      {cef, "CEF:0|V|P|1|E|N|3|a=x\\\\ c=y", "CEF:0|V|P|1|E|N|3|a=x\\d c=y"},
      {csv, "\"a,\"\"\",b", "a\",b"},
      {csv, "a,\"b\"", "a,b,c"},
      {csv, ",", "a,\"b"},
      {head, "<134>1 2016-09-28T17:38:48.000Z esm01 - - - - m",
       "<134>1 2016-09-28T17:38:48.000Z esm 01 - - - - m"},
      {head, "<134>1 2016-09-28T17:38:48.000Z a - - - - ",
       "<14>1 2016-09-28T17:38:48.000Z a - - - - m"},
      {padded, "m xxxxxxx", "m xxxxxxxx"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(what_is_wrong(row.message, row.good), "") << row.good;
    EXPECT_NE(what_is_wrong(row.message, row.bad), "") << row.bad;
  }
}

}  // namespace
}  // namespace esm::test
