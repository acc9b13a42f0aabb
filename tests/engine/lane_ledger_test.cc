#include "sender/engine/lane_ledger.h"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace esm {
namespace {

std::string text(LaneLedger& ledger) {
  std::string out;
  for (const FateInterval& i : ledger.exceptions()) {
    out += fmt::format("{}-{} {}/{}; ", i.first, i.last, name_of(i.fate), name_of(i.reason));
  }
  return out;
}

void write(LaneLedger& ledger, std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t n = first; n <= last; ++n) ASSERT_EQ(ledger.due(), n);
  ledger.written(first, last, 100 * (last - first + 1));
}

TEST(LaneLedger, ADrainedConnectionLeavesNoExceptions) {
  LaneLedger ledger(true, 100);
  ledger.connected();
  write(ledger, 0, 9);
  EXPECT_TRUE(ledger.books().balanced(false));
  EXPECT_FALSE(ledger.books().balanced(true));
  ledger.disconnected(true);
  EXPECT_TRUE(ledger.books().balanced(true));
  EXPECT_EQ(ledger.books().drained, 10U);
  EXPECT_EQ(ledger.books().bytes_written, 1000U);
  EXPECT_EQ(text(ledger), "");
}

TEST(LaneLedger, WhatWasWrittenOnALostConnectionIsUncertainAndListed) {
  LaneLedger ledger(true, 100);
  ledger.connected();
  write(ledger, 0, 4);
  EXPECT_EQ(ledger.due(), 5U);
  ledger.book(5, Fate::kCut, Reason::kNone, 104);
  ledger.disconnected(false);
  EXPECT_EQ(ledger.due(), 6U);
  ledger.drop(6, Reason::kDisconnected);
  ledger.connected();
  write(ledger, 7, 8);
  ledger.disconnected(true);
  EXPECT_TRUE(ledger.books().balanced(true));
  EXPECT_EQ(ledger.books().written, 8U);
  EXPECT_EQ(ledger.books().cut, 1U);
  EXPECT_EQ(ledger.books().uncertain, 6U);
  EXPECT_EQ(ledger.books().drained, 2U);
  EXPECT_EQ(ledger.books().connections, 2U);
  EXPECT_EQ(ledger.books().reconnects, 1U);
  EXPECT_EQ(text(ledger), "0-4 written/none; 5-5 cut/none; 6-6 dropped/disconnected; ");
}

TEST(LaneLedger, DatagramsEndAtWritten) {
  LaneLedger ledger(false, 100);
  ledger.connected();
  write(ledger, 0, 1);
  EXPECT_EQ(ledger.due(), 2U);
  ledger.book(2, Fate::kRefused, Reason::kTooLong, 90);
  ledger.icmp_errors(2);
  ledger.disconnected(false);
  EXPECT_TRUE(ledger.books().balanced(true));
  EXPECT_EQ(ledger.books().uncertain, 0U);
  EXPECT_EQ(ledger.books().icmp_errors, 2U);
  EXPECT_EQ(text(ledger), "2-2 refused/too-long; ");
}

}  // namespace
}  // namespace esm
