// What a plan contains, counted by walking its events: of a fleet whose events are too many to
// walk, those of a sample of its endpoints.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "sender/base/time.h"
#include "sender/scenario/event.h"
#include "sender/scenario/plan.h"

namespace esm {

struct SummaryOptions {
  Shard shard{};
  // Two users whose messages come closer on one address are contested (design law 6).
  SimTime settle = std::chrono::seconds{1};
  std::size_t message_bytes_max = 8000;  // the receiver's limit: verdicts of faults depend on it
  // About so many events are walked at most, and never more than twice as many.
  std::uint64_t messages_max = 5'000'000;
  // Told now and then how many have been walked; may be empty.
  std::function<void(std::uint64_t)> progress;
};

struct PlanSummary {
  // One endpoint in so many was looked at, and every number below is this many times what was
  // counted; 1: all of them, and every number is exact.
  std::uint32_t sample = 1;
  // The walk ended here, before the scenario's end; kNever: it did not.
  SimTime ended_at = kNever;

  std::uint64_t messages = 0;
  std::array<std::uint64_t, kEventKinds> by_kind{};
  std::vector<std::uint64_t> by_group;  // of each endpoint group
  std::vector<std::uint64_t> by_fault;  // of each of the scenario's faults
  std::uint64_t peak = 0;               // messages in the fullest second
  SimTime peak_at{};                    // its begin
  SimTime span{};                       // a second, a minute or an hour
  std::uint64_t usual = 0;              // messages in the middle one of the spans that have some
  std::uint64_t addresses = 0;          // different ones
  std::uint64_t contested = 0;       // messages close behind one of another user on their address
  std::uint64_t schedule_bytes = 0;  // that a schedule of all of it takes at most
  // Messages in each slice of the scenario's length.
  SimTime slice{};
  std::vector<std::uint64_t> slices;
};

PlanSummary summarize(const Plan& plan, const SummaryOptions& options);

}  // namespace esm
