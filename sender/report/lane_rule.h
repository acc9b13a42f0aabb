// Which lane a message goes to, and so what a LaneRecord's numbers count. The engine deals events
// out by this rule and verify deals the recomputed schedule out again: there is only this one copy.
//
// A run plays shard `shard_index` of `shard_count`. Its workers are the parts of that shard, and
// every lane belongs to one (worker, target, ESM, connection). An event of endpoint e goes
//   - to the worker (e / shard_count) % workers,
//   - for every target, or where they are weighted for the endpoint's own (distribution.h), to the
//     lane of its endpoint's ESM
//   - and of connection (e / (shard_count * workers)) % connections,
// so that all messages of an endpoint stay in order on one connection. With fail-over the lanes of
// one (worker, ESM, connection) share their numbers, and all but one of them say of a message that
// it was elsewhere. Within its lane an event's number is how many events the lane had before it, in
// schedule order.
#pragma once

#include <cstdint>

namespace esm {

// `endpoint` is a fleet index that the run's shard holds.
constexpr std::uint32_t worker_of(std::uint32_t endpoint, std::uint32_t shard_count,
                                  std::uint32_t workers) {
  return endpoint / shard_count % workers;
}

constexpr std::uint32_t connection_of(std::uint32_t endpoint, std::uint32_t shard_count,
                                      std::uint32_t workers, std::uint32_t connections) {
  const std::uint64_t parts = std::uint64_t{shard_count} * workers;
  return static_cast<std::uint32_t>(endpoint / parts % connections);
}

}  // namespace esm
