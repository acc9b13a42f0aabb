#include "sender/report/lane_rule.h"

#include <gtest/gtest.h>

namespace esm {
namespace {

TEST(LaneRule, AWorkerIsAPartOfTheRunsShard) {
  for (std::uint32_t shards : {1U, 2U, 7U}) {
    for (std::uint32_t workers : {1U, 2U, 3U}) {
      for (std::uint32_t endpoint = 0; endpoint < 500; ++endpoint) {
        const std::uint32_t shard = endpoint % shards;
        const std::uint32_t worker = worker_of(endpoint, shards, workers);
        // Shard{shard, shards}.split(worker, workers) holds it.
        EXPECT_EQ(endpoint % (shards * workers), shard + shards * worker);
      }
    }
  }
}

TEST(LaneRule, ConnectionsOfAWorkerTakeItsEndpointsInTurn) {
  // Shard 1 of 2, worker 2 of 3: endpoints 5, 11, 17, 23 …
  EXPECT_EQ(connection_of(5, 2, 3, 4), 0U);
  EXPECT_EQ(connection_of(11, 2, 3, 4), 1U);
  EXPECT_EQ(connection_of(17, 2, 3, 4), 2U);
  EXPECT_EQ(connection_of(23, 2, 3, 4), 3U);
  EXPECT_EQ(connection_of(29, 2, 3, 4), 0U);
  EXPECT_EQ(connection_of(29, 2, 3, 1), 0U);
  // The product of shards and workers may pass 32 bits.
  EXPECT_EQ(connection_of(4'000'000'000U, 70'000, 70'000, 4), 0U);
}

}  // namespace
}  // namespace esm
