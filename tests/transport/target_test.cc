#include "sender/transport/target.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace esm {
namespace {

std::string described(const Target& target) {
  struct Describe {
    std::string operator()(const UdpTarget& t) const {
      return fmt::format("udp {} {}", t.host, t.port);
    }
    std::string operator()(const TcpTarget& t) const {
      return fmt::format("tcp {} {}", t.host, t.port);
    }
    std::string operator()(const TlsTarget& t) const {
      return fmt::format("tls {} {}", t.host, t.port);
    }
    std::string operator()(const FileTarget& t) const { return "file " + t.path; }
    std::string operator()(const NullTarget&) const { return "null"; }
  };
  return std::visit(Describe{}, target.kind);
}

TEST(Target, EveryFormIsRead) {
  const std::pair<const char*, const char*> table[] = {
      {"udp://10.0.0.1", "udp 10.0.0.1 514"},
      {"udp://10.0.0.1:5514", "udp 10.0.0.1 5514"},
      {"tcp://firewall", "tcp firewall 514"},
      {"tcp://fw-1.lab_net.example.:1", "tcp fw-1.lab_net.example. 1"},
      {"tls://firewall", "tls firewall 6514"},
      {"tls://firewall:65535/", "tls firewall 65535"},
      {"udp://[2001:db8::1]", "udp 2001:db8::1 514"},
      {"tls://[::1]:6515", "tls ::1 6515"},
      {"tcp://[::ffff:10.0.0.1]:514", "tcp ::ffff:10.0.0.1 514"},
      {"tcp://localhost", "tcp localhost 514"},
      {"tcp://9to5.example", "tcp 9to5.example 514"},
      {"file:out.log", "file out.log"},
      {"file:/dev/null", "file /dev/null"},
      {"file:///var/log/x", "file ///var/log/x"},
      {"file:a:b", "file a:b"},
      {"-", "file -"},
      {"null:", "null"},
  };
  for (const auto& [text, wanted] : table) {
    Diagnostics diagnostics;
    const auto target = parse_target(text, "--to", diagnostics);
    EXPECT_EQ(diagnostics.render(), "") << text;
    ASSERT_TRUE(target) << text;
    EXPECT_EQ(described(*target), wanted) << text;
    EXPECT_EQ(target->text, text);
  }
}

TEST(Target, AWeightStandsBehindIt) {
  const std::tuple<const char*, const char*, std::uint32_t> table[] = {
      {"tls://fw:6514,weight=3", "tls://fw:6514", 3},
      {"tcp://[::1],weight=1000", "tcp://[::1]", 1'000},
      {"null:,weight=1", "null:", 1},
      {"file:a,b,weight=007", "file:a,b", 7},
  };
  for (const auto& [text, rest, weight] : table) {
    Diagnostics diagnostics;
    const auto target = parse_target(text, "--to", diagnostics);
    EXPECT_EQ(diagnostics.render(), "") << text;
    ASSERT_TRUE(target) << text;
    EXPECT_EQ(target->text, rest);
    EXPECT_EQ(target->weight, weight);
  }
  Diagnostics diagnostics;
  EXPECT_EQ(parse_target("tls://fw", "--to", diagnostics).value().weight, std::nullopt);
}

TEST(Target, OnlyTcpAndTlsAreStreams) {
  const std::pair<const char*, bool> table[] = {
      {"udp://h", false}, {"tcp://h", true}, {"tls://h", true}, {"-", false}, {"null:", false}};
  for (const auto& [text, stream] : table) {
    Diagnostics diagnostics;
    EXPECT_EQ(parse_target(text, "--to", diagnostics).value().is_stream(), stream) << text;
  }
}

TEST(Target, ErrorsSayWhatToWrite) {
  const std::string all =
      "write udp://host:514, tcp://host:514, tls://host:6514, file:PATH, - or null:";
  const std::string weights =
      "a whole number from 1 to 1000: of 3 and 1 the first gets three quarters";
  const std::tuple<std::string, std::string, std::string> table[] = {
      {"", "the target is empty", all},
      {"udp", "'udp': 'udp' is only a kind of target", all},
      {"10.0.0.1", "'10.0.0.1': does not say how to send",
       "write udp://10.0.0.1, tcp://10.0.0.1 or tls://10.0.0.1"},
      {"10.0.0.1:514", "'10.0.0.1:514': does not say how to send",
       "write udp://10.0.0.1:514, tcp://10.0.0.1:514 or tls://10.0.0.1:514"},
      {"2001:db8::1", "'2001:db8::1': does not say how to send",
       "write udp://[2001:db8::1], tcp://[2001:db8::1] or tls://[2001:db8::1]"},
      {"upd://10.0.0.1", "'upd://10.0.0.1': 'upd' is not a kind of target", "did you mean 'udp'?"},
      {"UDP://10.0.0.1", "'UDP://10.0.0.1': 'UDP' is not a kind of target", "did you mean 'udp'?"},
      {"https://10.0.0.1", "'https://10.0.0.1': 'https' is not a kind of target", all},
      {"udp:10.0.0.1", "'udp:10.0.0.1': '//' is missing", "write udp://10.0.0.1"},
      {"udp:/10.0.0.1", "'udp:/10.0.0.1': '//' is missing", "write udp://10.0.0.1"},
      {"tcp://", "'tcp://': the host is missing", "write tcp://192.0.2.10:514"},
      {"tls://:6514", "'tls://:6514': the host is missing", "write tls://192.0.2.10:6514"},
      {"udp://h:0", "'udp://h:0': '0' is not a port", "a number from 1 to 65535; without it 514"},
      {"udp://h:65536", "'udp://h:65536': '65536' is not a port",
       "a number from 1 to 65535; without it 514"},
      {"tls://h:", "'tls://h:': '' is not a port", "a number from 1 to 65535; without it 6514"},
      {"tls://h:syslog", "'tls://h:syslog': 'syslog' is not a port",
       "a number from 1 to 65535; without it 6514"},
      {"tls://h:5k", "'tls://h:5k': '5k' is not a port",
       "a number from 1 to 65535; without it 6514"},
      {"udp://2001:db8::1", "'udp://2001:db8::1': an IPv6 address stands in brackets",
       "write udp://[2001:db8::1]:514"},
      {"udp://a:1:2", "'udp://a:1:2': there is more than one ':'",
       "write udp://host:514, or udp://[2001:db8::1]:514 for IPv6"},
      {"udp://[2001:db8::1", "'udp://[2001:db8::1': ']' is missing behind the IPv6 address",
       "write udp://[2001:db8::1]:514"},
      {"udp://[10.0.0.1]:514",
       "'udp://[10.0.0.1]:514': '10.0.0.1' in brackets is not an IPv6 address",
       "write udp://[2001:db8::1]:514"},
      {"udp://[fe80::1%eth0]",
       "'udp://[fe80::1%eth0]': 'fe80::1%eth0' in brackets is not an IPv6 address",
       "addresses with a zone (%eth0) are not supported: use a global or unique local one"},
      {"udp://[::1]514", "'udp://[::1]514': '514' behind the address is not a port",
       "write udp://[::1]:514"},
      {"udp://10.0.0.256", "'udp://10.0.0.256': '10.0.0.256' is not an IPv4 address",
       "four numbers from 0 to 255, without leading zeros: 192.0.2.10"},
      {"udp://10.1", "'udp://10.1': '10.1' is not an IPv4 address",
       "four numbers from 0 to 255, without leading zeros: 192.0.2.10"},
      {"udp://0x7f.1", "'udp://0x7f.1': '0x7f.1' is not an IPv4 address",
       "four numbers from 0 to 255, without leading zeros: 192.0.2.10"},
      {"udp://fire wall", "'udp://fire wall': 'fire wall' is not a host name",
       "letters, digits, '-' and '_', parts separated by '.'"},
      {"udp://-h", "'udp://-h': '-h' is not a host name",
       "letters, digits, '-' and '_', parts separated by '.'"},
      {"udp://a..b", "'udp://a..b': 'a..b' is not a host name",
       "letters, digits, '-' and '_', parts separated by '.'"},
      {"udp://user@h", "'udp://user@h': a target has no user", "write udp://h"},
      {"udp://h:514/path", "'udp://h:514/path': nothing may follow host and port",
       "write udp://h:514"},
      {"file:", "'file:': the file's name is missing", "write file:PATH, or - for standard output"},
      {"file://out.log", "'file://out.log': there is no host in front of a file's path",
       "write file:out.log"},
      {"null:x", "'null:x': null: takes nothing behind it", "write null:"},
      {"null", "'null': 'null' is only a kind of target", all},
      {"tcp://h,weight=0", "'tcp://h,weight=0': '0' is not a weight", weights},
      {"tcp://h,weight=1001", "'tcp://h,weight=1001': '1001' is not a weight", weights},
      {"tcp://h,weight=", "'tcp://h,weight=': '' is not a weight", weights},
      {"tcp://h,weight=50%", "'tcp://h,weight=50%': '50%' is not a weight", weights},
      {",weight=1", "the target is empty", all},
      {"tcp://h,wieght=3", "'tcp://h,wieght=3': 'h,wieght=3' is not a host name",
       "behind a comma only its share can stand: ,weight=3"},
  };
  for (const auto& [text, problem, hint] : table) {
    Diagnostics diagnostics;
    EXPECT_FALSE(parse_target(text, "--to", diagnostics)) << text;
    EXPECT_EQ(diagnostics.render(), fmt::format("error: --to: {}\nhint: {}\n", problem, hint));
  }
}

}  // namespace
}  // namespace esm
