#include "tests/message/small_plan.h"

#include <utility>

#include <gtest/gtest.h>

#include "tests/support/shipped_templates.h"

namespace esm::test {

Scenario sample_scenario() {
  Scenario scenario;
  scenario.about = "one endpoint";
  scenario.length = std::chrono::hours{24};
  EsmServer server;
  server.name = "esm01";
  server.address = *IpAddress::parse("172.16.183.173");
  server.version = "4.1.3.33176";
  scenario.esms.push_back(std::move(server));
  UserGroup users;
  users.key = "demo";
  users.name.prefix = "demo";
  users.domains = {{"CORP"}};
  scenario.users.push_back(std::move(users));
  EndpointGroup endpoints;
  endpoints.key = "w10";
  endpoints.host.prefix = "w10";
  endpoints.pool = {*IpNetwork::parse("10.0.1.51/32")};
  scenario.endpoints.push_back(std::move(endpoints));
  return scenario;
}

UtcTime sample_time() { return *parse_rfc3339("2016-09-28T17:38:48Z"); }

Event sample_event() {
  Event event;
  event.user = 0;
  return event;
}

Template template_of(const std::string& yaml) {
  Diagnostics diagnostics;
  std::optional<Template> message = read_template(SourceText("t.yaml", yaml), diagnostics);
  EXPECT_EQ(diagnostics.render(), "") << yaml;
  return message ? std::move(*message) : Template{};
}

Template shipped_template(const std::string& name) {
  const std::string text = shipped_template_text(name);
  EXPECT_NE(text, "") << name;
  return template_of(text);
}

std::string rendered(const Template& message, const Scenario& scenario, const Event& event) {
  const Plan plan(scenario, 1);
  return Renderer(message, plan, sample_time()).render(event);
}

std::string complaints_about(const std::string& yaml) {
  Diagnostics diagnostics;
  const bool read = read_template(SourceText("t.yaml", yaml), diagnostics).has_value();
  EXPECT_NE(read, diagnostics.has_errors());
  return diagnostics.render();
}

}  // namespace esm::test
