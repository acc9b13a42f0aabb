#include "sender/check/lines_check.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sender/base/hash.h"
#include "sender/base/units.h"
#include "sender/check/event_walk.h"
#include "sender/message/renderer.h"

namespace esm {
void check_lines(const Plan& plan, const Templates& templates, const CheckOptions& options,
                 std::vector<Warning>& warnings) {
  struct Line {
    Hash128 hash;
    Event event;
  };
  std::vector<Line> lines;
  Renderer renderer(templates, plan, options.epoch);
  const bool more = walk_events(plan, options.messages_max, [&](const Event& event) {
    // What is broken on purpose may well be equal: duplicates are meant to be.
    if (event.fault == 0) lines.push_back({hash128(renderer.render(event)), event});
  });
  // Of equal lines the first in the schedule comes first.
  std::stable_sort(lines.begin(), lines.end(),
                   [](const Line& a, const Line& b) { return a.hash < b.hash; });
  std::vector<std::pair<const Event*, const Event*>> pairs;
  const Line* first = nullptr;
  for (const Line& line : lines) {
    if (first != nullptr && first->hash == line.hash) {
      pairs.emplace_back(&first->event, &line.event);
    } else {
      first = &line;
    }
  }
  if (pairs.empty()) return;
  std::sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second->due, a.second->endpoint) <
           std::pair(b.second->due, b.second->endpoint);
  });
  Warning warning;
  warning.code = "lines-equal";
  warning.problem = fmt::format(
      "{} of {}{} messages {} the same bytes as an earlier one: lost and doubled ones among them "
      "cannot be told apart",
      format_thousands(pairs.size()), more ? "the first " : "", format_thousands(lines.size()),
      pairs.size() == 1 ? "has" : "have");
  for (const auto& [before, after] : pairs) {
    const EndpointRef ref = plan.endpoint_ref(after->endpoint);
    warning.samples.push_back(fmt::format("{}: {} at {} and {} at {}",
                                          plan.scenario().endpoints[ref.group].host.name(ref.index),
                                          name_of(before->kind), format_moment(before->due),
                                          name_of(after->kind), format_moment(after->due)));
  }
  warning.hint = "put {event.ordinal} into a field of the template, as traps-leef-load does";
  warnings.push_back(std::move(warning));
}

}  // namespace esm
