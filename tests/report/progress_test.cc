#include "sender/report/progress.h"

#include <gtest/gtest.h>

namespace esm {
namespace {

using namespace std::chrono_literals;

Progress at_two_seconds() {
  Progress now;
  now.due = 21'000;
  now.written = 20'000;
  now.connections_up = 4;
  now.connections_wanted = 4;
  now.elapsed = 2s;
  now.simulated = 120s;
  now.lateness_max = 1'234us;
  return now;
}

TEST(ProgressLine, SaysHowTheRunStands) {
  ProgressLine line(ProgressLine::Form::kTerminal, 100);
  Progress now = at_two_seconds();
  EXPECT_EQ(line.update(now),
            "\r2.0s  due 21,000  written 20,000  10,000/s  late 1.23ms  connected 4/4\033[K");
  now.elapsed = 3s;
  now.due = now.written = 25'000;
  now.lateness_max = 0ms;
  EXPECT_EQ(line.update(now), "\r3.0s  due 25,000  written 25,000  5,000/s  connected 4/4\033[K");
}

TEST(ProgressLine, PutsWhatIsBadFirst) {
  ProgressLine line(ProgressLine::Form::kTerminal, 100);
  Progress now = at_two_seconds();
  now.refused = 700;
  now.dropped = 300;
  now.connections_up = 3;
  EXPECT_EQ(line.update(now),
            "\r2.0s  due 21,000  written 20,000  10,000/s  LOST 1,000  connected 3/4  "
            "late 1.23ms\033[K");
}

TEST(ProgressLine, ShowsConnectionsBeforeTheClockStarts) {
  ProgressLine line(ProgressLine::Form::kTerminal);
  Progress now;
  now.connections_up = 1;
  now.connections_wanted = 8;
  EXPECT_EQ(line.update(now), "\rconnecting: 1 of 8 connections are up\033[K");
}

TEST(ProgressLine, IsShorterThanTheTerminalIsWide) {
  for (const std::size_t columns : {0U, 1U, 2U, 20U, 71U, 72U, 200U}) {
    ProgressLine line(ProgressLine::Form::kTerminal, columns);
    const std::string text = line.update(at_two_seconds());
    const std::size_t shown = text.size() - std::string("\r\033[K").size();
    EXPECT_LE(shown, std::max<std::size_t>(columns, 1) - 1);
  }
}

TEST(ProgressLine, IsClearedOnceBeforeOtherText) {
  ProgressLine line(ProgressLine::Form::kTerminal);
  EXPECT_EQ(line.clear(), "");
  line.update(at_two_seconds());
  EXPECT_EQ(line.clear(), "\r\033[K");
  EXPECT_EQ(line.clear(), "");
}

TEST(ProgressLine, IsOneJsonObjectALineForPrograms) {
  ProgressLine line(ProgressLine::Form::kJsonLines);
  EXPECT_EQ(line.update(at_two_seconds()),
            "{\"elapsed_ns\":2000000000,\"simulated_ns\":120000000000,\"due\":21000,"
            "\"written\":20000,\"refused\":0,\"dropped\":0,\"written_per_second\":10000,"
            "\"lateness_max_ns\":1234000,\"connections_up\":4,\"connections_wanted\":4}\n");
  EXPECT_EQ(line.clear(), "");
}

TEST(ProgressLine, IsSilentOnRequest) {
  ProgressLine line(ProgressLine::Form::kNone);
  EXPECT_EQ(line.update(at_two_seconds()), "");
  EXPECT_EQ(line.clear(), "");
}

}  // namespace
}  // namespace esm
