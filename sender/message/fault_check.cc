#include "sender/message/fault_check.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/message/fault.h"
#include "sender/message/renderer.h"
#include "sender/scenario/other_messages.h"

namespace esm {
namespace {

__extension__ using Wide = __int128;

const Template& template_of(const Templates& templates, std::uint8_t message) {
  return message == 0 ? templates.message : templates.others[message - 1U];
}

bool check_clock(const Fault& fault, const Plan& plan, UtcTime epoch, Diagnostics& diagnostics) {
  const Wide from = Wide{epoch.time_since_epoch().count()} + fault.skew.count();
  const Wide to = from + plan.scenario().length.count();
  if (from >= 0 && to <= std::numeric_limits<std::int64_t>::max()) return true;
  diagnostics.error(
      fault.place,
      fmt::format("time-skew: this clock would show a time {}",
                  from < 0 ? "before 1970" : "that is beyond what this program can write"),
      "another 'skew', or another 'start'");
  return false;
}

}  // namespace

bool check_faults(const Templates& templates, const Plan& plan, UtcTime epoch,
                  Diagnostics& diagnostics) {
  const Scenario& scenario = plan.scenario();
  const int errors_before = diagnostics.errors();
  bool sizes = false;
  for (std::size_t number = 1; number <= scenario.faults.size(); ++number) {
    const Fault& fault = scenario.faults[number - 1];
    sizes = sizes || fault.kind == FaultKind::kOverLong;
    if (fault.kind == FaultKind::kTimeSkew) check_clock(fault, plan, epoch, diagnostics);
    for (const std::uint8_t message : messages_with_fault(scenario, number)) {
      const Template& one = template_of(templates, message);
      const std::string why = why_unfit(one, fault);
      if (why.empty()) continue;
      diagnostics.error(fault.place,
                        fmt::format("{}: the template '{}' {}", name_of(fault.kind),
                                    escape_for_display(one.name), why),
                        "another kind of fault, or another template");
    }
  }
  if (diagnostics.errors() > errors_before) return false;
  if (!sizes) return true;
  const Renderer renderer(templates, plan, epoch);
  for (std::size_t number = 1; number <= scenario.faults.size(); ++number) {
    const Fault& fault = scenario.faults[number - 1];
    if (fault.kind != FaultKind::kOverLong) continue;
    for (const std::uint8_t message : messages_with_fault(scenario, number)) {
      const std::size_t least = renderer.over_long_min(message);
      if (fault.bytes >= least) continue;
      diagnostics.error(fault.place,
                        fmt::format("over-long: messages of the template '{}' may have {} bytes "
                                    "already",
                                    escape_for_display(template_of(templates, message).name),
                                    format_thousands(least - 1)),
                        fmt::format("bytes: {} or more", least));
    }
  }
  return diagnostics.errors() == errors_before;
}

}  // namespace esm
