// An ESM that cannot send for a while, and what waits in it: a queue, first in, first out.
//
// From `at` on nothing leaves; `lasts` later the ESM begins to send what has waited, and during
// `flush` what is new queues up behind it. So a message that is ready within [at, at + lasts +
// flush) leaves within [at + lasts, at + lasts + flush), in proportion: in the same order, at an
// even pace where they were due at one.
#pragma once

#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/base/time.h"

namespace esm {

struct Outage {
  SimTime at{};
  SimTime lasts{};
  SimTime flush = std::chrono::minutes{1};  // above 0
  Place place{};

  SimTime back() const { return at + lasts; }
  SimTime over() const { return at + lasts + flush; }
};

// Of one ESM, by time, none before the one before is over.
using Outages = std::vector<Outage>;

// When a message that is ready at `ready` leaves. Never falls while `ready` rises.
SimTime leaves_at(const Outages& outages, SimTime ready);

// The first moment at which what gets ready leaves at `leaves` or later.
SimTime ready_before(const Outages& outages, SimTime leaves);

}  // namespace esm
