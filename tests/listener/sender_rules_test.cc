#include "sender/listener/sender_rules.h"

#include <fmt/format.h>

#include "tests/listener/with_listener.h"

namespace esm {
namespace {

SenderRule rule(const std::string& from, int profiles = 0) {
  return {parse_sender(from).value(), std::vector<Profile>(static_cast<std::size_t>(profiles))};
}

IpAddress ip(const std::string& text) { return IpAddress::parse(text).value(); }

TEST(SenderRules, SendersAreAddressesOrNetworks) {
  for (const char* const good : {"10.0.1.20", "10.0.1.0/24", "2001:db8::20", "2001:db8::/32"}) {
    EXPECT_TRUE(parse_sender(good).has_value()) << good;
  }
  for (const char* const bad : {"", "esm01", "10.0.1.20/24", "10.0.1.20:514", "10.0.1.0/33", "*"}) {
    EXPECT_FALSE(parse_sender(bad).has_value()) << bad;
  }
}

TEST(SenderRules, WithoutThemEverybodyIsHeard) {
  const SenderRules rules;
  EXPECT_TRUE(rules.allows(ip("10.0.0.1")));
  EXPECT_EQ(rules.with_profiles_for(ip("10.0.0.1")), nullptr);
}

TEST(SenderRules, ExclusiveOnesHearNobodyElse) {
  SenderRules rules{{rule("10.0.1.20"), rule("2001:db8::/32")}, true};
  EXPECT_TRUE(rules.allows(ip("10.0.1.20")));
  EXPECT_TRUE(rules.allows(ip("2001:db8::7")));
  EXPECT_FALSE(rules.allows(ip("10.0.1.21")));
  EXPECT_FALSE(rules.allows(ip("2001:db9::7")));
  rules.exclusive = false;
  EXPECT_TRUE(rules.allows(ip("10.0.1.21")));
}

TEST(SenderRules, TheNarrowestWithProfilesCounts) {
  const SenderRules rules{
      {rule("10.0.0.0/8", 1), rule("10.0.1.0/24", 2), rule("10.0.1.20"), rule("10.0.0.0/16", 1)},
      false};
  EXPECT_EQ(rules.with_profiles_for(ip("10.9.0.1")), &rules.rules[0]);
  EXPECT_EQ(rules.with_profiles_for(ip("10.0.1.1")), &rules.rules[1]);
  EXPECT_EQ(rules.with_profiles_for(ip("10.0.1.20")), &rules.rules[1]);
  EXPECT_EQ(rules.with_profiles_for(ip("10.0.2.1")), &rules.rules[3]);
  EXPECT_EQ(rules.with_profiles_for(ip("192.0.2.1")), nullptr);
}

using SendersTest = WithListener;

TEST_F(SendersTest, OnlyThoseAllowedAreHeardAndTheOthersCounted) {
  ListenerOptions options = on_tls();
  options.tcp = {{}};
  options.senders = {{rule("127.0.0.2")}, true};
  options.stop_after_count = 2;
  Running listener(options);
  const Client stranger(SOCK_DGRAM, listener.ports().udp.at(0), "127.0.0.1", "127.0.0.3");
  stranger.send(heartbeat("eve", "10.1.0.9"));
  stranger.send(heartbeat("eve", "10.1.0.9"));
  EXPECT_LE(tcp_to(listener.ports().tcp.at(0)).wait_for_end(), 0);
  EXPECT_LE(tcp_to(listener.ports().tls.at(0)).wait_for_end(), 0);
  Client(SOCK_DGRAM, listener.ports().udp.at(0), "127.0.0.1", "127.0.0.2")
      .send(heartbeat("anna", "10.1.0.1"));
  const Client tcp(SOCK_STREAM, listener.ports().tcp.at(0), "127.0.0.1", "127.0.0.2");
  tcp.send(heartbeat("bob", "10.1.0.2") + "\n");
  const ListenerResult result = listener.wait();
  EXPECT_EQ(result.messages, 2U);
  EXPECT_EQ(result.datagrams_not_allowed, 2U);
  EXPECT_EQ(result.connections_not_allowed, 2U);
  EXPECT_EQ(result.connections_aborted, 0U);
  EXPECT_NE(result.first_not_allowed, "");
  EXPECT_NE(result.first_not_allowed, "127.0.0.2");
  EXPECT_EQ(shown(result.mappings), (std::vector<std::string>{"10.1.0.1 anna", "10.1.0.2 bob"}));
  ASSERT_EQ(result.senders.size(), 1U);
  EXPECT_EQ(result.senders[0].address, "127.0.0.2");
}

TEST_F(SendersTest, ASenderMayHaveProfilesOfItsOwn) {
  Profile fields;
  fields.identifier = FieldIdentifier{"logged on", "user:", "\\s", "from:", "\\s", 1};
  fields.default_domain = "lab";
  Profile more = fields;
  std::get<FieldIdentifier>(more.identifier).event = "came back";
  ListenerOptions options = on_udp();
  options.senders.rules = {{parse_sender("127.0.0.2").value(), {fields, more}}};
  options.stop_after_count = 5;
  Running listener(options);
  const Client other(SOCK_DGRAM, listener.ports().udp.at(0), "127.0.0.1", "127.0.0.2");
  other.send("logged on user:anna from:10.1.0.1 .");
  other.send("came back user:bob from:10.1.0.2 .");
  other.send(heartbeat("carl", "10.1.0.3"));
  const Client usual(SOCK_DGRAM, listener.ports().udp.at(0), "127.0.0.1", "127.0.0.1");
  usual.send(heartbeat("dora", "10.1.0.4"));
  usual.send("logged on user:anna from:10.1.0.5 .");
  const ListenerResult result = listener.wait();
  EXPECT_EQ(shown(result.mappings),
            (std::vector<std::string>{"10.1.0.1 lab\\anna", "10.1.0.2 lab\\bob", "10.1.0.4 dora"}));
  EXPECT_EQ(result.no_match, 2U);
}

}  // namespace
}  // namespace esm
