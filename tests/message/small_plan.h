// Plans built by hand, with values that no scenario file would be let through with.
#pragma once

#include <string>
#include <vector>

#include "sender/message/renderer.h"
#include "sender/message/template.h"
#include "sender/scenario/plan.h"

namespace esm::test {

// One endpoint "w10" at 10.0.1.51, one user "demo", an ESM esm01 at 172.16.183.173: those of the
// samples that the templates follow.
Scenario sample_scenario();

// 2016-09-28T17:38:48Z, as in the samples.
UtcTime sample_time();

// The first message of endpoint 0, with user 0, due at the epoch.
Event sample_event();

// Fails the test if there is a mistake in it, or a warning.
Template template_of(const std::string& yaml);
Template shipped_template(const std::string& name);

// A message of the sample scenario at the sample time.
std::string rendered(const Template& message, const Scenario& scenario = sample_scenario(),
                     const Event& event = sample_event());

// Every way of writing errors, warnings and carets.
std::string complaints_about(const std::string& yaml);

}  // namespace esm::test
