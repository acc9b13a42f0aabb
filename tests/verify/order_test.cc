// Lines that came out of the order in which they left: counted, and no difference.
#include <algorithm>
#include <functional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "sender/base/random.h"
#include "sender/report/lane_rule.h"
#include "sender/verify/verify.h"

#include "tests/support/played_plan.h"

namespace esm {
namespace {

using test::PlayedPlan;
using Order = Verdict::Order;

const PlayedPlan& two_esms() {
  static const PlayedPlan played(R"(
length: 1h
start: 2026-03-02T07:55:00Z
esm:
  - { name: esm01, address: 10.0.1.20 }
  - { name: esm02, address: 10.0.1.21 }
users:
  office: { count: 40, name: "user{:05}" }
endpoints:
  office: { count: 40, host: "PC-{:05}", pool: 10.20.0.0/24, heartbeat: 10m }
activity:
  - { logon: office, on: office, at: 1m, within: 5m, curve: uniform }
)");
  return played;
}

Verdict verify(const PlayedPlan& played, const std::vector<std::size_t>& received,
               const RunRecord* record = nullptr) {
  std::string text;
  for (const std::size_t i : received) text += played.lines()[i].text + "\n";
  std::istringstream stream(text);
  const VerifyInput input{.plan = played.plan(),
                          .templates = played.templates(),
                          .epoch = played.epoch(),
                          .shard = {},
                          .record = record,
                          .receiver_timeout = std::nullopt};
  return verify_received(input, stream);
}

std::vector<std::size_t> all(const PlayedPlan& played) {
  std::vector<std::size_t> numbers(played.lines().size());
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
  return numbers;
}

struct Counted {
  std::uint64_t lines = 0;
  std::uint64_t first = 0;
  friend bool operator==(const Counted&, const Counted&) = default;
};
std::ostream& operator<<(std::ostream& out, const Counted& counted) {
  return out << counted.lines << " from line " << counted.first;
}
Counted counted(const Verdict& verdict) {
  return {verdict.out_of_order, verdict.out_of_order_line};
}

TEST(VerifyOrder, AnOrderThatTheSenderRelaxedIsNotLookedAt) {
  const PlayedPlan& played = two_esms();
  RunRecord record = played.record({});
  record.targets.at(0).order_relaxed = true;
  std::vector<std::size_t> backwards = all(played);
  std::reverse(backwards.begin(), backwards.end());
  const Verdict relaxed = verify(played, backwards, &record);
  EXPECT_TRUE(relaxed.ok()) << verdict_text(relaxed, "messages");
  EXPECT_EQ(relaxed.order, Order::kRelaxed);
  EXPECT_EQ(counted(relaxed), (Counted{0, 0}));
  record.targets.at(0).order_relaxed = false;
  EXPECT_GT(verify(played, backwards, &record).out_of_order, 0U);
}

TEST(VerifyOrder, ALineIsOutOfOrderWhenALaterOneCameBefore) {
  const PlayedPlan played(R"(
length: 1h
start: 2026-03-02T07:55:00Z
users: { ann: { name: ann } }
endpoints: { pc: { host: w10, pool: 10.20.0.1/32, heartbeat: 10m } }
activity: [ { logon: ann, on: pc, at: 1m } ]
)");
  ASSERT_GE(played.lines().size(), 5U);
  const auto came = [&](std::vector<std::size_t> order) {
    for (std::size_t& number : order) --number;
    return counted(verify(played, order));
  };
  EXPECT_EQ(came({1, 2, 3, 4, 5}), (Counted{0, 0}));
  EXPECT_EQ(came({1, 2, 4, 5, 3}), (Counted{1, 5}));
  EXPECT_EQ(came({2, 3, 4, 5, 1}), (Counted{1, 5}));
  EXPECT_EQ(came({5, 1, 2, 3, 4}), (Counted{4, 2}));
  EXPECT_EQ(came({5, 4, 3, 2, 1}), (Counted{4, 2}));
  // What is missing or doubled is neither early nor late.
  EXPECT_EQ(came({1, 5}), (Counted{0, 0}));
  EXPECT_EQ(came({1, 2, 3, 1, 4, 2, 5, 5}), (Counted{0, 0}));
}

TEST(VerifyOrder, IsNoDifference) {
  const std::vector<std::size_t> right = all(two_esms());
  const Verdict verdict = verify(two_esms(), {right.rbegin(), right.rend()});
  EXPECT_TRUE(verdict.ok());
  EXPECT_EQ(verdict.matched, right.size());
  // The last line of each ESM is the first to come and in its place.
  EXPECT_EQ(verdict.out_of_order, right.size() - 2);
}

// The definition, word for word.
std::uint64_t out_of_order(const std::vector<std::size_t>& received,
                           const std::function<std::uint32_t(std::size_t)>& lane_of) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < received.size(); ++i) {
    const bool later_before =
        std::any_of(received.begin(), received.begin() + static_cast<std::ptrdiff_t>(i),
                    [&](std::size_t before) {
                      return before > received[i] && lane_of(before) == lane_of(received[i]);
                    });
    if (later_before) ++count;
  }
  return count;
}

// Swaps each line with one of the next few, or leaves it.
std::vector<std::size_t> shuffled(std::vector<std::size_t> lines, std::uint32_t seed) {
  for (std::size_t i = 0; i + 4 < lines.size(); ++i) {
    const std::uint64_t by =
        scale(draw(seed, {1, 0}, Purpose::kArrival, static_cast<std::uint32_t>(i)), 8);
    if (by < 4) std::swap(lines[i], lines[i + by]);
  }
  return lines;
}

TEST(VerifyOrder, IsLookedAtWithinEachConnectionOfTheRecord) {
  constexpr std::uint32_t kWorkers = 2, kConnections = 3;
  const RunRecord record = two_esms().record({.workers = kWorkers, .connections = kConnections});
  const auto lane_of = [&](std::size_t i) {
    const Event& event = two_esms().lines()[i].event;
    return (two_esms().plan().esm(event.endpoint) * kWorkers +
            worker_of(event.endpoint, 1, kWorkers)) *
               kConnections +
           connection_of(event.endpoint, 1, kWorkers, kConnections);
  };
  // Connection by connection: each in order, though the whole is not.
  std::vector<std::size_t> sorted = all(two_esms());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](std::size_t a, std::size_t b) { return lane_of(a) < lane_of(b); });
  const Verdict verdict = verify(two_esms(), sorted, &record);
  EXPECT_EQ(verdict.order, Order::kOfConnections);
  EXPECT_EQ(counted(verdict), (Counted{0, 0}));

  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    const std::vector<std::size_t> lines = shuffled(all(two_esms()), seed);
    const std::uint64_t expected = out_of_order(lines, lane_of);
    EXPECT_GT(expected, 0U);
    EXPECT_EQ(verify(two_esms(), lines, &record).out_of_order, expected);
  }
}

TEST(VerifyOrder, IsLookedAtWithinEachEsmWithoutARecord) {
  const auto esm_of = [](std::size_t i) {
    return two_esms().plan().esm(two_esms().lines()[i].event.endpoint);
  };
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    const std::vector<std::size_t> lines = shuffled(all(two_esms()), seed);
    const Verdict verdict = verify(two_esms(), lines);
    EXPECT_EQ(verdict.order, Order::kOfEsms);
    EXPECT_EQ(verdict.out_of_order, out_of_order(lines, esm_of));
  }
}

TEST(VerifyOrder, LinesThatNeverLeftAreNotJudged) {
  const std::size_t last = two_esms().lines().size() - 1;
  const RunRecord record = two_esms().record({}, [&](std::size_t i, std::uint32_t) {
    PlayedPlan::End end;
    if (i == last) end = {Fate::kDropped, Reason::kTooLate, false, true};
    return end;
  });
  std::vector<std::size_t> lines = all(two_esms());
  std::rotate(lines.begin(), lines.end() - 1, lines.end());
  const Verdict verdict = verify(two_esms(), lines, &record);
  EXPECT_EQ(verdict.invented, 1U);
  EXPECT_EQ(counted(verdict), (Counted{0, 0}));
}

TEST(VerifyOrder, IsToldToPeopleAndToPrograms) {
  Verdict verdict;
  verdict.order = Order::kOfConnections;
  verdict.expected = verdict.matched = verdict.received = 10'000;
  EXPECT_EQ(verdict_text(verdict, "messages"),
            "messages: 10,000 expected, 10,000 matched, 0 missing\nOK\n");
  verdict.out_of_order = 1'234;
  verdict.out_of_order_line = 5'678;
  EXPECT_EQ(verdict_text(verdict, "messages"),
            "messages: 10,000 expected, 10,000 matched, 0 missing\n"
            "1,234 lines came behind one that had left later on the same connection, the first is "
            "line 5,678: no difference, the order may change on the way\n"
            "OK\n");
  EXPECT_EQ(verdict_json(verdict),
            "{\"ok\":true,\"expected\":10000,\"matched\":10000,\"missing\":0,\"altered\":0,"
            "\"duplicated\":0,\"invented\":0,\"expired_early\":0,\"extra\":0,\"lingering\":0,"
            "\"wrong_user\":0,\"wrong_remaining\":0,\"wrong_counters\":0,"
            "\"contested\":0,\"other_letters\":0,\"from_elsewhere\":0,\"not_sent\":0,\"uncertain_"
            "missing\":0,\"uncertain_received\":0,"
            "\"uncertain_cut\":0,\"expectations\":0,\"expectations_failed\":0,\"received\":10000,"
            "\"other_lines\":0,\"tolerated\":0,"
            "\"order_within\":\"connection\",\"out_of_order\":1234,"
            "\"out_of_order_first_line\":5678,\"displaced\":0,\"resent_received\":0,\"lost_total\":"
            "0,\"lost\":[],"
            "\"endpoints_wrong\":0,\"endpoints\":[],\"not_compared\":0,\"trouble\":\"\","
            "\"findings_total\":0,\"findings\":[]}");
  verdict.order = Order::kOfEsms;
  verdict.out_of_order = 1;
  verdict.out_of_order_line = 2;
  EXPECT_EQ(verdict_text(verdict, "messages"),
            "messages: 10,000 expected, 10,000 matched, 0 missing\n"
            "1 line came behind one that had left later from the same ESM, the first is line 2: no "
            "difference, the order may change on the way\n"
            "OK\n");
}

TEST(VerdictJson, OfATableSaysNothingOfOrderAndEveryTextIsUtf8) {
  Verdict verdict;
  verdict.expected = 2;
  verdict.missing = 1;
  verdict.wrong_user = 1;
  verdict.findings_total = 2;
  verdict.received = 1;
  verdict.findings = {{Finding::Kind::kWrongUser, "10.0.0.1", "j\"\u00fc", "x\xff\t", "why", 3}};
  EXPECT_EQ(verdict_json(verdict),
            "{\"ok\":false,\"expected\":2,\"matched\":0,\"missing\":1,\"altered\":0,"
            "\"duplicated\":0,\"invented\":0,\"expired_early\":0,\"extra\":0,\"lingering\":0,"
            "\"wrong_user\":1,\"wrong_remaining\":0,\"wrong_counters\":0,"
            "\"contested\":0,\"other_letters\":0,\"from_elsewhere\":0,\"not_sent\":0,\"uncertain_"
            "missing\":0,\"uncertain_received\":0,"
            "\"uncertain_cut\":0,\"expectations\":0,\"expectations_failed\":0,\"received\":1,"
            "\"other_lines\":0,\"tolerated\":0,\"not_compared\":0,\"trouble\":\"\",\"findings_"
            "total\":2,\"findings\":["
            "{\"kind\":\"wrong-user\",\"subject\":\"10.0.0.1\",\"expected\":\"j\\\"\u00fc\","
            "\"found\":\"x\\\\xff\\\\x09\",\"reason\":\"why\",\"count\":3}]}");
}

}  // namespace
}  // namespace esm
