// A renderer that has rendered before writes what one that never has would write.
#include "sender/message/remembered_messages.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "sender/message/renderer.h"

#include "tests/message/small_plan.h"
#include "tests/support/shipped_templates.h"

namespace esm::test {
namespace {

// Of a few endpoints, so that each is heard of again and again: the same user or another, or
// nobody; the next second, the next day, or long before; ordinals on both sides of powers of ten.
class RandomEvents {
 public:
  explicit RandomEvents(std::uint64_t seed) : random_(seed) {}

  Event next() {
    if (below(4) == 0) event_.user = below(3) == 0 ? kNobody : below(3);
    event_.endpoint = below(3);
    const std::uint32_t powers[] = {0, 8, 98, 999, 9'998, 99'999'999, 4'294'967'290};
    if (below(4) == 0) event_.ordinal = powers[below(7)];
    ++event_.ordinal;
    switch (below(6)) {
      case 0:
        event_.due = SimTime{static_cast<std::int64_t>(random_() % (40ULL * 86'400'000'000'000))};
        break;
      case 1:
        event_.due += std::chrono::hours{below(30)};
        break;
      case 2:
        event_.due += std::chrono::seconds{below(100)};
        break;
      default:
        event_.due += std::chrono::milliseconds{below(400)};
    }
    return event_;
  }

 private:
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }

  std::mt19937_64 random_;
  Event event_;
};

Scenario three_of_each(IdleBeat idle) {
  Scenario scenario = sample_scenario();
  scenario.users.front().count = 3;
  scenario.users.front().name = {"u", "'s name", true, 2};
  scenario.endpoints.front().count = 3;
  scenario.endpoints.front().host = {"PC-", "", true, 1};
  scenario.endpoints.front().pool = {*IpNetwork::parse("10.20.0.0/25")};
  scenario.endpoints.front().idle = idle;
  return scenario;
}

void expect_the_same(const Template& message, const Plan& plan, std::uint64_t seed, int events) {
  Renderer renderer(message, plan, sample_time());
  RandomEvents random(seed);
  for (int i = 0; i < events; ++i) {
    const Event event = random.next();
    ASSERT_EQ(renderer.render(event), Renderer(message, plan, sample_time()).render(event))
        << "event " << i << " of seed " << seed;
  }
}

TEST(RememberedMessages, ShowInNoMessageOfAnyShippedTemplate) {
  std::uint64_t seed = 0;
  for (const std::string& name : shipped_template_names()) {
    SCOPED_TRACE(name);
    const IdleBeat idle = seed % 2 == 0 ? IdleBeat::kDash : IdleBeat::kSilent;
    expect_the_same(shipped_template(name), Plan(three_of_each(idle), 1), ++seed, 40);
  }
}

TEST(RememberedMessages, ShowNowhereWhateverStandsInATemplate) {
  const char* const texts[] = {
      "{event.time:ss:mm:HH}|{event.ordinal}|{session.user}",
      "{event.time:HH.mm} {endpoint.host} {event.time:MMM d HH:mm:ss} {event.time:HH}",
      "{event.ordinal}{event.time:HH:mm:ss}{event.ordinal}",
      "{session.user|-} {endpoint.address}",
      "{event.time:HH:mm:ss.SSS} {endpoint.host}",
      "{event.time:epoch} {endpoint.host}",
      "{? at {event.time:HH:mm:ss} {session.user}} {endpoint.host}",
      "{event.time:HH:mm:ss Z} {endpoint.host}",
  };
  for (const char* const text : texts) {
    SCOPED_TRACE(text);
    Scenario scenario = three_of_each(IdleBeat::kSilent);
    scenario.clock.start_at(std::chrono::minutes{-330});
    const Plan plan(std::move(scenario), 1);
    for (const std::uint64_t seed : {1U, 2U}) {
      expect_the_same(
          template_of("format: text\nhead: none\ntext: \"at " + std::string(text) + "\"\n"), plan,
          seed, 300);
    }
  }
}

TEST(RememberedMessages, ArePaddedAndBrokenOnPurposeAsOthersAre) {
  Scenario scenario = three_of_each(IdleBeat::kSilent);
  Fault truncated;
  truncated.kind = FaultKind::kTruncated;
  truncated.endpoints = 0;
  truncated.share_ppm = 1;
  scenario.faults = {truncated};
  const Plan plan(std::move(scenario), 1);
  Template message = shipped_template("traps-leef-load");
  message.pad_to = 400;
  Renderer renderer(message, plan, sample_time());
  RandomEvents random(7);
  for (int i = 0; i < 300; ++i) {
    Event event = random.next();
    event.fault = i % 3 == 0 ? 1 : 0;
    ASSERT_EQ(renderer.render(event), Renderer(message, plan, sample_time()).render(event)) << i;
  }
}

TEST(RememberedMessages, AreThoseOfSmallFleetsOnly) {
  EXPECT_TRUE(RememberedMessages::fit(1'000, 400));
  EXPECT_FALSE(RememberedMessages::fit(1'000'000, 400));
  EXPECT_FALSE(RememberedMessages::fit(1, 70'000)) << "lengths are kept in 16 bits";
}

}  // namespace
}  // namespace esm::test
