// When an endpoint's agent beats, in closed form: any beat can be computed without those before it.
#pragma once

#include <cstdint>

#include "sender/base/random.h"
#include "sender/base/time.h"
#include "sender/scenario/scenario.h"

namespace esm {

// One endpoint's beats. `base` is the session's start for a clock that counts from the logon; the
// others ignore it.
class Heartbeat {
 public:
  Heartbeat(const EndpointGroup& group, std::uint64_t seed, Identity who);

  // Due time of beat `k`; kNever where there is none (a limit on the number of messages).
  SimTime at(std::uint32_t k, SimTime base) const;
  // The first beat that is due at `time` or later.
  std::uint32_t first_at_or_after(SimTime time, SimTime base) const;

 private:
  SimTime unjittered(std::uint32_t k, SimTime base) const;

  const EndpointGroup& group_;
  std::uint64_t seed_;
  Identity who_;
};

}  // namespace esm
