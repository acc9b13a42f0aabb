#include "tests/support/fleet.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "sender/message/renderer.h"
#include "sender/scenario/schedule.h"

namespace esm::test {

Scenario fleet(const FleetOptions& options) {
  Scenario scenario;
  scenario.about = "a fleet for tests";
  scenario.length = std::chrono::hours{24};
  for (std::uint32_t e = 0; e < options.esms; ++e) {
    EsmServer esm;
    esm.name = fmt::format("esm{:02}", e + 1);
    esm.address = *IpAddress::parse(fmt::format("10.0.1.{}", 20 + e));
    esm.version = "4.1.3.33176";
    scenario.esms.push_back(std::move(esm));
  }
  UserGroup users;
  users.key = "users";
  users.count = options.endpoints;
  users.name = {"user", "", true, 5};
  scenario.users.push_back(std::move(users));
  EndpointGroup machines;
  machines.key = "machines";
  machines.count = options.endpoints;
  machines.host = {"PC-", "", true, 5};
  machines.pool = {*IpNetwork::parse("10.20.0.0/16")};
  machines.rate = options.rate;
  machines.messages_max = options.messages;
  scenario.endpoints.push_back(std::move(machines));
  Activity logon;
  logon.kind = Activity::Kind::kLogon;
  scenario.activities.push_back(logon);
  return scenario;
}

Template plain_template(std::size_t padding) {
  const auto field = [](Field which) {
    Piece piece;
    piece.is_field = true;
    piece.field = which;
    return piece;
  };
  const auto literal = [](std::string text) {
    Piece piece;
    piece.literal = std::move(text);
    return piece;
  };
  Template message;
  message.name = "plain";
  message.format = Format::kText;
  message.head = Head::kNone;
  message.text = {field(Field::kEndpointHost), literal(" "), field(Field::kEndpointAddress),
                  literal(" "), field(Field::kOrdinal)};
  if (padding > 0) message.text.push_back(literal(" " + std::string(padding, '.')));
  return message;
}

std::vector<Line> lines_of(const Plan& plan, const Templates& templates, UtcTime epoch,
                           Shard shard) {
  Schedule schedule(plan, shard);
  Renderer renderer(templates, plan, epoch);
  std::vector<Line> lines;
  std::array<Event, 64> events;
  while (const std::size_t count = schedule.next(events)) {
    for (std::size_t i = 0; i < count; ++i) {
      lines.push_back({events[i], renderer.render(events[i])});
    }
  }
  return lines;
}

}  // namespace esm::test
