// What a plan is said to contain is what its events are.
#include "sender/check/plan_summary.h"

#include <numeric>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "sender/check/explanation.h"

#include "tests/support/played_plan.h"

namespace esm {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using test::PlayedPlan;

// `count` people who log on in the first ten minutes of two hours.
std::string office(std::uint32_t count, const std::string& more = "") {
  const std::string n = std::to_string(count);
  return "length: 2h\nstart: 2026-03-02T08:00:00Z\nusers:\n  u: { count: " + n +
         ", name: \"u{}\" }\n  ann: { name: ann }\n  bob: { name: bob }\nendpoints:\n  e: { "
         "count: " +
         n +
         ", host: \"e{}\", pool: 10.0.0.0/16, heartbeat: 30m }\n  f: { host: f, pool: 10.9.0.0/24 "
         "}\n" +
         "activity:\n  - { logon: u, on: e, at: 0m, within: 10m }\n" + more;
}

std::uint64_t sum(const auto& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

TEST(PlanSummary, CountsEveryEventOfEveryShippedScenarioOnce) {
  for (const char* const name : {"a-whole-day", "dhcp-churn", "vdi-pool", "many-esms"}) {
    SCOPED_TRACE(name);
    const PlayedPlan played(test::project_file("scenarios/" + std::string(name) + ".yaml"));
    const PlanSummary summary = summarize(played.plan(), {});
    std::set<IpAddress> addresses;
    std::array<std::uint64_t, kEventKinds> kinds{};
    std::vector<std::uint64_t> by_second(
        static_cast<std::size_t>(played.plan().scenario().length / seconds{1}) + 1);
    for (const PlayedPlan::Line& line : played.lines()) {
      addresses.insert(played.plan().address(line.event));
      ++kinds[static_cast<std::size_t>(line.event.kind)];
      ++by_second[static_cast<std::size_t>(line.event.due / seconds{1})];
    }
    EXPECT_EQ(summary.sample, 1U);
    EXPECT_EQ(summary.ended_at, kNever);
    EXPECT_EQ(summary.messages, played.lines().size());
    EXPECT_EQ(summary.by_kind, kinds);
    EXPECT_EQ(sum(summary.by_group), summary.messages);
    EXPECT_EQ(sum(summary.slices), summary.messages);
    EXPECT_EQ(summary.addresses, addresses.size());
    const auto peak = std::max_element(by_second.begin(), by_second.end());
    EXPECT_EQ(summary.peak, *peak);
    EXPECT_EQ(summary.peak_at, seconds{peak - by_second.begin()});
  }
}

TEST(PlanSummary, ShardsAreTheWholeTogether) {
  const PlayedPlan played(office(100));
  const std::uint64_t whole = summarize(played.plan(), {}).messages;
  std::uint64_t parts = 0;
  for (std::uint32_t index = 0; index < 3; ++index) {
    SummaryOptions options;
    options.shard = {index, 3};
    parts += summarize(played.plan(), options).messages;
  }
  EXPECT_EQ(parts, whole);
}

TEST(PlanSummary, ContestedIsWhoSpeaksLessThanASecondBehindAnotherOneAtTheirAddress) {
  const PlayedPlan played(office(1,
                                 "steps:\n"
                                 "  - { at: 30m, logon: ann, on: f }\n"
                                 "  - { at: 30m999ms, logon: bob, on: f }\n"        // contested
                                 "  - { at: 30m1s998ms, logon: ann, on: f }\n"      // contested
                                 "  - { at: 30m2s998ms, logon: bob, on: f }\n"      // a second: not
                                 "  - { at: 30m3s, logon: bob, on: f }\n"           // the same one
                                 "  - { at: 30m3s100ms, logon: ann, on: e1 }\n"));  // elsewhere
  EXPECT_EQ(summarize(played.plan(), {}).contested, 2U);
  SummaryOptions faster;
  faster.settle = seconds{2};
  EXPECT_EQ(summarize(played.plan(), faster).contested, 3U);
}

TEST(PlanSummary, AHugeFleetIsEstimatedFromASampleOverItsWholeLength) {
  const PlayedPlan played(office(20'000));
  const PlanSummary exact = summarize(played.plan(), {});
  const auto near = [](std::uint64_t value, std::uint64_t right, std::uint64_t percent) {
    return value * 100 >= right * (100 - percent) && value * 100 <= right * (100 + percent);
  };
  // Where every second member comes in one half of the window, an even sample would see that half.
  for (const std::uint64_t messages_max : {9'000U, 10'000U, 11'000U, 12'500U, 18'000U}) {
    SCOPED_TRACE(messages_max);
    SummaryOptions options;
    options.messages_max = messages_max;
    const PlanSummary rough = summarize(played.plan(), options);
    EXPECT_GT(rough.sample, 5U);
    EXPECT_EQ(rough.ended_at, kNever);
    EXPECT_LE(rough.messages / rough.sample, 2 * messages_max);
    EXPECT_TRUE(near(rough.messages, exact.messages, 3)) << rough.messages << " " << exact.messages;
    EXPECT_TRUE(near(rough.addresses, exact.addresses, 3)) << rough.addresses;
    EXPECT_TRUE(near(rough.usual, exact.usual, 10)) << rough.usual << " " << exact.usual;
    ASSERT_EQ(rough.slices.size(), exact.slices.size());
    for (std::size_t i = 0; i < exact.slices.size(); ++i) {
      EXPECT_TRUE(near(rough.slices[i], exact.slices[i], 20)) << i;
    }
  }
}

TEST(PlanSummary, TellsHowFarItIsWhenItTakesLong) {
  const PlayedPlan played(office(60'000));
  SummaryOptions options;
  std::uint64_t walked = 0;
  options.progress = [&walked](std::uint64_t now) { walked = now; };
  const PlanSummary summary = summarize(played.plan(), options);
  EXPECT_GT(walked, 200'000U);
  EXPECT_LE(walked, summary.messages);
}

TEST(PlanSummary, ALoadWithoutEndIsLookedAtNoLongerThanAllowed) {
  const PlayedPlan played(
      "length: 1h\nusers:\n  u: { name: u }\nendpoints:\n  e: { host: e, pool: 10.0.0.0/24, rate: "
      "100 }\n"
      "activity:\n  - { logon: u, on: e, at: 0s, curve: at-once }\n");
  SummaryOptions options;
  options.messages_max = 50'000;
  const PlanSummary summary = summarize(played.plan(), options);
  EXPECT_EQ(summary.sample, 1U);
  EXPECT_GE(summary.messages, 100'000U);
  EXPECT_LT(summary.messages, 105'000U);
  EXPECT_EQ(summary.ended_at, std::chrono::milliseconds{10} * (summary.messages - 1));
  EXPECT_EQ(summary.peak, 100U);
}

TEST(PlanSummary, SlicesAreRoundAndAtMostTwentyFour) {
  for (const char* const length : {"1ms", "7s", "90s", "1h", "2h", "23h59m", "24h", "9d", "400d"}) {
    const PlayedPlan played(
        std::string("length: ") + length +
        "\nusers:\n  u: { name: u }\nendpoints:\n  e: { host: e, pool: 10.0.0.0/24 }\n");
    const PlanSummary summary = summarize(played.plan(), {});
    EXPECT_LE(summary.slices.size(), 24U) << length;
    EXPECT_GE(summary.slices.size(), 1U) << length;
    EXPECT_EQ(sum(summary.slices), 0U);
  }
}

TEST(PlanSummary, IsExplainedInWords) {
  const PlayedPlan played(office(50,
                                 "steps:\n  - { at: 30m, logon: ann, on: f }\n"
                                 "  - { at: 30m, logon: bob, on: f }\n"));
  PlanSummary summary = summarize(played.plan(), {});
  summary.schedule_bytes = 3 << 20;
  const SummaryOptions options;
  EXPECT_EQ(explain(summary, played.plan(), 245, played.epoch(), options),
            R"(length     2h, from 2026-03-02T08:00:00Z
users      52 in 3 groups
endpoints  51 in 2 groups, through 1 ESM
  e  50 endpoints, 244 messages
  f  1 endpoint, 3 messages
messages   247: 52 logon, 195 heartbeat
average    0.0343/s
steady     0.0333/s, in the middle one of the minutes that have messages
peak       2 in one second, at 5m43s
longest    245 bytes at most
addresses  51 are used
contested  1 message less than 1s behind another user's on the same address
memory     3MiB at most, for the schedule in one thread
messages in 5m each:
      0s  ################################################    28
      5m  ##################################################  29
     10m  #################                                   10
     15m  #############                                       8
     20m  ###############                                     9
     25m  #################                                   10
     30m  #############                                       8
     35m  ############                                        7
     40m  #################                                   10
     45m  #############                                       8
     50m  ###############                                     9
     55m  #################                                   10
      1h  ##########                                          6
    1h5m  ############                                        7
   1h10m  ##################                                  11
   1h15m  #############                                       8
   1h20m  ###############                                     9
   1h25m  #################                                   10
   1h30m  ##########                                          6
   1h35m  ############                                        7
   1h40m  #################                                   10
   1h45m  #############                                       8
   1h50m  ###############                                     9
   1h55m  #################                                   10
)");
  summary.sample = 8;
  summary.ended_at = hours{1} + minutes{10};
  SummaryOptions shard;
  shard.shard = {1, 4};
  const std::string rough = explain(summary, played.plan(), 245, played.epoch(), shard);
  EXPECT_EQ(rough.substr(0, rough.find("messages in")),
            R"(shard      1/4: messages, rates and memory below are of this part
estimate   ~ is from a sample: 1 endpoint in 8 (--all looks at all of them)
not all    only what is due before 1h10m was looked at (--all goes on)
length     2h, from 2026-03-02T08:00:00Z
users      52 in 3 groups
endpoints  51 in 2 groups, through 1 ESM
  e  50 endpoints, ~244 messages
  f  1 endpoint, ~3 messages
messages   ~247: ~52 logon, ~195 heartbeat
average    ~0.0588/s
steady     ~0.0333/s, in the middle one of the minutes that have messages
peak       ~2 in one second, at 5m43s (rather less: chance is magnified)
longest    245 bytes at most
addresses  ~51 are used
contested  ~1 message less than 1s behind another user's on the same address
memory     ~3MiB at most, for the schedule in one thread
)");
}

TEST(PlanSummary, APlanWithoutMessagesIsExplainedToo) {
  const PlayedPlan played(
      "length: 1h\nusers:\n  u: { name: u }\nendpoints:\n  e: { host: e, pool: 10.0.0.0/24 }\n");
  EXPECT_EQ(explain(summarize(played.plan(), {}), played.plan(), 200, UtcTime{}, {}),
            "length     1h, from 1970-01-01T00:00:00Z\n"
            "users      1 in 1 group\n"
            "endpoints  1 in 1 group, through 1 ESM\n"
            "  e  1 endpoint, 0 messages\n"
            "messages   0\n");
}

}  // namespace
}  // namespace esm
