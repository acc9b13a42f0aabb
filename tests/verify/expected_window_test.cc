#include "sender/verify/expected_window.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace esm {
namespace {

using Came = ExpectedWindow::Came;

Hash128 hash(std::uint64_t n) { return {n * 0x9E3779B97F4A7C15U, n}; }

ExpectedWindow::Supply supply(const std::vector<ExpectedLine>& lines) {
  return [&lines, at = std::size_t{0}](std::vector<ExpectedLine>& out) mutable {
    for (std::size_t i = 0; i < 100 && at < lines.size(); ++i) out.push_back(lines[at++]);
    return at < lines.size();
  };
}

std::vector<ExpectedLine> numbered(std::size_t count) {
  std::vector<ExpectedLine> lines;
  for (std::size_t i = 0; i < count; ++i) {
    lines.push_back({hash(i), i, static_cast<std::uint32_t>(i % 7), 0, false});
  }
  return lines;
}

TEST(ExpectedWindow, InOrderNothingIsKept) {
  const std::vector<ExpectedLine> lines = numbered(100'000);
  ExpectedWindow window(1'000, 7, supply(lines));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    ASSERT_EQ(window.receive(lines[i].hash, i + 1), Came::kKnown);
  }
  window.finish();
  EXPECT_EQ(window.matched(), lines.size());
  EXPECT_TRUE(window.absent().empty() && window.strays().empty() && window.copies().empty());
  EXPECT_EQ(window.displaced(), 0U);
}

TEST(ExpectedWindow, EqualLinesCannotBeToldApartAndAreNotJudged) {
  const std::vector<ExpectedLine> lines{{hash(1), 0, 0, 0, false},
                                        {hash(2), 1, 0, 0, false},
                                        {hash(1), 2, 0, 0, false},
                                        {hash(3), 3, 0, 0, true},
                                        {hash(4), 4, 0, ExpectedWindow::kNotJudged, false}};
  ExpectedWindow window(1, 1, supply(lines));
  EXPECT_EQ(window.receive(hash(3), 1), Came::kKnown);
  EXPECT_EQ(window.receive(hash(1), 2), Came::kKnown);
  EXPECT_EQ(window.receive(hash(1), 3), Came::kKnown);
  EXPECT_EQ(window.receive(hash(2), 4), Came::kOutOfOrder);
  EXPECT_EQ(window.receive(hash(2), 5), Came::kCopy);
  EXPECT_EQ(window.receive(hash(4), 6), Came::kKnown);
  EXPECT_EQ(window.receive(hash(9), 7), Came::kStray);
  window.finish();
  EXPECT_EQ(window.matched(), 4U);
  EXPECT_EQ(window.uncertain_matched(), 1U);
  EXPECT_EQ(window.copies_total(), 1U);
  EXPECT_EQ(window.strays().size(), 1U);
}

TEST(ExpectedWindow, ACertainLineIsTheFirstToHaveComeAlsoFarBehindAnUncertainOne) {
  std::vector<ExpectedLine> lines = numbered(10'000);
  lines[0] = {hash(77'777), 0, 0, 0, true};
  lines[9'999] = {hash(77'777), 9'999, 0, 0, false};
  ExpectedWindow window(600, 7, supply(lines));
  for (std::size_t i = 0; i < 9'999; ++i) window.receive(lines[i].hash, i + 1);
  window.finish();
  EXPECT_EQ(window.matched(), 9'999U);
  EXPECT_EQ(window.uncertain_matched(), 0U);
  ASSERT_EQ(window.absent().size(), 1U);
  EXPECT_EQ(window.absent()[0].uncertain, 1U);
  EXPECT_EQ(window.absent()[0].sent, 0U);
}

// The result is that of two multisets, whatever was done to the lines and however small the window.
TEST(ExpectedWindow, AgreesWithCountingWhateverTheOrder) {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    const std::size_t count = 200 + below(6'000);
    std::vector<ExpectedLine> lines = numbered(count);
    for (ExpectedLine& line : lines) {
      if (below(20) == 0) line.hash = hash(below(50));  // equal to others
      line.uncertain = below(30) == 0;
    }
    std::vector<std::uint64_t> order(count);
    for (std::size_t i = 0; i < count; ++i) order[i] = i;
    // Lost intervals, late lines, lines of one half behind those of the other, reversed.
    for (std::size_t i = below(3); i > 0; --i) {
      const std::size_t from = below(order.size());
      order.erase(
          order.begin() + static_cast<std::ptrdiff_t>(from),
          order.begin() + static_cast<std::ptrdiff_t>(std::min(order.size(), from + below(2'000))));
      if (order.empty()) break;
    }
    for (std::size_t i = 0; i + 1 < order.size(); ++i) {
      if (below(10) == 0) std::swap(order[i], order[std::min(order.size() - 1, i + below(50))]);
    }
    if (below(4) == 0) std::reverse(order.begin(), order.end());
    if (below(4) == 0) {
      std::stable_partition(order.begin(), order.end(), [](std::uint64_t i) { return i % 2 == 0; });
    }
    std::vector<Hash128> received;
    for (const std::uint64_t i : order) {
      received.push_back(lines[i].hash);
      if (below(40) == 0) received.push_back(lines[i].hash);
      if (below(40) == 0) received.push_back(hash(1'000'000 + below(100)));
    }

    ExpectedWindow window(512 + below(3) * 1'000, 7, supply(lines));
    for (std::size_t i = 0; i < received.size(); ++i) window.receive(received[i], i + 1);
    window.finish();

    struct Count {
      std::uint64_t sent = 0, uncertain = 0, received = 0;
    };
    std::map<Hash128, Count> counts;
    for (const ExpectedLine& line : lines) {
      ++(line.uncertain ? counts[line.hash].uncertain : counts[line.hash].sent);
    }
    for (const Hash128& one : received) ++counts[one].received;
    std::uint64_t matched = 0, uncertain = 0, missing = 0, more = 0;
    for (const auto& [one, c] : counts) {
      const std::uint64_t of_sent = std::min(c.sent, c.received);
      const std::uint64_t of_uncertain = std::min(c.uncertain, c.received - of_sent);
      matched += of_sent;
      uncertain += of_uncertain;
      missing += c.sent - of_sent;
      more += c.received - of_sent - of_uncertain;
    }
    std::uint64_t absent = 0;
    for (const ExpectedWindow::Absent& line : window.absent()) absent += line.sent;
    EXPECT_EQ(window.matched(), matched);
    EXPECT_EQ(window.uncertain_matched(), uncertain);
    EXPECT_EQ(absent, missing);
    EXPECT_EQ(window.strays().size() + window.copies_total(), more);
  }
}

}  // namespace
}  // namespace esm
