// The messages of one lane that are due and have no fate yet, in order; and the decision which of
// them are still to be sent. Pure.
//
//   push() ---> waiting ---> launch() ---> in flight ---> land(settled): the batch has its fates
//                  ^                          |
//                  +------ land(rest) <-------+   behind a lost connection
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sender/base/books.h"
#include "sender/base/time.h"
#include "sender/scenario/event.h"

namespace esm {

// A message that is due in a lane.
struct DueMessage {
  Event event;
  std::uint64_t number = 0;  // in the lane
  bool digested = false;     // its text is in the run's digest already
};

class LaneQueue {
 public:
  // At most `waiting_max` messages wait and at most `flight_max` are in flight. Memory starts small
  // and doubles with the need: nothing is allocated for a message once the need has been seen.
  LaneQueue(std::size_t waiting_max, std::size_t flight_max);

  // What becomes of a message that is due now: kNone, it is to wait for its turn; otherwise it is
  // to be dropped with that reason. In this order: too late (due before `late_before`), no
  // connection, no room.
  Reason admit(SimTime due, SimTime late_before, bool connected) const;
  // Only what was admitted.
  void push(const DueMessage& message);

  std::size_t waiting() const { return count_; }
  std::size_t room() const { return waiting_max_ > count_ ? waiting_max_ - count_ : 0; }
  bool empty() const { return count_ == 0; }
  const DueMessage& front() const;

  // The oldest waiting message, taken out to be dropped.
  DueMessage pop();
  // The oldest waiting message goes into flight, where there is room; the reference lives until
  // the next call.
  DueMessage& launch();
  bool flight_full() const { return flight_.size() == flight_max_; }
  const std::vector<DueMessage>& flight() const { return flight_; }

  // The first `settled` messages in flight have their fate; the others wait again, in front.
  void land(std::size_t settled);

 private:
  void grow();

  std::vector<DueMessage> ring_;  // a power of two
  std::size_t head_ = 0;
  std::size_t count_ = 0;
  std::size_t waiting_max_;
  std::size_t flight_max_;
  std::vector<DueMessage> flight_;
};

}  // namespace esm
