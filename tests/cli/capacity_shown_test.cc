#include "sender/cli/capacity_shown.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

namespace esm {
namespace {

using namespace std::chrono_literals;
using End = CapacitySearch::End;
using Verdict = CapacityVerdict;

CapacityStep step(std::uint64_t rate, Verdict verdict) {
  CapacityStep step;
  step.measure.rate = rate;
  step.measure.elapsed = 1s;
  step.measure.due = step.measure.written = rate;
  step.measure.p99 = 123ms;
  step.verdict = verdict;
  return step;
}

CapacityResult result(End end, std::uint64_t held, std::uint64_t failed) {
  CapacityResult result;
  result.end = end;
  result.held = held;
  result.failed = failed;
  return result;
}

TEST(CapacityShown, TheKneeSaysWhatIsHeldAndWhatHappensBeyond) {
  CapacityStep loss = step(48'000, Verdict::kLoss);
  loss.measure.arrived = {48'000, 576};
  CapacityStep hardly = loss;
  hardly.measure.arrived = {10'000'000, 1};
  CapacityStep pressure = step(48'000, Verdict::kBackPressure);
  pressure.measure.behind = 200ms;
  CapacityStep sender = step(48'000, Verdict::kSender);
  sender.measure.unsent = 96;
  struct Row {
    CapacityResult result;
    CapacityStep last;
    const char* text;
  };
  CapacityResult interrupted = result(End::kGoesOn, 42'000, 0);
  interrupted.interrupted = true;
  CapacityResult late = result(End::kGoesOn, 42'000, 48'000);
  late.time_used = true;
  const Row rows[] = {
      {result(End::kFound, 42'000, 48'000), loss,
       "holds 42,000 messages/s; at 48,000 it loses 1.2 %\n"},
      {result(End::kFound, 42'000, 48'000), hardly,
       "holds 42,000 messages/s; at 48,000 it loses under 0.01 %\n"},
      {result(End::kFound, 42'000, 48'000), pressure,
       "holds 42,000 messages/s; at 48,000 it takes 40,000\n"},
      {result(End::kFound, 42'000, 48'000), sender,
       "holds 42,000 messages/s; at 48,000 this sender was too slow (0.20 % too late, p99 123ms): "
       "the receiver may hold more\n"},
      {result(End::kBroken, 42'000, 48'000), step(48'000, Verdict::kBroken),
       "holds 42,000 messages/s; at 48,000 the transport failed\n"},
      {result(End::kMostHeld, 42'000, 0), step(42'000, Verdict::kHeld),
       "holds 42,000 messages/s, the highest rate that was to be tried (--rate): it may hold "
       "more\n"},
      {result(End::kNothingHeld, 0, 48'000), loss,
       "no rate that was tried was held; at 48,000 it loses 1.2 %\n"},
      {result(End::kStepsUsed, 42'000, 48'000), loss,
       "holds 42,000 messages/s; at 48,000 it loses 1.2 %; the steps (--steps) were used up before "
       "the knee was found\n"},
      {interrupted, step(42'000, Verdict::kHeld),
       "holds 42,000 messages/s; interrupted before the knee was found\n"},
      {late, loss,
       "holds 42,000 messages/s; at 48,000 it loses 1.2 %; the time (--within) was over before the "
       "knee was found\n"},
  };
  for (const Row& row : rows) {
    CapacityResult shown = row.result;
    shown.steps = {row.last};
    EXPECT_EQ(knee_text(shown), row.text);
  }
}

TEST(CapacityShown, TheStepThatIsToldIsTheLastThatFailedAtTheLowestRate) {
  CapacityResult all = result(End::kFound, 4'000, 6'000);
  all.steps = {step(4'000, Verdict::kHeld), step(8'000, Verdict::kLoss),
               step(6'000, Verdict::kLoss), step(6'000, Verdict::kBackPressure)};
  EXPECT_EQ(failed_step(all), &all.steps.back());
  all.failed = 0;
  EXPECT_EQ(failed_step(all), nullptr);
}

TEST(CapacityShown, JsonLeavesNullWhatCannotBeTold) {
  CapacityResult all = result(End::kMostHeld, 4'000, 0);
  all.target = "tcp://127.0.0.1:5515";
  all.most = 4'000;
  all.steps = {step(4'000, Verdict::kHeld)};
  EXPECT_EQ(boost::json::parse(capacity_json(all)), boost::json::parse(R"({
    "schema_version": 1, "target": "tcp://127.0.0.1:5515", "end": "most-held",
    "held": 4000, "failed": null, "why": null,
    "rate_max": 4000, "loss_max_ppm": 1000, "late_max_ns": 100000000,
    "steps": [{"rate": 4000, "reached": 4000, "verdict": "held", "due": 4000, "written": 4000,
               "unsent": 0, "expected": null, "lost": null, "elapsed_ns": 1000000000,
               "p99_ns": 123000000, "waited_ns": 0, "behind_ns": null}]})"));
}

}  // namespace
}  // namespace esm
