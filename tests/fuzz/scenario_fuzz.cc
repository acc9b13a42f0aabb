// Any text is either refused with at least one error, or becomes a plan whose first events come in
// order; nothing is drawn without end.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#include "sender/scenario/plan.h"
#include "sender/scenario/scenario_reader.h"
#include "sender/scenario/schedule.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const esm::SourceText source("fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size));
  esm::Diagnostics diagnostics;
  auto scenario = esm::read_scenario(source, diagnostics);
  diagnostics.add_source(source);
  diagnostics.render();
  if (scenario.has_value() == diagnostics.has_errors()) std::abort();
  if (!scenario) return 0;
  // A schedule costs memory by endpoint: what is asked of it here stays small.
  std::uint64_t endpoints = 0;
  for (const esm::EndpointGroup& group : scenario->endpoints) endpoints += group.count;
  if (endpoints > 10'000) return 0;
  const esm::Plan plan(std::move(*scenario), 1);
  esm::Schedule schedule(plan);
  std::array<esm::Event, 64> events;
  const std::size_t count = schedule.next(events);
  for (std::size_t i = 1; i < count; ++i) {
    if (events[i].due < events[i - 1].due) std::abort();
  }
  return 0;
}
