#include "sender/engine/reconnect.h"

#include <algorithm>

namespace esm {

using std::chrono::nanoseconds;

void Reconnect::take_turn(nanoseconds turn) {
  next_ = turn;
  has_turn_ = true;
}

void Reconnect::attempt() {
  ++attempts_;
  has_turn_ = false;
}

void Reconnect::failed(nanoseconds now, nanoseconds delay_max) {
  next_ = now + std::min(back_off_.delay(seed_, lane_, attempts_), delay_max);
}

void Reconnect::connected(nanoseconds now, bool late) {
  up_since_ = now;
  fresh_ = late;
}

void Reconnect::lost(nanoseconds now) {
  if (has_proved_itself(now)) {
    attempts_ = 0;
    next_ = now;
  } else {
    next_ = now + back_off_.delay(seed_, lane_, attempts_ + 1);
  }
}

}  // namespace esm
