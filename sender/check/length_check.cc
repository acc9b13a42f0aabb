#include "sender/check/length_check.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/check/event_walk.h"
#include "sender/message/renderer.h"

namespace esm {
namespace {

// Of one template.
struct Lengths {
  std::uint64_t messages = 0, too_long = 0;
  std::size_t longest = 0;
  Event longest_event;
};

std::string whose(const Plan& plan, const Event& event) {
  const EndpointRef endpoint = plan.endpoint_ref(event.endpoint);
  const std::string host = plan.scenario().endpoints[endpoint.group].host.name(endpoint.index);
  std::string at = fmt::format("at {}, {}", host, format_moment(event.due));
  if (event.user == kNobody) return at;
  const UserRef user = plan.user_ref(event.user);
  return fmt::format("of {} {}", plan.scenario().users[user.group].written(user.index), at);
}

}  // namespace

// The bound says of nearly all plans at once that all is well; only beyond it messages are looked
// at.
void check_lengths(const Plan& plan, const Templates& templates, const CheckOptions& options,
                   std::vector<Warning>& warnings) {
  Renderer renderer(templates, plan, options.epoch);
  const std::size_t limit = options.message_bytes_max;
  std::vector<Lengths> all(1 + templates.others.size());
  std::size_t bound_of_all = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    bound_of_all = std::max(bound_of_all, renderer.length_max(i));
  }
  if (bound_of_all <= limit) return;
  const bool more = walk_events(plan, options.messages_max, [&](const Event& event) {
    if (event.fault > 0) return;  // if it is too long, that is meant: check_fault_readings
    Lengths& lengths = all[event.message];
    const std::size_t length = renderer.render(event).size();
    ++lengths.messages;
    lengths.too_long += length > limit ? 1 : 0;
    if (length <= lengths.longest) return;
    lengths.longest = length;
    lengths.longest_event = event;
  });
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Lengths& found = all[i];
    const std::size_t bound = renderer.length_max(i);
    if (found.too_long == 0 && !(more && bound > limit)) continue;
    Warning warning;
    warning.code = "message-too-long";
    const std::string& name = i == 0 ? templates.message.name : templates.others[i - 1].name;
    const std::string of_all =
        fmt::format("{}{}", more ? "the first " : "", format_thousands(found.messages));
    if (found.too_long > 0) {
      warning.problem = fmt::format(
          "{}: {} of {} messages {} longer than the {} bytes this receiver takes, the longest has "
          "{}",
          name, format_thousands(found.too_long), of_all, found.too_long == 1 ? "is" : "are",
          format_thousands(limit), format_thousands(found.longest));
      warning.samples.push_back("the longest is " + whose(plan, found.longest_event));
    } else {
      warning.problem = fmt::format(
          "{}: messages may have {} bytes, more than the {} this receiver takes, though none of "
          "{} has",
          name, format_thousands(bound), format_thousands(limit), of_all);
    }
    warning.hint =
        "a shorter template or smaller size; PAN-OS takes 2,048 bytes up to 9.1 and 8,000 from "
        "10.0, say which with for:";
    warnings.push_back(std::move(warning));
  }
}

}  // namespace esm
