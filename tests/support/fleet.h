// Small fleets for tests that need a plan and messages but no scenario file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sender/base/units.h"
#include "sender/message/template.h"
#include "sender/scenario/plan.h"

namespace esm::test {

struct FleetOptions {
  std::uint32_t endpoints = 100;
  std::uint32_t esms = 1;
  Rate rate{1'000, std::chrono::seconds{1}};
  std::uint64_t messages = 1'000;
};

// `endpoints` machines whose messages are due evenly at `rate`, `messages` of them.
Scenario fleet(const FleetOptions& options);

// "PC-00001 10.20.0.1 0 padding": host, address and the endpoint's own count, so that every line of
// a fleet is different and short.
Template plain_template(std::size_t padding = 0);

// What the shard's messages are, in schedule order.
struct Line {
  Event event;
  std::string text;
};
std::vector<Line> lines_of(const Plan& plan, const Templates& templates, UtcTime epoch,
                           Shard shard = {});

}  // namespace esm::test
