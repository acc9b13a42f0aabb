// Random schedules of messages, faults and signals, played by the program's own loops in virtual
// time: whatever happens, the run ends, and its books and its record are what the network took.
//
//   ESM_SIMULATION_SCHEDULES   how many each of the four parts plays
//   ESM_SIMULATION_SEED        plays this one alone and tells what happens
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/base/random.h"
#include "sender/engine/player_seams.h"
#include "sender/report/run_record.h"

#include "tests/simulation/judgement.h"
#include "tests/simulation/simulated_network.h"
#include "tests/simulation/virtual_time.h"
#include "tests/support/fleet.h"

namespace esm::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

// The k-th answer is a function of seed and k: one stream of numbers, since one thread runs at a
// time and always in the same order.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : seed_(mix64(seed + 0x9E3779B97F4A7C15U)) {}
  // Below `bound`.
  std::uint64_t operator()(std::uint64_t bound) {
    return bound < 2 ? 0 : scale(mix64(seed_ + ++count_ * 0xD1B54A32D192ED03U), bound);
  }
  bool one_in(std::uint64_t n) { return (*this)(n) == 0; }
  nanoseconds up_to(nanoseconds most) {
    return nanoseconds{
        static_cast<std::int64_t>((*this)(static_cast<std::uint64_t>(most.count())))};
  }
  // Mostly small, sometimes large: as many bits as a throw says.
  std::uint64_t of_any_size(unsigned bits) {
    return (*this)(std::uint64_t{1} << (*this)(bits + 1));
  }

 private:
  std::uint64_t seed_;
  std::uint64_t count_ = 0;
};

// The wall clock jumps at every look at it: nothing but text may depend on it.
class JumpingClock final : public VirtualClock {
 public:
  JumpingClock(VirtualTime& time, Dice& dice) : VirtualClock(time), dice_(dice) {}
  UtcTime wall() const override {
    return VirtualClock::wall() + dice_.up_to(std::chrono::hours{48});
  }

 private:
  Dice& dice_;
};

Life random_life(Dice& dice, bool good) {
  Life life;
  if (dice.one_in(3)) life.takes_at_most = 1 + dice.of_any_size(14);
  if (dice.one_in(3)) life.buffer = 1 + dice.of_any_size(15);
  if (dice.one_in(3)) life.bytes_per_second = 1'000 + dice.of_any_size(24);
  if (dice.one_in(3)) life.record = 1 + dice.of_any_size(14);
  if (dice.one_in(4)) life.computes = dice.up_to(dice.one_in(20) ? 10s : 20ms);
  if (dice.one_in(4)) life.goodbye_takes = dice.up_to(1s);
  if (dice.one_in(4)) life.opens_after = dice.up_to(dice.one_in(8) ? 3s : 30ms);
  life.acknowledges = dice(257);
  if (good) return life;
  life.refuses = dice.one_in(3);
  life.permanently = dice.one_in(40);
  if (dice.one_in(3)) life.dies_after_bytes = dice.of_any_size(14);
  if (dice.one_in(3)) life.dies_after = dice.up_to(dice.one_in(2) ? 3s : 50ms);
  if (dice.one_in(8)) life.stops_after = dice.of_any_size(14);
  if (dice.one_in(6)) life.goodbye = static_cast<Life::Goodbye>(dice(3));
  if (dice.one_in(2)) {
    constexpr int kErrors[] = {EMSGSIZE, ENOBUFS, ECONNREFUSED, EHOSTUNREACH, EPERM, EIO};
    life.refuses_every = 1 + dice(9);
    life.refuses_with = kErrors[dice(std::size(kErrors))];
  }
  if (dice.one_in(2)) life.icmp_every = 1 + dice(9);
  return life;
}

struct Simulated {
  std::string wrong;
  RunRecord record;
  PlayOutcome::End end{};
  std::string told;  // the run, in short: equal for equal seeds
};

Simulated simulate(std::uint64_t seed, bool tells) {
  static const Template kMessage = plain_template();
  Dice dice(seed);
  const auto count = [&dice](std::uint64_t most) {
    return static_cast<std::uint32_t>(1 + dice(most));
  };
  const std::uint64_t messages = 1 + dice.of_any_size(9);
  const FleetOptions fleet_options{count(30), count(2), {1 + dice.of_any_size(17), 1s}, messages};
  const Plan plan(fleet(fleet_options), seed);

  PlayOptions options;
  const auto add = [&options](const char* text, auto kind) {
    options.targets.push_back({text, kind});
  };
  if (!dice.one_in(5)) add("tcp://a", TcpTarget{"a", 514});
  if (options.targets.empty() || dice.one_in(3)) add("udp://b", UdpTarget{"b", 514});
  if (dice.one_in(6)) add("tcp://c", TcpTarget{"c", 514});
  if (dice.one_in(4)) {
    options.distribution = Distribution::kWeighted;
    for (Target& target : options.targets) target.weight = count(5);
  } else if (dice.one_in(3)) {
    // A datagram socket is never lost: what stands behind it would get nothing.
    options.distribution = Distribution::kFailOver;
    if (options.targets.size() < 2) add("tcp://c", TcpTarget{"c", 514});
    std::stable_partition(options.targets.begin(), options.targets.end(),
                          [](const Target& target) { return target.is_stream(); });
  }
  options.workers = dice.one_in(4) ? count(3) : 1;
  options.connections = dice.one_in(4) ? count(3) : 1;
  options.speed = std::nullopt;
  if (!dice.one_in(3)) {
    options.speed = Speed{static_cast<std::uint32_t>(1 + dice.of_any_size(6)), 1};
    options.catch_up = dice.up_to(dice.one_in(4) ? 10s : 200ms);
    if (dice.one_in(4)) options.pacing = Pacing::kPrecise;
    if (dice.one_in(3)) options.outage_queue = dice.of_any_size(9);
  }
  options.resend_unacked = dice.one_in(3);
  if (dice.one_in(6)) options.connect_rate = Rate{1 + dice.of_any_size(9), 1s};
  options.drain = dice.up_to(dice.one_in(4) ? 10s : 100ms);
  if (dice.one_in(3)) options.stop_after = dice.up_to(3s) + 1ns;
  options.transport.connect_timeout = 1ms + std::chrono::milliseconds{dice(3'000)};
  options.transport.write_stall_timeout = 1ms + std::chrono::milliseconds{dice(3'000)};
  options.transport.close_timeout = 1ms + std::chrono::milliseconds{dice(1'000)};
  options.transport.reconnect_first = 1ms + std::chrono::milliseconds{dice(200)};
  options.transport.reconnect_max =
      options.transport.reconnect_first + std::chrono::milliseconds{dice(3'000)};
  if (dice.one_in(3)) options.shard = {static_cast<std::uint32_t>(dice(2)), 2};

  // Signals at a tick of the progress line, a second apart: there they come on the thread that
  // handles them. Of every three runs that last so long one is interrupted, half of these twice.
  std::uint64_t ticks = 0;
  const std::uint64_t first_signal = dice.one_in(3) ? dice(3) : kNoLimit;
  const std::uint64_t second_signal = dice.one_in(2) ? first_signal + dice(3) : kNoLimit;
  const std::uint64_t trouble = dice(4);  // 0: everything works; 3: nearly nothing does

  VirtualTime time(1 + options.workers, 10'000h, [seed] {
    std::fprintf(stderr, "seed %llu: the run hangs; play it alone with ESM_SIMULATION_SEED\n",
                 static_cast<unsigned long long>(seed));
    std::abort();
  });
  JumpingClock clock(time, dice);
  SimulatedNetwork network(
      time, [&](std::size_t, std::uint32_t) { return random_life(dice, dice(4) >= trouble); },
      [&](std::uint64_t bound) { return dice(bound); });
  const PlaySeams seams{clock, [&](boost::asio::io_context& io, const Target& target,
                                   const TransportOptions& transport, std::optional<IpAddress>,
                                   Diagnostics&) { return network.make(io, target, transport); }};
  RunRecord record;
  const nanoseconds began = time.now();
  const auto say = [&](const std::string& what) {
    if (tells) {
      fmt::print("{:>14} {}\n",
                 fmt::format("{:.6f}", std::chrono::duration<double>(time.now() - began).count()),
                 what);
    }
  };
  const PlayOutcome outcome = play_with(
      seams, plan, kMessage, options, record,
      [&](const Progress& progress) {
        say(fmt::format("{} due, {} written, {} refused, {} dropped", progress.due,
                        progress.written, progress.refused, progress.dropped));
        const std::uint64_t tick = ticks++;
        if (tick != first_signal && tick != second_signal) return;
        say("SIGINT");
        std::raise(SIGINT);
      },
      [&](const Diagnostic& diagnostic) {
        say(diagnostic.place.file + ": " + diagnostic.problem);
      });
  say(fmt::format("the end, {}", outcome.end == PlayOutcome::End::kDone ? "done" : "not done"));
  Simulated simulated;
  simulated.wrong = judge(record, network, plan, kMessage, options);
  // Nothing waits longer than the plan and a few timeouts.
  if (time.now() - began > 1h) simulated.wrong += "the run took more than an hour\n";
  simulated.told =
      fmt::format("{} after {} ns: ", static_cast<int>(outcome.end), (time.now() - began).count());
  for (const Taken& taken : network.connections()) {
    simulated.told += fmt::format("{} {} {} {} {};", taken.lane, taken.bytes.size(),
                                  taken.acknowledged, taken.datagrams.size(), taken.drained);
  }
  simulated.told += record.digest;
  simulated.record = std::move(record);
  simulated.end = outcome.end;
  return simulated;
}

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::stoull(text);
}

class Simulation : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Part, Simulation, testing::Range<std::uint64_t>(0, 4));

TEST_P(Simulation, BooksAndRecordAreWhatTheNetworkTook) {
  const std::uint64_t alone = from_environment("ESM_SIMULATION_SEED", kNoLimit);
  if (alone != kNoLimit) {
    if (GetParam() > 0) return;
    EXPECT_EQ(simulate(alone, true).wrong, "") << "seed " << alone;
    return;
  }
  const std::uint64_t schedules = from_environment("ESM_SIMULATION_SCHEDULES", 100);
  for (std::uint64_t i = 0; i < schedules; ++i) {
    const std::uint64_t seed = i * 4 + GetParam();
    ASSERT_EQ(simulate(seed, false).wrong, "") << "play it alone with ESM_SIMULATION_SEED=" << seed;
  }
}

TEST(SimulationReplay, TheSameSeedPlaysTheSame) {
  for (std::uint64_t seed = 1'000'000; seed < 1'000'100; ++seed) {
    EXPECT_EQ(simulate(seed, false).told, simulate(seed, false).told) << "seed " << seed;
  }
}

// A simulation in which nothing went wrong would show nothing.
TEST(SimulationReplay, EverythingThatCanHappenHappens) {
  Books sum;
  std::uint64_t interrupted = 0, not_ready = 0, seconds_long = 0, took_over = 0, weighted = 0;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    const Simulated simulated = simulate(seed, false);
    for (const TargetRecord& target : simulated.record.targets) sum.add(target.books);
    if (simulated.record.targets.size() > 1) {
      const Books& second = simulated.record.targets[1].books;
      const Distribution distribution = simulated.record.distribution;
      const bool both = simulated.record.targets[0].books.written > 0 && second.written > 0;
      took_over += distribution == Distribution::kFailOver && both ? 1U : 0U;
      weighted += distribution == Distribution::kWeighted && both ? 1U : 0U;
    }
    interrupted += simulated.end == PlayOutcome::End::kInterrupted ? 1U : 0U;
    not_ready += simulated.end == PlayOutcome::End::kNotReady ? 1U : 0U;
    seconds_long += simulated.record.elapsed > 1s ? 1U : 0U;
  }
  EXPECT_GT(sum.written, 1'000U);
  EXPECT_GT(sum.cut, 20U);
  EXPECT_GT(sum.refused, 50U);
  EXPECT_GT(sum.drained, 1'000U);
  EXPECT_GT(sum.acknowledged, 100U);
  EXPECT_GT(sum.uncertain, 100U);
  EXPECT_GT(sum.icmp_errors, 10U);
  EXPECT_GT(sum.reconnects, 20U);
  for (const Reason reason :
       {Reason::kTooLate, Reason::kDisconnected, Reason::kQueueFull, Reason::kInterrupted}) {
    EXPECT_GT(sum.by_reason[static_cast<std::size_t>(reason)], 0U) << name_of(reason);
  }
  EXPECT_GT(interrupted, 0U);
  EXPECT_GT(not_ready, 0U);
  EXPECT_GT(seconds_long, 0U);
  EXPECT_GT(sum.resent, 30U);
  EXPECT_GT(took_over, 5U);
  EXPECT_GT(weighted, 5U);
}

}  // namespace
}  // namespace esm::test
