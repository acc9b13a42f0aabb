// --resend-unacked: the messages written on the present connection that may have to be written
// again, in their order. Pure.
//
// It holds as many as the kernel may still hold unacknowledged, and kAskBytes of messages more.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sender/engine/lane_queue.h"

namespace esm {

class ResendMemory {
 public:
  ResendMemory();

  // The connection got the message: all of it, `bytes` with its frame, or a part of it, behind
  // which nothing more is kept but other parts.
  void keep_whole(const DueMessage& message, std::size_t bytes);
  void keep_part(const DueMessage& message);

  // So much was written since forget() that it is worth asking what is acknowledged.
  bool asks() const { return unasked_bytes_ >= kAskBytes; }
  // The first `acknowledged` whole messages of the connection need not be kept.
  void forget(std::uint64_t acknowledged);

  // The connection is over, and the last `whole` of its whole messages were not acknowledged: they
  // and the parts are put in front of all that waits in `queue`. Returns how many that is. What is
  // kept from now on is the next connection's.
  std::uint64_t put_back(std::uint64_t whole, LaneQueue& queue);

 private:
  static constexpr std::size_t kAskBytes = std::size_t{64} * 1024;

  void keep(DueMessage message, Before before);

  LaneQueue kept_;
  std::uint64_t forgotten_ = 0;  // whole messages of the connection before the first that is kept
  std::uint64_t parts_ = 0;      // the last so many
  std::size_t unasked_bytes_ = 0;
};

}  // namespace esm
