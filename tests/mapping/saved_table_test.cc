#include "sender/mapping/saved_table.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/mapping/mapping_csv.h"
#include "sender/mapping/mapping_json.h"
#include "sender/mapping/panos_text.h"
#include "sender/mapping/panos_xml.h"

namespace esm {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const UtcTime kEpoch = parse_rfc3339("2026-03-02T07:55:00Z").value();

struct Read {
  std::vector<std::string> rows;
  std::string at;
  std::string messages;
};
Read read(const std::string& text, const std::string& vsys = "") {
  Diagnostics diagnostics;
  Read out;
  const SavedTable table = read_saved_table(SourceText("table", text), vsys, diagnostics);
  for (const TableRow& row : table.rows) {
    std::string left;
    if (row.expires) left = " until " + format_rfc3339(*row.expires);
    if (row.remaining_seconds()) left += fmt::format(" {}s", *row.remaining_seconds());
    out.rows.push_back(row.address.to_string() + " [" + row.user + "]" + left);
  }
  if (table.at) out.at = format_duration(*table.at);
  out.messages = diagnostics.render();
  return out;
}

std::string json_of(const TruthAt& table) {
  return mapping_json_head() + mapping_json(table, kEpoch) + mapping_json_tail();
}

TruthAt two_mappings() {
  TruthAt table;
  table.at = minutes{30};
  for (const char* const user : {"corp\\jdoe, \"jd\" <&>", "mary ann"}) {
    Mapping m;
    m.address = IpAddress::parse(table.mappings.empty() ? "10.0.0.1" : "2001:db8::7").value();
    m.user = user;
    m.since = minutes{5};
    m.idle_ends = m.expires = minutes{60};
    table.mappings.push_back(m);
  }
  return table;
}

TEST(SavedTable, EveryFormThatIsWrittenIsReadBack) {
  const TruthAt table = two_mappings();
  const std::vector<TruthAt> tables{table};
  const std::vector<std::string> seconds_left{"10.0.0.1 [corp\\jdoe, \"jd\" <&>] 1800s",
                                              "2001:db8::7 [mary ann] 1800s"};
  const std::vector<std::string> times{
      "10.0.0.1 [corp\\jdoe, \"jd\" <&>] until 2026-03-02T08:55:00Z",
      "2001:db8::7 [mary ann] until 2026-03-02T08:55:00Z"};
  const struct {
    std::string text;
    TableForm form;
    const std::vector<std::string>& rows;
    const char* at;
  } forms[] = {
      {panos_mapping_table(table.mappings, table.at), TableForm::kConsole, seconds_left, ""},
      {panos_mapping_xml(table.mappings, table.at), TableForm::kXml, seconds_left, ""},
      {json_of(tables.front()), TableForm::kJson, times, "30m"},
      {mapping_csv_header() + mapping_csv(table, kEpoch), TableForm::kCsv, times, "30m"},
  };
  for (const auto& form : forms) {
    SCOPED_TRACE(form.text);
    EXPECT_EQ(form_of(form.text), form.form);
    for (const char* const before : {"", "\xEF\xBB\xBF", "\xEF\xBB\xBF\r\n"}) {
      const Read result = read(before + form.text);
      EXPECT_EQ(result.messages, "");
      EXPECT_EQ(result.rows, form.rows);
      EXPECT_EQ(result.at, form.at);
    }
  }
}

TEST(SavedTable, EmptyTablesAreRead) {
  TruthAt empty;
  empty.at = minutes{5};
  const std::vector<TruthAt> tables{empty};
  for (const std::string& text :
       {panos_mapping_table({}, seconds{0}), panos_mapping_xml({}, seconds{0}),
        json_of(tables.front()), mapping_csv_header()}) {
    EXPECT_EQ(read(text).messages, "") << text;
    EXPECT_EQ(read(text).rows.size(), 0U);
  }
}

TEST(SavedTable, TheXmlIsTheApis) {
  Mapping m;
  m.address = IpAddress::parse("192.168.10.11").value();
  m.user = "domain\\user1";
  m.idle_ends = m.expires = seconds{413};
  EXPECT_EQ(panos_mapping_xml(std::vector{m}, seconds{0}),
            "<response status=\"success\"><result><entry><ip>192.168.10.11</ip><vsys>vsys1</vsys>"
            "<type>SYSLOG</type><user>domain\\user1</user><idle_timeout>413</idle_timeout>"
            "<timeout>413</timeout></entry></result></response>\n");
  EXPECT_EQ(panos_mapping_xml({}, seconds{0}),
            "<response status=\"success\"><result/></response>\n");
}

TEST(SavedTable, TheApisAnswersAreReadAsTheyAre) {
  EXPECT_EQ(
      read(
          "<?xml version=\"1.0\"?>\n<response status='success'>\n<result>\n"
          "<entry><user>unknown</user><type>Unknown</type><ip>10.0.0.9</ip></entry>\n"
          "<entry><ip>10.0.0.1</ip><vsys>vsys1</vsys><type>SYSLOG</type>"
          "<user>a&amp;b</user><idle_timeout>Never</idle_timeout><timeout>Never</timeout></entry>\n"
          "<entry><ip>10.0.0.2</ip><user>bob</user><timeout>7</timeout></entry>\n"
          "<count>3</count></result></response>\n")
          .rows,
      (std::vector<std::string>{"10.0.0.1 [a&b]", "10.0.0.2 [bob] 7s"}));
  const Read text = read(
      "<response status=\"success\"><result>IP  Vsys From User IdleTimeout(s) MaxTimeout(s)\n"
      "1.1.1.1 vsys1 XMLAPI user1 1802 1802\n"
      "3.3.3.3 vsys1 XMLAPI user3 Never Never\nTotal: 2 users\n</result></response>\n");
  EXPECT_EQ(text.rows, (std::vector<std::string>{"1.1.1.1 [user1] 1802s", "3.3.3.3 [user3]"}));
  EXPECT_EQ(text.messages, "");
}

TEST(SavedTable, OthersJsonAndCsvAreRead) {
  EXPECT_EQ(read("[{\"ip\":\"10.0.0.1\",\"user\":\"anna\",\"timeout\":7,\"more\":[1]},\n"
                 " {\"user\":\"bob\",\"ip\":\"10.0.0.2\",\"expires\":null,\"vsys\":\"vsys2\"}]")
                .rows,
            (std::vector<std::string>{"10.0.0.1 [anna] 7s", "10.0.0.2 [bob]"}));
  EXPECT_EQ(read("User,IP,Idle_Timeout,Whatever\r\n\"anna, x\",10.0.0.1,9,z\r\n").rows,
            std::vector<std::string>{"10.0.0.1 [anna, x] 9s"});
  EXPECT_EQ(read("ip,user,vsys\n10.0.0.1,anna,vsys1\n10.0.0.1,bob,vsys2\n", "vsys1").rows,
            std::vector<std::string>{"10.0.0.1 [anna]"});
}

TEST(SavedTable, WhatCannotBeReadIsAnErrorWithItsPlace) {
  const char* const api =
      "\nhint: save the API's whole answer to show user ip-user-mapping all: "
      "<response status=\"success\"><result>…\n";
  const char* const json =
      "\nhint: a list of objects with ip and user, or what `truth --format json` writes\n";
  const char* const one = "\nhint: compare one table of one moment at a time\n";
  const struct {
    const char* text;
    std::string message;
  } rows[] = {
      {"<response status=\"success\"><result><entry>",
       "table:1:42: error: this is not whole XML: start-end tags mismatch\n"
       "    1 | <response status=\"success\"><result><entry>\n"
       "      |                                          ^" +
           std::string(api)},
      {"<html><body>login</body></html>",
       "table:1:2: error: <html> is no answer of the firewall's API\n"
       "    1 | <html><body>login</body></html>\n"
       "      |  ^" +
           std::string(api)},
      {"<response status=\"error\" code=\"403\"><result><msg>Invalid credentials.</msg></result>"
       "</response>",
       "table:1:2: error: the firewall answered 'error': Invalid credentials.\n"
       "    1 | <response status=\"error\" code=\"403\"><result><msg>Invalid "
       "credentials.</msg></result></response>\n"
       "      |  ^\n"
       "hint: an API key that is valid and may read operational data is needed\n"},
      {"<response "
       "status=\"success\"><result>\n<entry><ip>10.0.0.999</ip></entry></result></response>",
       "table:2:9: error: '10.0.0.999' is no address\n"
       "    2 | <entry><ip>10.0.0.999</ip></entry></result></response>\n"
       "      |         ^" +
           std::string(api)},
      {"<response "
       "status=\"success\"><result>\n<entry><ip>10.0.0.9</ip></entry></result></response>",
       "table:2:2: error: the entry of 10.0.0.9 has no <user>\n"
       "    2 | <entry><ip>10.0.0.9</ip></entry></result></response>\n"
       "      |  ^" +
           std::string(api)},
      {"<response status=\"success\"><result/></response>\n<response status=\"success\"/>",
       "table:2:2: error: a second answer begins here\n"
       "    2 | <response status=\"success\"/>\n"
       "      |  ^" +
           std::string(one)},
      {"[{\"ip\":\"10.0.0.1\",\"user\":\"anna\"},\n{\"ip\":}]",
       "table:2:7: error: this is not JSON: syntax error\n"
       "    2 | {\"ip\":}]\n"
       "      |       ^" +
           std::string(json)},
      {"[{\"ip\":\"10.0.0.1\"",
       "table:1:18: error: this is not JSON: it ends too early\n"
       "    1 | [{\"ip\":\"10.0.0.1\"\n"
       "      |                  ^" +
           std::string(json)},
      {"[{\"ip\":\"10.0.0.999\",\"user\":\"anna\"}]",
       "table: error: [0].ip: '10.0.0.999' is no address\n"},
      {"{\"tables\":[{\"mappings\":[{\"ip\":\"10.0.0.1\"}]}]}",
       "table: error: tables[0].mappings[0]: there is no 'user'" + std::string(json)},
      {"{\"tables\":[{},{}]}", "table: error: tables: it holds 2 tables" + std::string(one)},
      {"{\"error\":1}",
       "table: error: there is no member 'tables' and no 'mappings'" + std::string(json)},
      {"ip,name\n10.0.0.1,anna\n",
       "table:1:1: error: there is no column 'user'\n"
       "    1 | ip,name\n"
       "      | ^\nhint: a header line names the columns, at least ip and user\n"},
      {"ip,user\n10.0.0.1,anna\n10.0.0.2\n",
       "table:3:1: error: this row has 1 values, the header 2\n"
       "    3 | 10.0.0.2\n"
       "      | ^\nhint: values with commas in them stand in quotes\n"},
      {"ip,user,expires\n10.0.0.1,anna,soon\n",
       "table:2:15: error: expires: 'soon' is no time: 2026-03-02T07:55:00Z is one\n"
       "    2 | 10.0.0.1,anna,soon\n"
       "      |               ^~~~\n"},
      {"at,ip,user\n30m,10.0.0.1,anna\n1h,10.0.0.1,anna\n",
       "table:3:4: error: rows of two moments: 1h here, 30m above\n"
       "    3 | 1h,10.0.0.1,anna\n"
       "      |    ^~~~~~~~" +
           std::string(one)},
      {"ip,user\n10.0.0.1,anna\n10.0.0.1,bob\n",
       "table:3:1: error: 10.0.0.1 has two users: 'bob' here and 'anna' in line 2\n"
       "    3 | 10.0.0.1,bob\n"
       "      | ^~~~~~~~" +
           std::string(one)},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(read(row.text).messages, row.message);
  }
}

}  // namespace
}  // namespace esm
