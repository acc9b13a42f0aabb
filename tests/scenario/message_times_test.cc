#include "sender/scenario/message_times.h"

#include <gtest/gtest.h>

#include "sender/base/random.h"

namespace esm {
namespace {

using namespace std::chrono_literals;

TEST(MessageTimes, WithoutARampMessagesAreEvenlyApart) {
  const MessageTimes times(Rate{3, 1s}, 0s);
  EXPECT_EQ(times.at(0), SimTime{0});
  EXPECT_EQ(times.at(1), SimTime{333'333'333});
  EXPECT_EQ(times.at(3), SimTime{1s});
  EXPECT_EQ(times.at(3'000'000'001), SimTime{1'000'000'000s + 333'333'333ns});
}

// A tenth of the way up a tenth of the rate: a hundredth of the messages are due by then.
TEST(MessageTimes, ARampRisesEvenlyAndHalfOfItsMessagesAreDueByItsEnd) {
  const MessageTimes times(Rate{1'000, 1s}, 10s);
  EXPECT_EQ(times.at(0), SimTime{0});
  EXPECT_EQ(times.at(50), SimTime{1s});
  EXPECT_EQ(times.at(200), SimTime{2s});
  EXPECT_EQ(times.at(1'250), SimTime{5s});
  EXPECT_EQ(times.at(5'000), SimTime{10s});
  EXPECT_EQ(times.at(5'001), SimTime{10s + 1ms});
  EXPECT_EQ(times.at(15'000), SimTime{20s});
}

TEST(MessageTimes, TheLongestRampAndTheSlowestRateStayInRange) {
  for (const Rate& rate : {Rate{1, kRampMax}, Rate{1, 1ns}, Rate{999'999'937, 1s}}) {
    const MessageTimes times(rate, kRampMax);
    for (const std::uint64_t message : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32,
                                        std::uint64_t{1} << 63, UINT64_MAX}) {
      EXPECT_GE(times.at(message), SimTime{0}) << message;
      EXPECT_LE(times.at(message), kNever) << message;
    }
    EXPECT_LE(times.at(UINT64_MAX / 2), times.at(UINT64_MAX));
  }
}

TEST(MessageTimes, MessagesKeepTheirOrderAndAreFoundByTheirTime) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    const auto drawn = [&](std::uint32_t what, std::uint64_t most) {
      return draw(seed, {what, 0}, Purpose::kArrival, 0) % most + 1;
    };
    const Rate rate{drawn(0, 1'000'000),
                    SimTime{static_cast<std::int64_t>(drawn(1, 100'000'000'000))}};
    const SimTime ramp{static_cast<std::int64_t>(drawn(2, 1'000'000'000'000)) - 1};
    const MessageTimes times(rate, ramp);
    const std::uint64_t first = drawn(3, 1'000'000'000);
    SimTime before = times.at(first - 1);
    for (std::uint64_t m = first; m < first + 50; ++m) {
      const SimTime at = times.at(m);
      ASSERT_GE(at, before) << "seed " << seed << " message " << m;
      before = at;
      const std::uint64_t about = times.about(at);
      ASSERT_LE(times.at(about), at) << "seed " << seed << " message " << m;
      // The first one due then is found with a few steps forward.
      std::uint64_t found = about;
      while (times.at(found) < at) ++found;
      ASSERT_LE(found - about, 4U) << "seed " << seed << " message " << m;
    }
  }
}

TEST(MessageMoment, IsWhereMessageTimesSayWhateverTheStride) {
  const Rate rates[] = {{1, SimTime{1}},
                        {7, SimTime{3'000'000'000}},
                        {999'983, SimTime{1'000'000'000}},
                        {1'000'000, SimTime{1'000'000'000}},
                        {1, std::chrono::days{3650}},
                        {3, SimTime{10}}};
  for (const Rate& rate : rates) {
    const MessageTimes times(rate, SimTime{0});
    ASSERT_TRUE(times.rise());
    for (const std::uint64_t stride : {1U, 2U, 63U, 10'000'000U}) {
      const MessageMoment::Stride way(times, stride);
      for (const std::uint64_t first : {0U, 1U, 1'000'003U}) {
        MessageMoment moment(times, first);
        for (std::uint64_t message = first; message < first + 200 * stride; message += stride) {
          ASSERT_EQ(moment.due(), times.at(message).count())
              << format_rate(rate) << ", message " << message << ", stride " << stride;
          moment.advance(way);
        }
      }
    }
  }
  EXPECT_FALSE(MessageTimes({11, SimTime{10}}, SimTime{0}).rise()) << "two at one moment";
  EXPECT_FALSE(MessageTimes({1, SimTime{10}}, SimTime{1}).rise());
}

}  // namespace
}  // namespace esm
