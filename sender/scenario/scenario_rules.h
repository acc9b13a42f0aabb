// What must hold between the parts of a scenario: names unique, pools large enough and apart,
// windows in order. Run once every part by itself is right.
#pragma once

#include <optional>

#include "sender/base/diagnostics.h"
#include "sender/scenario/scenario.h"

namespace esm {

void check_scenario_rules(Scenario& scenario, Diagnostics& diagnostics);

// Whose address that is for as long as they are where they are at the start.
struct AddressOwner {
  EndpointRef endpoint;
  bool second = false;  // it is their second address
};
std::optional<AddressOwner> endpoint_with_address(const Scenario& scenario,
                                                  const IpAddress& address);

}  // namespace esm
