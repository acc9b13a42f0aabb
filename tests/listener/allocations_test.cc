// Law 7: no allocation per message. A program of its own, because it counts every allocation.
#include <string>

#include <gtest/gtest.h>

#include "sender/listener/intake.h"

#include "tests/support/allocation_counter.h"

namespace esm {
namespace {

using std::chrono::seconds;

TEST(Intake, AConfirmationAllocatesNothing) {
  ListenerOptions options;
  OutputFile closed;
  const std::function<void(const Mapping&)> nobody;
  Profile with_domain;
  with_domain.identifier =
      RegexIdentifier{"alive", "duser=([a-zA-Z0-9\\_]+)", "dst=([A-F0-9a-f:.]+)"};
  with_domain.default_domain = "A-DOMAIN-WITH-A-LONG-NAME";
  Intake intake({with_domain}, options, closed, nobody);
  const std::string line =
      "<134>Sep 28 2016 17:38:48 172.16.183.173 LEEF:1.0|x|y|z|Heartbeat|duser=a_user_with_a_name_"
      "longer_than_any_small_string\tdst=2001:db8:1111:2222:3333:4444:5555:6666\tmsg=alive";
  const std::string other = "<134>Sep 28 2016 17:38:48 172.16.183.173 CEF:0|x|y";
  const Sender sender = intake.sender(IpAddress::v4(0x0A000009));
  intake.message(line, sender, seconds{1});
  const std::uint64_t before = test::allocations();
  for (int i = 0; i < 1000; ++i) {
    intake.message(line, intake.sender(IpAddress::v4(0x0A000009)), seconds{2 + i});
    intake.message(other, sender, seconds{2 + i});
  }
  EXPECT_EQ(test::allocations() - before, 0U);
  EXPECT_EQ(intake.messages(), 2001U);
}

}  // namespace
}  // namespace esm
