#include "sender/cli/print_plan.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "sender/base/csv_value.h"
#include "sender/report/json_text.h"
#include "sender/scenario/schedule.h"

namespace esm {
namespace {

// What a row says, in the order of the columns.
struct Row {
  Row(const Inputs& inputs, const Event& event)
      : offset_ns(event.due.count()),
        due(format_rfc3339(inputs.epoch + event.due)),
        kind(name_of(event.kind)),
        ordinal(event.ordinal),
        message((event.message == 0 ? *inputs.message : inputs.others[event.message - 1U])
                    .source.name()) {
    const Plan& plan = *inputs.plan;
    if (event.fault > 0) fault = to_text(plan.scenario().faults[event.fault - 1U]);
    address = plan.address(event).to_string();
    esm = plan.scenario().esms[plan.esm(event.endpoint)].name;
    const EndpointRef endpoint = plan.endpoint_ref(event.endpoint);
    host = plan.scenario().endpoints[endpoint.group].host.name(endpoint.index);
    if (event.user == kNobody) return;
    const UserRef who = plan.user_ref(event.user);
    user = plan.scenario().users[who.group].full_name(who.index);
  }

  std::string csv() const {
    return fmt::format("{},{},{},{},{},{},{},{},{},{}\n", offset_ns, due, csv_value(host), address,
                       csv_value(user), kind, csv_value(esm), ordinal, csv_value(message), fault);
  }

  std::string json() const {
    const boost::json::object row{{"offset_ns", offset_ns},         {"due", due},
                                  {"host", json_text(host)},        {"address", address},
                                  {"user", json_text(user)},        {"kind", kind},
                                  {"esm", json_text(esm)},          {"ordinal", ordinal},
                                  {"template", json_text(message)}, {"fault", fault}};
    return boost::json::serialize(row) + '\n';
  }

  std::int64_t offset_ns;
  std::string due, host, address, user;
  std::string_view kind;
  std::string esm;
  std::uint32_t ordinal;
  std::string message;
  std::string fault;  // empty: none
};

}  // namespace

void print_plan(const Inputs& inputs, const PrintPlanOptions& options, Output& out) {
  const bool csv = options.form == PrintPlanOptions::Form::kCsv;
  if (csv) out.write("offset_ns,due,host,address,user,kind,esm,ordinal,template,fault\n");
  Schedule schedule(*inputs.plan, inputs.shard, options.since);
  std::array<Event, 1024> events;
  std::uint64_t left = options.limit;
  while (left > 0 && !out.closed()) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, events.size()));
    const std::size_t count = schedule.next(std::span(events).first(wanted), options.until);
    if (count == 0) break;
    left -= count;
    for (const Event& event : std::span(events).first(count)) {
      const Row row(inputs, event);
      out.write(csv ? row.csv() : row.json());
    }
  }
}

}  // namespace esm
