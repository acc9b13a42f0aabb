#include "sender/mapping/panos_text.h"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace esm {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Mapping mapping(const std::string& address, const std::string& user, SimTime expires) {
  Mapping m;
  m.address = IpAddress::parse(address).value();
  m.user = user;
  m.idle_ends = m.expires = expires;
  return m;
}

struct Read {
  std::vector<std::string> rows;
  std::string messages;
};
Read read(const std::string& text, const std::string& vsys = "") {
  Diagnostics diagnostics;
  Read out;
  TableRows rows(vsys, diagnostics);
  read_panos_table(SourceText("fw.txt", text), rows, diagnostics);
  for (const TableRow& row : rows.take()) {
    const std::optional<std::int64_t> left = row.remaining_seconds();
    out.rows.push_back(fmt::format("{}:{} {} {} [{}] {}", row.place.line, row.place.column,
                                   row.address.to_string(), row.from, row.user,
                                   left ? std::to_string(*left) : "-"));
  }
  out.messages = diagnostics.render();
  return out;
}

const char* const kGolden =
    "IP                                            Vsys   From    User                             "
    "IdleTimeout(s) MaxTimeout(s)\n"
    "--------------------------------------------- ------ ------- -------------------------------- "
    "-------------- -------------\n"
    "192.168.10.11                                 vsys1  SYSLOG  domain\\user1                    "
    " "
    "2539           2539\n"
    "2001:db8:1234:5678:9abc:def0:1234:5678        vsys1  SYSLOG  jdoe                             "
    "0              0\n"
    "2001:db8::1                                   vsys1  SYSLOG  "
    "a-user-whose-name-is-longer-than-its-column 12             12\n"
    "Total: 3 users\n";

std::vector<Mapping> golden_mappings() {
  return {mapping("192.168.10.11", "domain\\user1", seconds{2549}),
          mapping("2001:db8:1234:5678:9abc:def0:1234:5678", "jdoe", milliseconds{10'999}),
          mapping("2001:db8::1", "a-user-whose-name-is-longer-than-its-column", seconds{22})};
}

TEST(PanosText, TheTableIsTheFirewalls) {
  EXPECT_EQ(panos_mapping_table(golden_mappings(), seconds{10}), kGolden);
}

TEST(PanosText, AnEmptyTableHasItsHeaderAndTotal) {
  const std::string text = panos_mapping_table({}, seconds{0});
  EXPECT_TRUE(text.ends_with("-------------\nTotal: 0 users\n"));
  EXPECT_EQ(read(text).rows, std::vector<std::string>{});
  EXPECT_EQ(read(text).messages, "");
}

TEST(PanosText, ControlCharactersInAUserAreShownAsText) {
  const std::string text =
      panos_mapping_table(std::vector{mapping("10.0.0.1", "a\x1b[2J\nb", seconds{1})}, seconds{0});
  EXPECT_NE(text.find("SYSLOG  a\\x1b[2J\\x0ab  "), std::string::npos) << text;
}

TEST(PanosText, WhatIsWrittenIsReadBack) {
  std::vector<Mapping> mappings = golden_mappings();
  mappings.push_back(mapping("10.0.0.1", "mary ann", seconds{2710}));
  mappings.push_back(mapping("10.0.0.2", "room 101", seconds{2710}));
  mappings.push_back(mapping("10.0.0.3", "42", seconds{2710}));
  mappings.push_back(mapping("10.0.0.4", "müller@corp.example", seconds{2710}));
  const Read result = read(panos_mapping_table(mappings, seconds{10}));
  EXPECT_EQ(result.messages, "");
  EXPECT_EQ(result.rows,
            (std::vector<std::string>{
                "3:1 192.168.10.11 SYSLOG [domain\\user1] 2539",
                "4:1 2001:db8:1234:5678:9abc:def0:1234:5678 SYSLOG [jdoe] 0",
                "5:1 2001:db8::1 SYSLOG [a-user-whose-name-is-longer-than-its-column] 12",
                "6:1 10.0.0.1 SYSLOG [mary ann] 2700",
                "7:1 10.0.0.2 SYSLOG [room 101] 2700",
                "8:1 10.0.0.3 SYSLOG [42] 2700",
                "9:1 10.0.0.4 SYSLOG [müller@corp.example] 2700",
            }));
}

TEST(PanosText, ASavedConsoleIsRead) {
  const Read result = read(
      "\xef\xbb\xbf"
      "Welcome admin.\r\n"
      "admin@PA-220> set cli pager off\r\n"
      "admin@PA-220> show user ip-user-mapping all type SYSLOG\r\n"
      "\r\n"
      "IP              Vsys   From    User         IdleTimeout(s) MaxTimeout(s)\r\n"
      "--------------- ------ ------- ------------ -------------- -------------\r\n"
      "10.0.1.51       vsys1  SYSLOG  corp\\jdoe    2539           2600\r\n"
      "10.0.1.52       vsys1  Unknown unknown      1              2\r\n"
      "10.0.1.53       vsys2  AD      corp\\anna    Never          Never\r\n"
      "lines 1-7 \r          \r10.0.1.54       vsys1  SYSLOG  bob          5              7\r\n"
      "\x1b[7m--more--\x1b[27m\r\x1b[K10.0.1.55       vsys1  SYSLOG  carl         6       6\r\n"
      "Total: 5 users\r\n"
      "\r\n"
      "admin@PA-220> exit\r\n");
  EXPECT_EQ(result.messages, "");
  EXPECT_EQ(result.rows, (std::vector<std::string>{
                             "7:1 10.0.1.51 SYSLOG [corp\\jdoe] 2539",
                             "9:1 10.0.1.53 AD [corp\\anna] -",
                             "10:0 10.0.1.54 SYSLOG [bob] 5",
                             "11:0 10.0.1.55 SYSLOG [carl] 6",
                         }));
}

TEST(PanosText, TimeoutColumnsMayBeMissing) {
  EXPECT_EQ(read("IP  Vsys From User\n10.0.0.1 vsys1 SYSLOG room 101\n").rows,
            std::vector<std::string>{"2:1 10.0.0.1 SYSLOG [room 101] -"});
  EXPECT_EQ(read("IP  Vsys From User MaxTimeout(s)\n10.0.0.1 vsys1 SYSLOG room 101 7\n").rows,
            std::vector<std::string>{"2:1 10.0.0.1 SYSLOG [room 101] 7"});
  EXPECT_EQ(read("10.0.0.1 vsys1 SYSLOG jdoe 9 7\n").rows,
            std::vector<std::string>{"1:1 10.0.0.1 SYSLOG [jdoe] 7"});
  EXPECT_EQ(read("  10.0.0.1 vsys1 SYSLOG jdoe").rows,
            std::vector<std::string>{"1:3 10.0.0.1 SYSLOG [jdoe] -"});
}

TEST(PanosText, RowsThatCannotBeReadAreErrors) {
  const Read result = read(
      "10.0.1.999 vsys1 SYSLOG jdoe 1 1\n"
      "desktop-7 vsys1 SYSLOG jdoe 1 1\n"
      "10.0.0.7 vsys1 SYS\n"
      "10.0.0.1 vsys1 SYSLOG anna 1 1\n"
      "10.0.0.1 vsys2 SYSLOG bob 1 1\n");
  EXPECT_EQ(result.rows, std::vector<std::string>{"4:1 10.0.0.1 SYSLOG [anna] 1"});
  EXPECT_EQ(result.messages,
            "fw.txt:1:1: error: '10.0.1.999' is no address\n"
            "    1 | 10.0.1.999 vsys1 SYSLOG jdoe 1 1\n"
            "      | ^~~~~~~~~~\n"
            "hint: a row is: address, vsys, from, user, and the timeouts\n"
            "fw.txt:2:1: error: 'desktop-7' is no address\n"
            "    2 | desktop-7 vsys1 SYSLOG jdoe 1 1\n"
            "      | ^~~~~~~~~\n"
            "hint: a row is: address, vsys, from, user, and the timeouts\n"
            "fw.txt:3:1: error: this row of 10.0.0.7 has no user: the line is cut\n"
            "    3 | 10.0.0.7 vsys1 SYS\n"
            "      | ^~~~~~~~\n"
            "hint: a row is: address, vsys, from, user, and the timeouts\n"
            "fw.txt:5:1: error: 10.0.0.1 has two users: 'bob' here and 'anna' in line 4\n"
            "    5 | 10.0.0.1 vsys2 SYSLOG bob 1 1\n"
            "      | ^~~~~~~~\n"
            "hint: --vsys vsys1 takes one virtual system alone\n");
}

TEST(PanosText, ARowOfWhichNothingIsKnownIsAnError) {
  EXPECT_EQ(
      read("10.0.0.1 is alive\n").messages,
      "fw.txt:1:1: error: this row of 10.0.0.1 has no vsys and no origin that a firewall has\n"
      "    1 | 10.0.0.1 is alive\n"
      "      | ^~~~~~~~\n"
      "hint: a row is: address, vsys, from, user, and the timeouts; keep the table's header if "
      "columns are missing\n");
}

TEST(PanosText, ATotalThatDiffersAndARowGivenTwiceAreWarnings) {
  const Read result = read(
      "10.0.0.1 vsys1 SYSLOG anna 1 1\n"
      "10.0.0.1 vsys1 SYSLOG anna 1 1\n"
      "Total: 12 users\n");
  EXPECT_EQ(result.rows.size(), 1U);
  EXPECT_EQ(result.messages,
            "fw.txt:2:1: warning: 10.0.0.1 stands in line 1 already\n"
            "    2 | 10.0.0.1 vsys1 SYSLOG anna 1 1\n"
            "      | ^~~~~~~~\n"
            "fw.txt:3:8: warning: the total says 12, but 2 rows were read above\n"
            "    3 | Total: 12 users\n"
            "      |        ^~\n"
            "hint: was all of the output saved? 'set cli pager off' keeps it whole\n");
}

TEST(PanosText, AnythingElseIsPassedOver) {
  EXPECT_EQ(read("hello\n\n  \n> show\nTotal: 0 users\n:\nend.\n").messages, "");
}

TEST(PanosText, ATextWithNothingOfATableInItIsNoEmptyTable) {
  for (const char* const text : {"", "\n", "Server error : syntax\n", "<response/>", "{\"a\":1}"}) {
    EXPECT_EQ(read(text).messages,
              "fw.txt: error: this is no mapping table: there is no header, no row and no total in "
              "it\n"
              "hint: save what `show user ip-user-mapping all` prints, or take `listen "
              "--mappings-out FILE`\n")
        << text;
  }
}

// What a narrow terminal, or an editor that breaks lines, does to a table: `width` characters a
// line, with or without the blanks at their ends.
std::string broken(const std::string& text, std::size_t width, bool blanks) {
  std::string out;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    for (std::size_t at = start; at < end; at += width) {
      std::string part = text.substr(at, std::min(width, end - at));
      if (!blanks) part.resize(part.find_last_not_of(' ') + 1);
      out += part + "\n";
    }
    start = end + 1;
  }
  return out;
}

TEST(PanosText, LinesThatTheTerminalBrokeAreOneRow) {
  std::vector<Mapping> mappings{
      mapping("10.0.0.1", "anna", seconds{2710}), mapping("10.0.0.2", "mary ann", seconds{2710}),
      mapping("10.0.0.3", "corp\\a-name-that-is-broken", seconds{2710}),
      mapping("2001:db8:1234:5678:9abc:def0:1234:5678", "42", seconds{2710})};
  const std::string whole = panos_mapping_table(mappings, seconds{10});
  const auto users = [](const Read& result) {
    std::vector<std::string> out;
    for (const std::string& row : result.rows) out.push_back(row.substr(row.find(' ')));
    return out;
  };
  const std::vector<std::string> expected = users(read(whole));
  ASSERT_EQ(expected.size(), 4U);
  for (std::size_t width = 62; width < 130; ++width) {
    for (const bool blanks : {true, false}) {
      SCOPED_TRACE(fmt::format("{} characters, blanks {}", width, blanks));
      const Read result = read(broken(whole, width, blanks));
      EXPECT_EQ(result.messages, "") << broken(whole, width, blanks);
      EXPECT_EQ(users(result), expected) << broken(whole, width, blanks);
    }
  }
}

TEST(PanosText, ARowWhoseTimeoutsStandInTheNextLineIsOne) {
  EXPECT_EQ(
      read("10.0.0.1 vsys1 SYSLOG jdoe\n   9  7\n10.0.0.2 vsys1 SYSLOG anna\n 5 4\n").rows,
      (std::vector<std::string>{"1:1 10.0.0.1 SYSLOG [jdoe] 7", "3:1 10.0.0.2 SYSLOG [anna] 4"}));
}

TEST(PanosText, ColumnsThatAreLostAreToldByTheHeaderOrByTheirWords) {
  const char* const expected = "2:1 10.0.0.1 SYSLOG [jdoe] 7";
  EXPECT_EQ(read("IP From User IdleTimeout(s) MaxTimeout(s)\n10.0.0.1 SYSLOG jdoe 9 7\n").rows,
            std::vector<std::string>{expected});
  EXPECT_EQ(
      read("ip vsys from user idletimeout(s) maxtimeout(s)\n10.0.0.1 VSYS1 SYSLOG jdoe 9 7\n").rows,
      std::vector<std::string>{expected});
  EXPECT_EQ(read("\n10.0.0.1 syslog jdoe 9 7\n").rows,
            std::vector<std::string>{"2:1 10.0.0.1 syslog [jdoe] 7"});
  EXPECT_EQ(read("IP User\n10.0.0.1 room 101\n10.0.0.2 Unknown\n").rows,
            std::vector<std::string>{"2:1 10.0.0.1  [room 101] -"});
  EXPECT_EQ(read("IP Vsys Type User IdleTimeout(s)\n10.0.0.1 vsys1 SYSLOG room 101 7\n").rows,
            std::vector<std::string>{"2:1 10.0.0.1 SYSLOG [room 101] 7"});
}

TEST(PanosText, APageThatBeginsWithTheHeaderAgainIsNoSecondTable) {
  const std::string header =
      "IP Vsys From User IdleTimeout(s) MaxTimeout(s)\n-- ---- ---- ---- -- --\n";
  const Read result = read(header + "10.0.0.1 vsys1 SYSLOG anna 9 9\n\f" + header +
                           "10.0.0.2 vsys1 SYSLOG bob 9 9\nlines 1-4\nTotal: 2 users\n");
  EXPECT_EQ(result.messages, "");
  EXPECT_EQ(result.rows.size(), 2U);
}

TEST(PanosText, ASecondTableIsAnError) {
  const std::string table = "IP Vsys From User\n10.0.0.1 vsys1 SYSLOG anna\nTotal: 1 users\n";
  EXPECT_EQ(read(table + table).messages,
            "fw.txt:4:1: error: a second table begins after the total of the first\n"
            "    4 | IP Vsys From User\n"
            "      | ^~\n"
            "hint: compare one table of one moment at a time\n"
            "fw.txt:5:1: warning: 10.0.0.1 stands in line 2 already\n"
            "    5 | 10.0.0.1 vsys1 SYSLOG anna\n"
            "      | ^~~~~~~~\n");
}

TEST(PanosText, OneVirtualSystemCanBeChosen) {
  const std::string text =
      "10.0.0.1 vsys1 SYSLOG anna 1 1\n"
      "10.0.0.1 vsys2 SYSLOG bob 1 1\n"
      "Total: 2 users\n";
  EXPECT_EQ(read(text, "vsys2").rows, std::vector<std::string>{"2:1 10.0.0.1 SYSLOG [bob] 1"});
  EXPECT_EQ(read(text, "VSYS2").messages, "");
}

TEST(PanosText, AMaximumTimeoutHasItsColumn) {
  Mapping m = mapping("10.0.0.1", "anna", seconds{100});
  m.idle_ends = seconds{150};
  m.maximum_ends = seconds{100};
  const std::string text = panos_mapping_table(std::vector{m}, seconds{10});
  EXPECT_NE(text.find(" 90             90\n"), std::string::npos) << text;
  m.maximum_ends = seconds{400};
  m.expires = seconds{150};
  const std::string later = panos_mapping_table(std::vector{m}, seconds{10});
  EXPECT_NE(later.find(" 140            390\n"), std::string::npos) << later;
}

}  // namespace
}  // namespace esm
