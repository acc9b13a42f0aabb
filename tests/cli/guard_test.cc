// Load to private addresses is judged by the plan alone: nothing here opens a socket.
#include "sender/cli/guard.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "sender/scenario/load_scenario.h"

namespace esm {
namespace {

using namespace std::chrono_literals;

constexpr const char* kRefused =
    "error: udp://10.255.255.1: more than 1,000 messages a second are planned for a private "
    "address\n"
    "hint: if its network is yours to load: --allow-rate\n";

class Guard : public testing::Test {
 protected:
  // What the guard says of a scenario.
  std::string says(const std::string& scenario) {
    Diagnostics diagnostics;
    const auto inputs =
        load_inputs(InputOptions{}, SourceText("test", scenario), UtcTime{}, diagnostics);
    EXPECT_TRUE(inputs) << diagnostics.render();
    if (!inputs) return {};
    play_.targets.clear();
    for (const std::string& text : targets_) {
      std::optional<Target> target = parse_target(text, "--to", diagnostics);
      EXPECT_TRUE(target) << diagnostics.render();
      if (target) play_.targets.push_back(std::move(*target));
    }
    guard_rate(*inputs, play_, diagnostics);
    return diagnostics.render();
  }

  std::vector<std::string> targets_ = {"udp://10.255.255.1"};
  PlayOptions play_;
};

std::string load(std::uint64_t rate) {
  LoadOptions options;
  options.rate = Rate{rate, 1s};
  options.duration = 5s;
  return make_load_scenario(options);
}

// 800 messages at 1.9 s and as many at `second`.
std::string two_bursts(const std::string& second) {
  return "length: 10s\n"
         "users:\n"
         "  a: { count: 800, name: 'a{}' }\n"
         "  b: { count: 800, name: 'b{}' }\n"
         "endpoints:\n"
         "  a: { count: 800, host: 'A{}', pool: 10.64.0.0/20 }\n"
         "  b: { count: 800, host: 'B{}', pool: 10.65.0.0/20 }\n"
         "activity:\n"
         "  - { logon: a, on: a, at: 1900ms, curve: at-once }\n"
         "  - { logon: b, on: b, at: " +
         second + ", curve: at-once }\n";
}

std::string one_burst(int count) {
  const std::string n = std::to_string(count);
  return "length: 10s\nusers:\n  u: { count: " + n +
         ", name: 'u{}' }\nendpoints:\n  e: { count: " + n +
         ", host: 'E{}', pool: 10.64.0.0/16 }\nactivity:\n" +
         "  - { logon: u, on: e, at: 1s, curve: at-once }\n";
}

TEST_F(Guard, AThousandMessagesASecondArePermittedAndOneMoreIsNot) {
  EXPECT_EQ(says(load(1'000)), "");
  EXPECT_EQ(says(load(1'001)), kRefused);
}

TEST_F(Guard, ABurstOfAThousandIsPermittedAndOneMoreIsNot) {
  EXPECT_EQ(says(one_burst(1'000)), "");
  EXPECT_EQ(says(one_burst(1'001)), kRefused);
}

TEST_F(Guard, ASecondMayBeginAnywhere) {
  EXPECT_EQ(says(two_bursts("2899ms")), kRefused);
  EXPECT_EQ(says(two_bursts("2900ms")), "");
}

TEST_F(Guard, TheSecondIsOneOfRealTime) {
  play_.speed = Speed{2, 1};
  EXPECT_EQ(says(load(500)), "");
  EXPECT_EQ(says(load(501)), kRefused);
  play_.speed = Speed{1, 2};
  EXPECT_EQ(says(load(2'000)), "");
  EXPECT_EQ(says(load(2'001)), kRefused);
}

TEST_F(Guard, NoSpeedIsTooLargeToBeJudged) {
  play_.speed = Speed{UINT32_MAX, 1};
  EXPECT_EQ(says(load(100)), "") << "500 messages in all";
  EXPECT_EQ(says(load(201)), kRefused);
  play_.speed = Speed{1, UINT32_MAX};
  EXPECT_EQ(says(load(900)), "");
}

TEST_F(Guard, AClosedLoopMayHaveAThousandMessagesInAll) {
  play_.speed.reset();
  EXPECT_EQ(says(load(200)), "");
  EXPECT_EQ(says(load(201)), kRefused);
}

TEST_F(Guard, OnlyThePartThatIsPlayedCounts) {
  play_.speed = Speed{1, 1};
  Diagnostics diagnostics;
  InputOptions options;
  options.shard = Shard{0, 2};
  const auto inputs = load_inputs(options, SourceText("test", load(2'000)), UtcTime{}, diagnostics);
  ASSERT_TRUE(inputs) << diagnostics.render();
  play_.targets.push_back(*parse_target("tcp://192.168.1.1", "--to", diagnostics));
  guard_rate(*inputs, play_, diagnostics);
  EXPECT_EQ(diagnostics.render(), "");
}

TEST_F(Guard, ItIsTheAddressThatMakesATargetPrivate) {
  for (const char* target :
       {"udp://10.0.0.1", "tcp://172.16.0.1", "tls://192.168.0.1", "udp://169.254.0.1",
        "tcp://[fd00::1]", "udp://[fe80::1]", "udp://[::ffff:10.0.0.1]"}) {
    targets_ = {target};
    EXPECT_EQ(says(load(1'001)),
              "error: " + std::string(target) +
                  ": more than 1,000 messages a second are planned for a private address\n"
                  "hint: if its network is yours to load: --allow-rate\n");
  }
  // Public ones are the transport's to refuse.
  for (const char* target :
       {"udp://127.0.0.1", "tcp://[::1]", "udp://192.0.2.1", "file:x", "-", "null:"}) {
    targets_ = {target};
    EXPECT_EQ(says(load(1'001)), "") << target;
  }
}

TEST_F(Guard, OnePrivateTargetAmongOthersIsFoundAndNamedOnce) {
  targets_ = {"udp://127.0.0.1", "null:", "udp://10.255.255.1", "tcp://10.255.255.2"};
  EXPECT_EQ(says(load(1'001)), kRefused);
}

TEST_F(Guard, AWeightedTargetIsAskedForItsShareOnly) {
  play_.speed = Speed{1, 1};
  targets_ = {"udp://10.255.255.1,weight=2", "udp://127.0.0.1,weight=8"};
  play_.distribution = Distribution::kWeighted;
  EXPECT_EQ(says(load(4'000)), "");
  EXPECT_EQ(says(load(5'100)), kRefused);
  // Each of several counts for itself, whatever their order.
  targets_ = {"udp://10.0.0.1,weight=1", "udp://10.255.255.1,weight=9"};
  EXPECT_EQ(says(load(1'050)), "");
  EXPECT_EQ(says(load(1'500)), kRefused);
  // The first that is up gets all.
  play_.distribution = Distribution::kFailOver;
  targets_ = {"udp://127.0.0.1", "udp://10.255.255.1"};
  EXPECT_EQ(says(load(1'050)), kRefused);
}

TEST_F(Guard, WhoSaysThatTheNetworkIsTheirsIsBelieved) {
  play_.transport.allow_rate = true;
  EXPECT_EQ(says(load(1'000'000)), "");
}

}  // namespace
}  // namespace esm
