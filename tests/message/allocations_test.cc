#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sender/message/batch.h"
#include "sender/message/framing.h"

#include "tests/message/small_plan.h"
#include "tests/support/allocation_counter.h"

namespace esm::test {
namespace {

TEST(Allocations, RenderingAndFramingAllocateNothing) {
  Scenario scenario = sample_scenario();
  EsmServer second = scenario.esms[0];
  second.name = "esm02";
  second.version = "4.2";
  scenario.esms.push_back(second);
  UserGroup office;
  office.key = "office";
  office.count = 1'000;
  office.name = {"a user with a name of more than sixteen bytes", "", true, 5};
  office.domains = {{"corp.example"}};
  office.form = UserForm::kPrincipal;
  scenario.users.push_back(office);
  auto names = std::make_shared<People>();
  const std::uint8_t domain = *names->add_domain("CORP");
  for (int i = 0; i < 500; ++i) names->add("o'brien, \"bob\" \\" + std::to_string(i), domain);
  UserGroup of_a_file;
  of_a_file.key = "file";
  of_a_file.count = names->size();
  of_a_file.people = names;
  of_a_file.form = UserForm::kDownLevel;
  scenario.users.push_back(of_a_file);
  UserGroup awkward;
  awkward.key = "awkward";
  awkward.count = 500;
  awkward.name = {"temp-", "", true, 3};
  awkward.awkward.shares = {100'000, 100'000, 100'000, 100'000, 100'000, 100'000};
  awkward.domains = {{"CORP", 500'000}, {"LAB", 500'000}};
  scenario.users.push_back(awkward);
  EndpointGroup pcs;
  pcs.key = "pcs";
  pcs.count = 1'000;
  pcs.host = {"PC-", "", true, 5};
  pcs.pool = {*IpNetwork::parse("10.20.0.0/25"), *IpNetwork::parse("2001:db8:1::/64")};
  pcs.os = {{"Windows 10", 500'000}, {"", 500'000}};
  pcs.idle = IdleBeat::kDash;
  scenario.endpoints.push_back(pcs);
  scenario.noise.resize(2);
  scenario.logoffs.resize(1);
  for (const FaultKind kind :
       {FaultKind::kTruncated, FaultKind::kOverLong, FaultKind::kNoPri, FaultKind::kWrongPri,
        FaultKind::kInvalidUtf8, FaultKind::kBom, FaultKind::kSeveral, FaultKind::kTimeSkew}) {
    Fault fault;
    fault.kind = kind;
    fault.endpoints = 0;
    fault.bytes = 2049;
    fault.times = 3;
    fault.skew = std::chrono::hours{1};
    scenario.faults.push_back(fault);
  }
  const Plan plan(scenario, 1);

  std::vector<Template> templates;
  for (const char* name : {"traps-leef-heartbeat", "traps-leef-load", "traps-leef2-heartbeat",
                           "traps-cef-heartbeat", "traps-csv-heartbeat"}) {
    templates.push_back(shipped_template(name));
  }
  templates.push_back(template_of(
      "format: text\nhead: rfc5424\npad-to: 700\n"
      "text: \"{event.time:EEEE H:m:s} {event.time:epoch-ms} {esm.name} {endpoint.version}\"\n"));
  // Forms, letters, stand-ins, optional fields and parts, escapes.
  const std::string fields =
      "header: { vendor: V, product: P, version: '{session.user:upper}', event: E }\nfields:\n"
      "  - a: '{session.user:DOMAIN\\user,lower} {endpoint.host:upper}'\n"
      "  - b?: '{session.user:user@domain,upper}'\n"
      "  - c?: 'x{? of {session.domain:lower}} {session.name} {endpoint.os}'\n"
      "  - d: '{session.domain|-}{? ({endpoint.os}, {session.user|none})}'\n";
  templates.push_back(template_of("format: leef1\nescape: doubled-backslash\n" + fields));
  templates.push_back(template_of("format: leef2\ndelimiter: '^'\npad-to: 900\n" + fields));
  templates.push_back(
      template_of("format: csv\nfields: [ '{session.user:user@domain,upper}', '{session.name|, }', "
                  "'{? {endpoint.os}, {session.name}}', '{session.domain:lower}' ]\n"));
  for (const char* escape :
       {"raw", "doubled-backslash", "cef-header", "cef-value", "csv", "rfc5424-param"}) {
    templates.push_back(template_of(std::string("format: text\nescape: ") + escape +
                                    "\ntext: '{session.user:upper}{? of {session.domain}}'\n"));
  }
  for (const char* name : {"fsso-logon", "check-point-logon"}) {
    templates.push_back(shipped_template(name));
  }
  templates.push_back(template_of("format: text\ntext: \"{event.hash} {event.uuid}\"\n"));
  for (const Template& message : templates) {
    // Two of noise, one of logoffs.
    const std::vector<Template> others = {templates.back(), templates.front(),
                                          shipped_template("fsso-logoff")};
    Renderer renderer({message, others}, plan, sample_time());
    Batch batch(100, 100 * (renderer.length_max() + kFrameOverheadMax));
    const std::uint64_t before = allocations();
    for (std::uint32_t i = 0; i < 10'000; ++i) {
      Event event;
      event.endpoint = i % plan.endpoint_count();
      event.user = i % 7 == 0 ? kNobody : i % plan.user_count();
      event.ordinal = i;
      event.message = static_cast<std::uint8_t>(i % 4);
      if (event.message == 0) event.fault = static_cast<std::uint8_t>(i / 4 % 9);
      event.due = std::chrono::seconds{i * 61};  // another minute each, and many days
      if (!batch.has_room(renderer.length_max() + kFrameOverheadMax)) batch.clear();
      char* const begin = batch.tail();
      batch.commit(frame(Framing::kOctetLf, begin, renderer.render(event, begin)), event.due);
    }
    EXPECT_EQ(allocations() - before, 0U) << message.source.text();
  }
}

}  // namespace
}  // namespace esm::test
