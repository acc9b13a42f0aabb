// What a receiver holds of messages that are broken on purpose.
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "sender/mapping/truth.h"

#include "tests/support/played_plan.h"

namespace esm {
namespace {

using std::chrono::minutes;
using test::PlayedPlan;

const std::string kScenario =
    "length: 1h\nstart: 2026-03-02T07:55:00Z\n"
    "users:\n  alice: { name: alice }\n  bob: { name: bob }\n"
    "endpoints:\n  pc: { host: w10, pool: 10.0.1.51/32, heartbeat: 60m, heartbeat-clock: logon }\n"
    "steps:\n  - { at: 1m, logon: alice, on: w10 }\n  - { at: 2m, logon: bob, on: w10, fault: ";

struct Held {
  std::string user;
  TruthCounts counts;
};

Held held(const std::string& fault, std::size_t message_bytes_max = 8000) {
  const PlayedPlan played(kScenario + fault + " }\n");
  const ProfileSet reader(played.profiles());
  TruthOptions options;
  options.epoch = played.epoch();
  options.message_bytes_max = message_bytes_max;
  const std::vector<SimTime> moments{minutes{3}};
  Held out;
  const auto tables =
      truth(played.plan(), played.templates(), reader, options, moments, &out.counts);
  if (!tables[0].mappings.empty()) out.user = tables[0].mappings[0].user;
  return out;
}

// Alice is at the machine until bob's message is understood.
TEST(TruthOfFaults, WhoIsHeldFollowsWhatIsRead) {
  for (const auto& [fault, user] : std::vector<std::pair<std::string, std::string>>{
           {"truncated", "alice"},
           {"{ kind: over-long, bytes: 8000 }", "bob"},
           {"{ kind: over-long, bytes: 8001 }", "alice"},
           {"no-pri", "bob"},
           {"wrong-pri", "bob"},
           {"missing-key", "alice"},
           {"empty-user", "alice"},
           {"two-users", "bob"},
           {"wrong-delimiter", "bob"},
           {"embedded-lf", "alice"},
           {"embedded-nul", "alice"},
           {"invalid-utf8", "bob"},
           {"bom", "bob"},
           {"duplicate", "bob"},
           {"several", "bob"},
           {"{ kind: time-skew, skew: -1h }", "bob"}}) {
    EXPECT_EQ(held(fault).user, user) << fault;
  }
}

TEST(TruthOfFaults, LinesAreCountedAsAReceiverCountsThem) {
  const auto counts = [](const Held& one) {
    return std::vector<std::uint64_t>{one.counts.messages, one.counts.mapped, one.counts.no_event,
                                      one.counts.no_user, one.counts.too_long};
  };
  using Counts = std::vector<std::uint64_t>;
  EXPECT_EQ(counts(held("bom")), (Counts{2, 2, 0, 0, 0}));
  EXPECT_EQ(counts(held("duplicate")), (Counts{3, 3, 0, 0, 0}));
  EXPECT_EQ(counts(held("{ kind: several, times: 5 }")), (Counts{6, 6, 0, 0, 0}));
  EXPECT_EQ(counts(held("embedded-lf")), (Counts{3, 1, 1, 1, 0}));
  EXPECT_EQ(counts(held("{ kind: over-long, bytes: 2049 }", 2048)), (Counts{2, 1, 0, 0, 1}));
}

}  // namespace
}  // namespace esm
