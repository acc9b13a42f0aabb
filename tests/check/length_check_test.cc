// Messages longer than the receiver takes, of each of a scenario's templates.
#include "sender/check/length_check.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/message/renderer.h"

#include "tests/check/warnings.h"

namespace esm {
namespace {

using test::PlayedPlan;
using test::text_of;

constexpr const char* kHint =
    "  hint: a shorter template or smaller size; PAN-OS takes 2,048 bytes up to 9.1 and 8,000 from "
    "10.0, say which with for:\n";

// Heartbeats of two people, one noise, and messages of their logoffs.
const std::string kScenario =
    "length: 4h\nstart: 2026-03-02T08:00:00Z\nreceiver: { profile: [traps-kb, fsso-logoff] }\n"
    "users:\n  jo: { name: jo }\n  maximilian: { name: maximilian }\n"
    "endpoints:\n  e: { host: w10, pool: 10.0.1.51/32, heartbeat: 30m, heartbeat-clock: logon, "
    "logoff-message: fsso-logoff }\n"
    "noise: [ { message: traps-leef-prevention, on: e, every: 1h } ]\n"
    "steps:\n  - { at: 1m, logon: jo, on: w10 }\n  - { at: 50m, logoff: jo, on: w10 }\n"
    "  - { at: 2h, logon: maximilian, on: w10 }\n  - { at: 3h, logoff: maximilian, on: w10 }\n";

// The longest of each: heartbeats, noise, logoffs.
std::array<std::size_t, 3> longest(const PlayedPlan& played) {
  std::array<std::size_t, 3> found{};
  for (const auto& line : played.lines()) {
    std::size_t& one = found.at(static_cast<std::size_t>(line.event.message));
    one = std::max(one, line.text.size());
  }
  return found;
}

std::string said(const PlayedPlan& played, std::size_t limit) {
  CheckOptions options;
  options.epoch = played.epoch();
  options.message_bytes_max = limit;
  std::vector<Warning> warnings;
  check_lengths(played.plan(), played.templates(), options, warnings);
  return text_of(warnings);
}

TEST(LengthCheck, HeartbeatsNoiseAndLogoffsAreEachHeldToTheReceiversLimit) {
  const PlayedPlan played(kScenario);
  const auto [heartbeat, noise, logoff] = longest(played);
  ASSERT_TRUE(logoff < heartbeat && heartbeat < noise)
      << logoff << ' ' << heartbeat << ' ' << noise;
  EXPECT_EQ(said(played, noise), "") << "one below";
  const std::string of_noise = fmt::format(
      "message-too-long: traps-leef-prevention: 1 of 1 messages is longer than the {} bytes this "
      "receiver takes, the longest has {}\n",
      noise - 1, noise);
  EXPECT_EQ(said(played, noise - 1).substr(0, of_noise.size()), of_noise) << "one above";
  EXPECT_EQ(said(played, heartbeat).find("traps-leef-heartbeat"), std::string::npos);
  const std::string of_heartbeat = fmt::format(
      "message-too-long: traps-leef-heartbeat: 2 of 4 messages are longer than the {0} bytes this "
      "receiver takes, the longest has {1}\n"
      "  the longest is of maximilian at w10, 2h\n{2}",
      heartbeat - 1, heartbeat, kHint);
  EXPECT_EQ(said(played, heartbeat - 1).substr(0, of_heartbeat.size()), of_heartbeat);
  const std::string of_logoff = fmt::format(
      "message-too-long: fsso-logoff: 1 of 2 messages is longer than the {0} bytes this "
      "receiver takes, the longest has {1}\n"
      "  the longest is of maximilian at w10, 3h\n{2}",
      logoff - 1, logoff, kHint);
  EXPECT_TRUE(said(played, logoff - 1).ends_with(of_logoff)) << said(played, logoff - 1);
}

// What a long plan may still hold is said, and is not made up where all was looked at.
TEST(LengthCheck, WhereNotAllIsLookedAtTheWorstCaseIsSaid) {
  const auto load = [](std::uint32_t messages) {
    return PlayedPlan(fmt::format(
        "length: 10h\nstart: 2026-03-02T08:00:00Z\nusers:\n  u: {{ count: 10k, name: 'u{{}}' }}\n"
        "endpoints:\n  e: {{ count: 10k, host: 'w{{}}', pool: 10.0.0.0/16, rate: 1k, messages: {} "
        "}}\nactivity:\n  - {{ logon: u, on: e, at: 0s, curve: at-once }}\n",
        messages));
  };
  const PlayedPlan part = load(4'096), whole = load(10'000);
  const std::size_t seen = longest(part)[0];
  const std::size_t bound = Renderer(whole.templates(), whole.plan(), whole.epoch()).length_max();
  ASSERT_LT(seen, longest(whole)[0]);
  EXPECT_EQ(said(part, seen), "") << "w10000 is never heard of";
  CheckOptions options;
  options.epoch = whole.epoch();
  options.messages_max = 1;
  options.message_bytes_max = seen;
  std::vector<Warning> warnings;
  check_lengths(whole.plan(), whole.templates(), options, warnings);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].problem,
            fmt::format("traps-leef-heartbeat: messages may have {} bytes, more than the {} this "
                        "receiver takes, though none of the first 4,096 has",
                        bound, seen));
}

}  // namespace
}  // namespace esm
