#include "sender/listener/intake.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace esm {
namespace {

using std::chrono::seconds;

Profile profile() {
  Profile out;
  out.identifier = RegexIdentifier{"alive", "duser=([a-zA-Z0-9\\_]+)", "dst=([A-F0-9a-f:.]+)"};
  return out;
}

IpAddress ip(const std::string& text) { return IpAddress::parse(text).value(); }

TEST(Intake, CountsAndLearns) {
  ListenerOptions options;
  options.message_bytes_max = 100;
  OutputFile closed;
  const std::function<void(const Mapping&)> nobody;
  Intake intake({profile()}, options, closed, nobody);
  const Sender a = intake.sender(ip("10.0.0.9"));
  const Sender b = intake.sender(ip("10.0.0.8"));
  intake.message("alive duser=anna dst=10.1.0.1", a, seconds{1});
  intake.message("alive duser=bob dst=10.1.0.2", b, seconds{2});
  intake.message("alive duser=bob dst=desktop-7", b, seconds{2});
  intake.message("dead duser=bob dst=10.1.0.2", b, seconds{2});
  intake.message("alive dst=10.1.0.2", b, seconds{2});
  intake.too_long(2, a);
  const ListenerResult result = intake.result(seconds{3});
  EXPECT_EQ(result.messages, 7U);
  EXPECT_EQ(result.mapped, 2U);
  EXPECT_EQ(result.no_match, 3U);
  EXPECT_EQ(result.too_long, 2U);
  EXPECT_EQ(result.bytes, 29U + 28U + 29U + 27U + 18U);
  EXPECT_EQ(result.ended, seconds{3});
  ASSERT_EQ(result.senders.size(), 2U);
  EXPECT_EQ(result.senders[0].address, "10.0.0.8");
  EXPECT_EQ(result.senders[0].messages, 4U);
  EXPECT_EQ(result.senders[0].mapped, 1U);
  EXPECT_EQ(result.senders[1].address, "10.0.0.9");
  EXPECT_EQ(result.senders[1].messages, 3U);
  ASSERT_EQ(result.mappings.size(), 2U);
  EXPECT_EQ(result.mappings[0].user, "anna");
  EXPECT_EQ(result.mappings[1].user, "bob");
}

TEST(Intake, TellsMappingsMadeAndChangedButNotConfirmed) {
  ListenerOptions options;
  options.follow = true;
  OutputFile closed;
  std::vector<std::string> seen;
  const std::function<void(const Mapping&)> see = [&](const Mapping& m) {
    seen.push_back(m.address.to_string() + " " + m.user);
  };
  Intake intake({profile()}, options, closed, see);
  const Sender sender = intake.sender(ip("10.0.0.9"));
  for (const char* const user : {"anna", "anna", "bob", "bob", "anna"}) {
    intake.message(fmt::format("alive duser={} dst=10.1.0.1", user), sender, seconds{1});
  }
  intake.message("alive duser=anna dst=10.1.0.1", sender, std::chrono::hours{1});  // had ended
  EXPECT_EQ(seen, (std::vector<std::string>{"10.1.0.1 anna", "10.1.0.1 bob", "10.1.0.1 anna",
                                            "10.1.0.1 anna"}));
}

TEST(Intake, ALogoutProfileEndsMappings) {
  ListenerOptions options;
  OutputFile closed;
  const std::function<void(const Mapping&)> nobody;
  Profile logout = profile();
  logout.purpose = Profile::For::kLogout;
  Intake intake({logout}, options, closed, nobody);
  intake.message("alive duser=anna dst=10.1.0.1", intake.sender(ip("10.0.0.9")), seconds{1});
  EXPECT_EQ(intake.result(seconds{2}).mapped, 1U);
  EXPECT_EQ(intake.result(seconds{2}).mappings.size(), 0U);
}

TEST(Intake, ProfilesForLoginAndLogoutWorkTogether) {
  ListenerOptions options;
  OutputFile closed;
  const std::function<void(const Mapping&)> nobody;
  Profile logout = profile();
  logout.purpose = Profile::For::kLogout;
  std::get<RegexIdentifier>(logout.identifier).event = "gone";
  Intake intake({profile(), logout}, options, closed, nobody);
  const Sender sender = intake.sender(ip("10.0.0.9"));
  intake.message("alive duser=anna dst=10.1.0.1", sender, seconds{1});
  intake.message("alive duser=bob dst=10.1.0.2", sender, seconds{1});
  intake.message("gone duser=anna dst=10.1.0.1", sender, seconds{2});
  // Who was there before bob does not log him out.
  intake.message("gone duser=anna dst=10.1.0.2", sender, seconds{2});
  const ListenerResult result = intake.result(seconds{3});
  EXPECT_EQ(result.mapped, 4U);
  ASSERT_EQ(result.mappings.size(), 1U);
  EXPECT_EQ(result.mappings[0].user, "bob");
}

TEST(Intake, IgnoredUsersAreCountedByThemselves) {
  ListenerOptions options;
  OutputFile closed;
  const std::function<void(const Mapping&)> nobody;
  Profile ignoring = profile();
  ignoring.ignored = {"svc_*"};
  Intake intake({ignoring}, options, closed, nobody);
  const Sender sender = intake.sender(ip("10.0.0.9"));
  intake.message("alive duser=svc_backup dst=10.1.0.1", sender, seconds{1});
  intake.message("alive duser=anna dst=10.1.0.2", sender, seconds{1});
  const ListenerResult result = intake.result(seconds{2});
  EXPECT_EQ(result.ignored, 1U);
  EXPECT_EQ(result.mapped, 1U);
  EXPECT_EQ(result.no_match, 0U);
  EXPECT_EQ(result.mappings.size(), 1U);
}

TEST(Intake, EveryAddressOfALineIsALogin) {
  ListenerOptions options;
  OutputFile closed;
  const std::function<void(const Mapping&)> nobody;
  Profile fields;
  fields.identifier = FieldIdentifier{"alive", "duser=", "\\s", "dst=", "\\s", 2};
  Intake intake({fields}, options, closed, nobody);
  const Sender sender = intake.sender(ip("10.0.0.9"));
  intake.message("alive duser=anna dst=10.1.0.1 dst=2001:db8::1 dst=10.1.0.3 ", sender, seconds{1});
  const ListenerResult result = intake.result(seconds{2});
  EXPECT_EQ(result.mapped, 1U);
  EXPECT_EQ(result.mappings.size(), 2U);
}

TEST(Intake, AFullTableIsCounted) {
  ListenerOptions options;
  options.mappings_max = 2;
  options.mapping_timeout = seconds{80};
  OutputFile closed;
  const std::function<void(const Mapping&)> nobody;
  Intake intake({profile()}, options, closed, nobody);
  const Sender sender = intake.sender(ip("10.0.0.9"));
  for (int i = 1; i <= 4; ++i) {
    intake.message(fmt::format("alive duser=anna dst=10.1.0.{}", i), sender, seconds{1});
  }
  EXPECT_EQ(intake.result(seconds{2}).table_full, 2U);
  EXPECT_EQ(intake.result(seconds{2}).mappings.size(), 2U);
  intake.tidy(seconds{81});  // what has ended makes room
  intake.message("alive duser=anna dst=10.1.0.3", sender, seconds{81});
  EXPECT_EQ(intake.result(seconds{82}).table_full, 2U);
}

TEST(Intake, SendersAreBounded) {
  ListenerOptions options;
  OutputFile closed;
  const std::function<void(const Mapping&)> nobody;
  Intake intake({profile()}, options, closed, nobody);
  for (std::uint32_t i = 0; i < 1005; ++i) {
    intake.message("x", intake.sender(IpAddress::v4(0x0A000000 + i)), seconds{1});
  }
  const ListenerResult result = intake.result(seconds{1});
  ASSERT_EQ(result.senders.size(), 1001U);
  EXPECT_EQ(result.senders.back().address, "others");
  EXPECT_EQ(result.senders.back().messages, 5U);
}

}  // namespace
}  // namespace esm
