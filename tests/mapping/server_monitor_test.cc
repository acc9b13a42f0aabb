#include "sender/mapping/server_monitor.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace esm {
namespace {

struct Read {
  std::vector<std::string> senders;
  std::string messages;
};
Read read(const std::string& text) {
  Diagnostics diagnostics;
  Read out;
  for (const MonitorCounters& c : read_server_monitor(SourceText("fw.txt", text), diagnostics)) {
    out.senders.push_back(fmt::format("{} {} {} {} {} {}", c.name, c.address, c.log_messages,
                                      c.auth_success, c.active_connections, c.total_connections));
  }
  out.messages = diagnostics.render();
  return out;
}

const char* const kGolden =
    "UDP Syslog Listener Service is enabled\n"
    "SSL Syslog Listener Service is disabled\n"
    "Proxy: ESM(vsys: vsys1) Host: ESM(10.0.1.20)\n"
    "number of log messages : 1\n"
    "number of auth. success messages : 0\n"
    "number of active connections : 1\n"
    "total connections made : 1\n";

TEST(ServerMonitor, TheTextIsTheFirewalls) {
  const MonitorCounters esm{"ESM", "10.0.1.20", 1, 0, 1, 1};
  EXPECT_EQ(panos_server_monitor(std::vector{esm}, true, false), kGolden);
}

TEST(ServerMonitor, WhatIsWrittenIsReadBack) {
  const std::vector<MonitorCounters> senders{
      {"ESM", "10.0.1.20", 18'446'744'073'709'551'615U, 7, 1, 2},
      {"a (b)", "2001:db8::20", 0, 0, 0, 0}};
  const Read result = read(panos_server_monitor(senders, true, true));
  EXPECT_EQ(result.messages, "");
  EXPECT_EQ(result.senders, (std::vector<std::string>{"ESM 10.0.1.20 18446744073709551615 7 1 2",
                                                      "a (b) 2001:db8::20 0 0 0 0"}));
}

TEST(ServerMonitor, ASavedConsoleIsRead) {
  const Read result = read(
      "admin@PA-220> show user server-monitor state all\r\n"
      "\r\n"
      "UDP Syslog Listener Service is enabled\r\n"
      "Proxy: DC1(vsys: vsys1) Host: DC1(10.0.0.1)\r\n"
      "   number of log messages : 12\r\n"
      "   number of auth. success messages : 10\r\n"
      "lines 1-7\r\x1b[KPROXY: ESM(vsys: vsys1)  HOST: ESM(10.0.1.20)\r\n"
      "\tNumber of log messages: 5\r\n"
      "\tNumber of auth. success messages   :   3  \r\n"
      "\tTotal connections made : 1\r\n"
      "admin@PA-220> exit\r\n");
  EXPECT_EQ(result.messages, "");
  EXPECT_EQ(result.senders,
            (std::vector<std::string>{"DC1 10.0.0.1 12 10 0 0", "ESM 10.0.1.20 5 3 0 1"}));
}

TEST(ServerMonitor, WhatCannotBeReadIsAnErrorWithItsPlace) {
  EXPECT_EQ(read("hello\n").messages,
            "fw.txt: error: there is no syslog sender in it: no line 'Proxy: … Host: "
            "NAME(ADDRESS)'\n"
            "hint: save what `show user server-monitor state all` prints\n");
  EXPECT_EQ(read("Proxy: E(vsys: vsys1) Host: E(10.0.1.20)\n"
                 "number of log messages : many\n"
                 "number of log messages : 3\n")
                .messages,
            "fw.txt:1: error: E(10.0.1.20) has no 'number of auth. success messages': the text is "
            "cut\n"
            "    1 | Proxy: E(vsys: vsys1) Host: E(10.0.1.20)\n"
            "fw.txt:2:26: error: 'many' is no number of log messages\n"
            "    2 | number of log messages : many\n"
            "      |                          ^~~~\n"
            "fw.txt:3:26: error: 'number of log messages' stands here twice for E(10.0.1.20)\n"
            "    3 | number of log messages : 3\n"
            "      |                          ^\n"
            "hint: a line 'Proxy: … Host: NAME(ADDRESS)' may be missing\n");
  EXPECT_EQ(read("Proxy: E(vsys: vsys1) Host: E(10.0.1.20)\n"
                 "number of log messages : 3\n"
                 "number of auth. success messages : 4\n")
                .messages,
            "fw.txt:1: error: E(10.0.1.20) has more successes than log messages: 4 of 3\n"
            "    1 | Proxy: E(vsys: vsys1) Host: E(10.0.1.20)\n");
}

}  // namespace
}  // namespace esm
