#include "sender/engine/trouble_log.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace esm {
namespace {

using namespace std::chrono_literals;

std::string text(const std::optional<Diagnostic>& diagnostic) {
  if (!diagnostic) return "";
  return fmt::format("{}: {}: {}", diagnostic->place.file,
                     diagnostic->severity == Severity::kError ? "error" : "warning",
                     diagnostic->problem);
}

TEST(TroubleLog, TheFirstIsShownAtOnceAndTheSameIsKeptQuietForAWhile) {
  TroubleLog log({"tcp://a:514", "tcp://b:514"});
  const Trouble lost{0, Severity::kWarning, "connection lost: reset by peer", "look at a"};
  EXPECT_EQ(text(log.add(1s, lost)), "tcp://a:514: warning: connection lost: reset by peer");
  EXPECT_EQ(text(log.add(1s, lost)), "");
  EXPECT_EQ(text(log.add(10s, lost)), "");
  EXPECT_EQ(text(log.add(1s, {1, Severity::kError, lost.problem, ""})),
            "tcp://b:514: error: connection lost: reset by peer");
  EXPECT_EQ(text(log.add(11s, lost)),
            "tcp://a:514: warning: connection lost: reset by peer (2 more times)");
  EXPECT_TRUE(log.finish().empty());
}

TEST(TroubleLog, WhatWasKeptQuietIsToldAtTheEnd) {
  TroubleLog log({"udp://a"});
  const Trouble trouble{0, Severity::kWarning, "refused", "hint"};
  (void)log.add(0s, trouble);
  (void)log.add(1s, trouble);
  const std::vector<Diagnostic> rest = log.finish();
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(text(rest[0]), "udp://a: warning: refused (1 more time)");
  EXPECT_EQ(rest[0].hint, "hint");
}

TEST(TroubleLog, EndlesslyDifferentProblemsAreBounded) {
  TroubleLog log({"udp://a"});
  std::size_t shown = 0;
  for (int i = 0; i < 10'000; ++i) {
    if (log.add(0s, {0, Severity::kWarning, fmt::format("problem {}", i), ""})) ++shown;
  }
  EXPECT_EQ(shown, TroubleLog::kKindsMax);
  const std::vector<Diagnostic> rest = log.finish();
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(text(rest[0]), "udp://a: warning: other problems (9,900 more times)");
}

}  // namespace
}  // namespace esm
