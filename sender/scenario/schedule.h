// The events of a plan (or of one shard of it) in time order: by due time, then endpoint, then
// ordinal. The one source of events for run, render, truth, verify and check (design section 4).
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "sender/scenario/plan.h"

namespace esm {

class Schedule {
 public:
  // `plan` must outlive the schedule. Events before `since` are left out (ordinals still count
  // them).
  explicit Schedule(const Plan& plan, Shard shard = {}, SimTime since = SimTime{0});
  ~Schedule();
  Schedule(Schedule&&) noexcept;

  // Fills `out` from the front with the next events whose due time is before `until`; returns how
  // many. 0 means: none before `until` (and, with kNever, none at all).
  // No allocation once the schedule is built.
  std::size_t next(std::span<Event> out, SimTime until = kNever);

  // Due time of the next event, kNever if there is none.
  SimTime next_due() const;

  // Memory it has used so far.
  std::size_t bytes() const;

 private:
  class Fleet;
  std::unique_ptr<Fleet> fleet_;
};

}  // namespace esm
