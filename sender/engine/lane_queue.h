// The messages of one lane that are due and have no fate yet, in order; and the decision which of
// them are still to be sent. Pure.
//
//   push() ---> waiting ---> launch() ---> in flight ---> land(settled): the batch has its fates
//                  ^                          |
//                  +------ land(settled) <----+   the others, behind a lost connection
//
// Nothing moves meanwhile: those in flight stand in front of those that wait.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sender/base/books.h"
#include "sender/base/time.h"
#include "sender/scenario/event.h"

namespace esm {

// What a connection that was lost had of a message that is to be written again.
enum class Before : std::uint8_t { kNothing, kAll, kPart };

// A message that is due in a lane.
struct DueMessage {
  Event event;
  std::uint64_t number = 0;  // in the lane
  bool digested = false;     // its text is in the run's digest already
  Before before = Before::kNothing;
  bool resent = false;  // it has been written again, and is listed so

  bool same_past(const DueMessage& other) const {
    return before == other.before && resent == other.resent;
  }
};

class LaneQueue {
 public:
  // At most `waiting_max` messages wait. Memory starts small and doubles with the need: nothing is
  // allocated for a message once the need has been seen.
  explicit LaneQueue(std::size_t waiting_max);

  // What becomes of a message that is due now: kNone, it is to wait for its turn; otherwise it is
  // to be dropped with that reason. In this order: too late (due before `late_before`), no
  // connection, no room.
  Reason admit(SimTime due, SimTime late_before, bool connected) const {
    if (due < late_before) return Reason::kTooLate;
    if (!connected) return Reason::kDisconnected;
    return waiting() >= waiting_max_ ? Reason::kQueueFull : Reason::kNone;
  }
  // Only what was admitted.
  // In place: a message that was put together elsewhere would be copied before it is written.
  void push(const Event& event, std::uint64_t number) {
    if (count_ == ring_.size()) grow();
    DueMessage& message = at(count_++);
    message.event = event;
    message.number = number;
    message.digested = false;
    message.before = Before::kNothing;
    message.resent = false;
  }
  // One that has waited elsewhere.
  void push(const DueMessage& message) {
    if (count_ == ring_.size()) grow();
    at(count_++) = message;
  }

  // In front of all that wait, while none is in flight; it has been admitted once.
  void push_front(const DueMessage& message) {
    assert(flying_ == 0);
    if (count_ == ring_.size()) grow();
    head_ = (head_ - 1) & (ring_.size() - 1);
    at(0) = message;
    ++count_;
  }

  // From now on; what waits already stays.
  void set_waiting_max(std::size_t waiting_max) { waiting_max_ = waiting_max; }

  std::size_t waiting() const { return count_ - flying_; }
  std::size_t room() const { return waiting_max_ > waiting() ? waiting_max_ - waiting() : 0; }
  bool empty() const { return waiting() == 0; }
  const DueMessage& front() const {
    assert(!empty());
    return at(flying_);
  }

  // The oldest waiting message, taken out to be dropped, while none is in flight.
  DueMessage pop();
  // The youngest, likewise.
  DueMessage pop_newest() {
    assert(!empty() && flying_ == 0);
    return at(--count_);
  }
  // The oldest waiting message goes into flight; the reference lives until the next push().
  DueMessage& launch() {
    assert(!empty());
    return at(flying_++);
  }
  std::size_t flying() const { return flying_; }
  // Number `i` of those in flight, from 0.
  const DueMessage& flight(std::size_t i) const {
    assert(i < flying_);
    return at(i);
  }

  // The first `settled` messages in flight have their fate; the others wait again, in front, which
  // may lift `waiting` above its bound: they have been admitted once.
  void land(std::size_t settled) {
    assert(settled <= flying_);
    head_ = (head_ + settled) & (ring_.size() - 1);
    count_ -= settled;
    flying_ = 0;
  }

 private:
  DueMessage& at(std::size_t i) { return ring_[(head_ + i) & (ring_.size() - 1)]; }
  const DueMessage& at(std::size_t i) const { return ring_[(head_ + i) & (ring_.size() - 1)]; }
  void grow();

  std::vector<DueMessage> ring_;  // a power of two
  std::size_t head_ = 0;
  std::size_t count_ = 0;   // with those in flight
  std::size_t flying_ = 0;  // of these, the first so many
  std::size_t waiting_max_;
};

}  // namespace esm
