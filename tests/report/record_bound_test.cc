#include "sender/report/record_bound.h"

#include <gtest/gtest.h>

#include "tests/report/full_record.h"

namespace esm {
namespace {

// A lane of which every other message was refused.
LaneRecord bad_lane(std::uint32_t worker, std::uint64_t exceptions) {
  LaneRecord lane;
  lane.worker = worker;
  lane.workers = 3;
  lane.due = 2 * exceptions;
  for (std::uint64_t i = 0; i < exceptions; ++i) {
    lane.exceptions.push_back({2 * i, 2 * i, Fate::kRefused, Reason::kConnectionRefused, 111});
  }
  return lane;
}

RunRecord record_of(const std::vector<std::uint64_t>& exceptions) {
  RunRecord record = test::full_record();
  record.lanes.clear();
  record.warnings.clear();
  record.targets.resize(1);
  Books& books = record.targets[0].books;
  books = Books{};
  for (const std::uint64_t count : exceptions) {
    record.lanes.push_back(bad_lane(static_cast<std::uint32_t>(record.lanes.size()), count));
    books.due += 2 * count;
    books.written += count;
    books.refused += count;
  }
  books.by_reason[static_cast<std::size_t>(Reason::kConnectionRefused)] = books.refused;
  return record;
}

std::vector<std::size_t> kept(const RunRecord& record) {
  std::vector<std::size_t> out;
  for (const LaneRecord& lane : record.lanes) out.push_back(lane.exceptions.size());
  return out;
}

bool can_be_read(const RunRecord& record) {
  Diagnostics diagnostics;
  const auto read = read_run_record(SourceText("run.json", to_json(record)), diagnostics);
  EXPECT_EQ(diagnostics.render(), "");
  return read && kept(*read) == kept(record) && read->warnings == record.warnings;
}

TEST(RecordBound, ARecordThatHasRoomIsLeftAsItIs) {
  RunRecord record = record_of({1'000, 0, 3});
  const std::string before = to_json(record);
  bound_exceptions(record);
  EXPECT_EQ(to_json(record), before);
  // The bound allows for the words that would tell of an overflow.
  bound_exceptions(record, before.size() + 600);
  EXPECT_EQ(to_json(record), before);
}

TEST(RecordBound, ALaneThatHadOverflowedAlreadyIsToldOf) {
  RunRecord record = record_of({1, 1, 1});
  record.lanes[1].exceptions_overflowed = true;
  bound_exceptions(record);
  EXPECT_EQ(record.warnings,
            (std::vector<std::string>{
                "the run record has no room for all exceptions of 1 of its 3 lanes: there every "
                "message that it does not list counts as uncertain"}));
  EXPECT_TRUE(can_be_read(record));
}

TEST(RecordBound, BeyondTheBoundTheFirstExceptionsOfEveryLaneAreKeptAndTheRestIsDeclared) {
  RunRecord record = record_of({4'000, 10, 9'000});
  const std::size_t bound = to_json(record).size() / 2;
  bound_exceptions(record, bound);
  // Nothing is given away: what is left is less than the two lanes' next exceptions and the words.
  EXPECT_LE(to_json(record).size(), bound);
  EXPECT_GT(to_json(record).size(), bound - 1'000);
  EXPECT_EQ(record.lanes[1].exceptions.size(), 10U);
  EXPECT_FALSE(record.lanes[1].exceptions_overflowed);
  EXPECT_EQ(record.lanes[0].exceptions.size(), record.lanes[2].exceptions.size());
  EXPECT_GT(record.lanes[0].exceptions.size(), 3'000U);
  EXPECT_TRUE(record.lanes[0].exceptions_overflowed);
  EXPECT_TRUE(record.lanes[2].exceptions_overflowed);
  EXPECT_EQ(record.lanes[2].exceptions.back().first, 2 * (record.lanes[2].exceptions.size() - 1));
  EXPECT_EQ(record.warnings,
            (std::vector<std::string>{
                "the run record has no room for all exceptions of 2 of its 3 lanes: there every "
                "message that it does not list counts as uncertain"}));
  EXPECT_TRUE(can_be_read(record));
}

TEST(RecordBound, HoldsWhereverTheBoundLies) {
  const RunRecord whole = record_of({40, 1, 60});
  const std::size_t bytes = to_json(whole).size();
  for (std::size_t bound = bytes - 3'000; bound < bytes + 700; bound += 7) {
    RunRecord record = whole;
    bound_exceptions(record, bound);
    ASSERT_LE(to_json(record).size(), bound);
    ASSERT_EQ(record.warnings.empty(), kept(record) == kept(whole));
  }
}

TEST(RecordBound, ExceptionsOfTheLargestNumbersFitToo) {
  RunRecord record = record_of({5});
  LaneRecord& lane = record.lanes[0];
  lane.due = UINT64_MAX;
  for (std::uint64_t i = 0; i < 5; ++i) {
    lane.exceptions[i] = {UINT64_MAX - 20 + 2 * i, UINT64_MAX - 20 + 2 * i, Fate::kRefused,
                          Reason::kConnectionRefused, -2'147'483'647};
  }
  const std::size_t bytes = to_json(record).size();
  for (std::size_t bound = bytes - 200; bound < bytes + 600; bound += 3) {
    RunRecord bounded = record;
    bound_exceptions(bounded, bound);
    ASSERT_LE(to_json(bounded).size(), bound);
  }
}

TEST(RecordBound, WithoutRoomForAnyExceptionNoneIsKept) {
  RunRecord record = record_of({2, 2});
  bound_exceptions(record, 1);
  EXPECT_EQ(kept(record), (std::vector<std::size_t>{0, 0}));
  EXPECT_EQ(record.warnings.size(), 1U);
  EXPECT_TRUE(can_be_read(record));
}

}  // namespace
}  // namespace esm
