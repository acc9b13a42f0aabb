#include "sender/engine/lane_ledger.h"

#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace esm {
namespace {

using testing::ElementsAre;

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
  ledger.drained();
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
  ledger.lost(0);
  EXPECT_EQ(ledger.due(), 6U);
  ledger.drop(6, Reason::kDisconnected);
  ledger.connected();
  write(ledger, 7, 8);
  ledger.drained();
  EXPECT_TRUE(ledger.books().balanced(true));
  EXPECT_EQ(ledger.books().written, 8U);
  EXPECT_EQ(ledger.books().cut, 1U);
  EXPECT_EQ(ledger.books().uncertain, 6U);
  EXPECT_EQ(ledger.books().drained, 2U);
  EXPECT_EQ(ledger.books().connections, 2U);
  EXPECT_EQ(ledger.books().reconnects, 1U);
  EXPECT_EQ(text(ledger), "0-4 written/none; 5-5 cut/none; 6-6 dropped/disconnected; ");
}

TEST(LaneLedger, WhatIsAcknowledgedOfALostConnectionIsNeitherUncertainNorListed) {
  LaneLedger ledger(true, 100);
  ledger.connected();
  write(ledger, 0, 4);  // bytes 0 to 500
  EXPECT_EQ(ledger.due(), 5U);
  ledger.drop(5, Reason::kTooLate);
  write(ledger, 6, 9);    // to 900
  write(ledger, 10, 19);  // to 1,900
  EXPECT_EQ(ledger.due(), 20U);
  ledger.book(20, Fate::kCut, Reason::kNone, 104);
  ledger.lost(1'899);
  EXPECT_TRUE(ledger.books().balanced(true));
  EXPECT_EQ(ledger.books().acknowledged, 9U);
  EXPECT_EQ(ledger.books().uncertain, 11U);
  EXPECT_EQ(text(ledger), "5-5 dropped/too-late; 10-19 written/none; 20-20 cut/none; ");
  // The next connection counts its bytes from 0 again.
  ledger.connected();
  write(ledger, 21, 22);
  ledger.lost(200);
  EXPECT_EQ(ledger.books().acknowledged, 11U);
  EXPECT_EQ(ledger.books().uncertain, 11U);
  EXPECT_THAT(ledger.acknowledged(), ElementsAre(MessageInterval{0, 9}, MessageInterval{21, 22}))
      << "one for each connection, whatever was dropped meanwhile";
}

// A connection on which every other message came too late has as many gaps as messages.
TEST(LaneLedger, HoweverManyGapsAConnectionHasWhatItAcknowledgedIsListed) {
  LaneLedger ledger(true, 1'000);
  ledger.connected();
  for (std::uint64_t n = 0; n < 1'000; n += 2) {
    write(ledger, n, n);
    EXPECT_EQ(ledger.due(), n + 1);
    ledger.drop(n + 1, Reason::kTooLate);
  }
  ledger.lost(100U * 400);
  EXPECT_EQ(ledger.books().acknowledged, 400U);
  EXPECT_THAT(ledger.acknowledged(), ElementsAre(MessageInterval{0, 798}));
}

TEST(LaneLedger, AMillionMessagesOfWhichNothingIsHeardStayWithinItsMemory) {
  LaneLedger ledger(true, 100);
  ledger.connected();
  for (std::uint64_t n = 0; n < 1'000'000; ++n) write(ledger, n, n);
  EXPECT_TRUE(ledger.wants_acknowledged() || ledger.books().written == 1'000'000);
  ledger.lost(100U * 1'000'000);
  EXPECT_EQ(ledger.books().acknowledged, 1'000'000U);
}

TEST(LaneLedger, DatagramsEndAtWritten) {
  LaneLedger ledger(false, 100);
  ledger.connected();
  write(ledger, 0, 1);
  EXPECT_EQ(ledger.due(), 2U);
  ledger.book(2, Fate::kRefused, Reason::kTooLong, 90);
  ledger.icmp_errors(2);
  ledger.lost(0);
  EXPECT_TRUE(ledger.books().balanced(true));
  EXPECT_EQ(ledger.books().uncertain, 0U);
  EXPECT_EQ(ledger.books().icmp_errors, 2U);
  EXPECT_EQ(text(ledger), "2-2 refused/too-long; ");
}

TEST(LaneLedger, OfSharedNumbersWhatDidNotEndHereEndedElsewhere) {
  LaneLedger ledger(true, 100, true);
  ledger.connected();
  ledger.written(3, 5, 300);
  ledger.drop(9, Reason::kTooLate);
  ledger.written(7, 7, 100);
  ledger.drained();
  ledger.share(12);
  EXPECT_EQ(ledger.numbered(), 12U);
  EXPECT_EQ(ledger.books().due, 5U);
  EXPECT_TRUE(ledger.books().balanced(true));
  const auto elsewhere = [](std::uint64_t first, std::uint64_t last) {
    return FateInterval{first, last, Fate::kElsewhere, Reason::kNone, 0};
  };
  EXPECT_EQ(ledger.exceptions(),
            (std::vector<FateInterval>{elsewhere(0, 2),
                                       elsewhere(6, 6),
                                       elsewhere(8, 8),
                                       {9, 9, Fate::kDropped, Reason::kTooLate, 0},
                                       elsewhere(10, 11)}));
}

TEST(LaneLedger, WhereTooMuchEndedHereInTurnsTheRestIsNotSaidToBeElsewhere) {
  LaneLedger ledger(true, 4, true);
  ledger.connected();
  for (std::uint64_t number = 0; number < 100; number += 2) ledger.written(number, number, 100);
  ledger.drained();
  ledger.share(100);
  EXPECT_TRUE(ledger.overflowed());
  for (const FateInterval& interval : ledger.exceptions()) EXPECT_EQ(interval.first % 2, 1U);
}

}  // namespace
}  // namespace esm
