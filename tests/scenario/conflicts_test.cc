#include "sender/scenario/conflicts.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace esm {
namespace {

using Beginnings = std::vector<std::optional<std::string>>;

std::uint32_t draw(std::uint32_t seed, std::uint32_t index, std::uint32_t below) {
  return static_cast<std::uint32_t>((std::uint64_t{seed} * 7919 + index + 1) * 0x9E3779B97F4A7C15 >>
                                    40) %
         below;
}

TEST(Conflicts, SharedBeginningsAreThoseThatComparingEachWithEachFinds) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    Beginnings beginnings;
    for (std::uint32_t i = 0; i < 40; ++i) {
      if (draw(seed, i * 9 + 7, 12) == 0) {
        beginnings.emplace_back();
        continue;
      }
      std::string text;
      for (std::uint32_t c = 0; c < draw(seed, i * 9, 5); ++c) {
        text += static_cast<char>("ab\xff"[draw(seed, i * 9 + c + 1, 3)]);
      }
      beginnings.emplace_back(text);
    }
    std::vector<Clash> expected;
    for (std::size_t i = 0; i < beginnings.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const auto &a = beginnings[i], &b = beginnings[j];
        if (!a || !b || a->starts_with(*b) || b->starts_with(*a)) expected.emplace_back(i, j);
      }
    }
    EXPECT_EQ(shared_beginnings(beginnings), expected) << "seed " << seed;
  }
}

TEST(Conflicts, OverlapsAreThoseThatComparingEachWithEachFinds) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    std::vector<AddressBlock> blocks;
    for (std::uint32_t i = 0; i < 30; ++i) {
      const std::uint32_t from = draw(seed, i * 3, 240);
      blocks.push_back(*AddressBlock::parse(
          draw(seed, i * 3 + 2, 4) == 0
              ? fmt::format("2001:db8::{:x}/124", from & 0xF0)
              : fmt::format("10.0.0.{}-10.0.0.{}", from, from + draw(seed, i * 3 + 1, 12))));
    }
    std::vector<const AddressBlock*> all;
    for (const AddressBlock& block : blocks) all.push_back(&block);
    std::vector<Clash> expected;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (blocks[i].overlaps(blocks[j])) expected.emplace_back(i, j);
      }
    }
    EXPECT_EQ(overlaps(all), expected) << "seed " << seed;
  }
}

// Each pair is then looked at closely: that is what a scenario of many groups costs.
TEST(Conflicts, OfManyGroupsFewPairsAreLeft) {
  for (const std::size_t count : {3'000U, 30'000U}) {
    Beginnings beginnings;
    std::vector<AddressBlock> blocks;
    std::vector<const AddressBlock*> all;
    for (std::size_t i = 0; i < count; ++i) {
      beginnings.emplace_back(fmt::format("n{}", i));
      blocks.push_back(*AddressBlock::parse(fmt::format("10.{}.{}.0/24", i >> 8, i & 255)));
    }
    for (const AddressBlock& block : blocks) all.push_back(&block);
    EXPECT_LT(shared_beginnings(beginnings).size(), 5 * count);
    EXPECT_TRUE(overlaps(all).empty());
  }
}

}  // namespace
}  // namespace esm
