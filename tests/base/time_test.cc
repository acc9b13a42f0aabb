// Moments as RFC 3339 writes them, both ways.
#include "sender/base/time.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace esm {
namespace {

using std::chrono::minutes;

TEST(Rfc3339, IsWrittenAsItWasReadAtAnyDistanceFromUtc) {
  for (const std::string text :
       {"2026-03-02T07:55:00Z", "1970-01-01T00:00:00Z", "2026-03-02T07:55:00.250Z",
        "2026-03-02T07:55:00.000001Z", "2026-03-02T07:55:00.000000001Z",
        "2026-03-28T06:00:00+01:00", "2026-12-31T23:30:00-05:30", "2028-02-29T00:00:00+23:59"}) {
    minutes offset{-1};
    const std::optional<UtcTime> time = parse_rfc3339(text, &offset);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(format_rfc3339(*time, offset), text);
  }
}

TEST(Rfc3339, IsOneMomentWhateverTheDistance) {
  EXPECT_EQ(parse_rfc3339("2026-03-02T07:55:00+01:00"), parse_rfc3339("2026-03-02T06:55:00Z"));
  EXPECT_EQ(format_rfc3339(*parse_rfc3339("2026-01-01T00:30:00+01:00")), "2025-12-31T23:30:00Z");
}

}  // namespace
}  // namespace esm
