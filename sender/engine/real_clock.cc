#include "sender/engine/real_clock.h"

namespace esm {

std::chrono::nanoseconds RealClock::monotonic() const {
  return std::chrono::steady_clock::now().time_since_epoch();
}

UtcTime RealClock::wall() const {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

}  // namespace esm
