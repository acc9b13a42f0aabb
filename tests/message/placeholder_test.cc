// Forms of users, letters, stand-ins, fields and parts that are left out, and escapes that a
// template chooses.
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "sender/message/renderer.h"

#include "tests/message/small_plan.h"

namespace esm::test {
namespace {

Event of(std::uint32_t user) {
  Event event = sample_event();
  event.user = user;
  return event;
}

std::string text_of(const std::string& text, const Scenario& scenario, std::uint32_t user = 0,
                    const std::string& more = {}) {
  const Template message = template_of("format: text\nhead: none\ntext: '" + text + "'\n" + more);
  const std::string line = rendered(message, scenario, of(user));
  EXPECT_LE(line.size(), Renderer(message, Plan(scenario, 1), sample_time()).length_max());
  return line;
}

// Names made of a pattern; nora's people come from a file and have domains of their own.
Scenario named() {
  Scenario scenario = sample_scenario();
  scenario.users[0].name = {"Jörg", "x", true, 2};
  scenario.users[0].count = 10;
  return scenario;
}

Scenario of_a_file() {
  Scenario scenario = sample_scenario();
  auto people = std::make_shared<People>();
  const auto corp = people->add_domain("Corp"), none = people->add_domain("");
  people->add("Nora\\n=]\"", *corp);
  people->add("Łukasz", *none);
  scenario.users[0].people = people;
  scenario.users[0].count = people->size();
  return scenario;
}

TEST(Placeholder, AUserIsWrittenInTheFormThatTheTemplateWants) {
  Scenario scenario = named();
  for (const UserForm form : {UserForm::kBare, UserForm::kDownLevel, UserForm::kPrincipal}) {
    scenario.users[0].form = form;
    EXPECT_EQ(text_of("{session.user:user} {session.user:DOMAIN\\user} {session.user:user@domain}",
                      scenario, 6),
              "Jörg07x CORP\\Jörg07x Jörg07x@CORP");
  }
  EXPECT_EQ(text_of("{session.user:DOMAIN\\user} {session.user:user@domain}", of_a_file(), 1),
            "Łukasz Łukasz")
      << "without a domain there is nothing to put before or behind";
}

TEST(Placeholder, NamesAreWrittenInTheLettersThatTheTemplateWants) {
  Scenario scenario = named();
  scenario.endpoints[0].host.prefix = "Pc-Ö";
  EXPECT_EQ(text_of("{session.user:DOMAIN\\user,lower} {session.user:upper,user@domain} "
                    "{session.name:upper} {session.domain:lower} {endpoint.host:upper}",
                    scenario, 0),
            "corp\\jörg01x JÖRG01X@CORP JÖRG01X corp PC-Ö");
  EXPECT_EQ(text_of("{session.user:lower} {session.user:DOMAIN\\user,upper}", of_a_file(), 1),
            "łukasz ŁUKASZ");
  EXPECT_EQ(text_of("Who? {session.user:lower}", scenario, kNobody), "Who? ");
}

TEST(Placeholder, WhatAnEscapeAddsIsNotPutIntoOtherLetters) {
  Scenario scenario = of_a_file();
  auto people = std::make_shared<People>();
  people->add("a\nb", *people->add_domain("d\n"));
  scenario.users[0].people = people;
  scenario.users[0].count = 1;
  const std::string cef =
      "format: cef\nhead: none\nheader: { vendor: V, product: P, version: 1, event: E, name: N, "
      "severity: 3 }\nfields:\n  - duser: '{session.user:DOMAIN\\user,upper}'\n";
  EXPECT_EQ(rendered(template_of(cef), scenario), "CEF:0|V|P|1|E|N|3|duser=D\\n\\\\A\\nB");
}

TEST(Placeholder, AStandInIsWrittenForWhatIsEmpty) {
  const std::string text = "{session.user|nobody} {session.domain:lower|-} {endpoint.os|?}";
  Scenario scenario = named();
  EXPECT_EQ(text_of(text, scenario, 0), "Jörg01x corp ?");
  EXPECT_EQ(text_of(text, scenario, kNobody), "nobody - ?");
  scenario.endpoints[0].os = {{"Windows 10"}};
  EXPECT_EQ(text_of(text, scenario, kNobody), "nobody - Windows 10");
  EXPECT_EQ(text_of(text, of_a_file(), 1), "Łukasz - ?");
  const Template csv =
      template_of("format: csv\nhead: none\nfields: [ '{session.user|no, \"body\"}', x ]\n");
  EXPECT_EQ(rendered(csv, scenario, of(kNobody)), "\"no, \"\"body\"\"\",x");
}

TEST(Placeholder, AnOptionalFieldIsLeftOutWhereItsValueIsEmpty) {
  const std::string fields =
      "fields:\n  - cat: Agent\n  - duser?: '{session.user}'\n  - domain?: '{session.domain}'\n"
      "  - os?: '{endpoint.os}'\n  - msg: m\n";
  const std::string header = "header: { vendor: V, product: P, version: 1, event: E";
  const Template leef = template_of("format: leef1\nhead: none\n" + header + " }\n" + fields);
  const Template cef =
      template_of("format: cef\nhead: none\n" + header + ", name: N, severity: 3 }\n" + fields);
  Scenario scenario = named();
  EXPECT_EQ(rendered(leef, scenario),
            "LEEF:1.0|V|P|1|E|cat=Agent\tduser=Jörg01x\tdomain=CORP\tmsg=m");
  EXPECT_EQ(rendered(leef, scenario, of(kNobody)), "LEEF:1.0|V|P|1|E|cat=Agent\tmsg=m");
  EXPECT_EQ(rendered(cef, of_a_file(), of(1)), "CEF:0|V|P|1|E|N|3|cat=Agent duser=Łukasz msg=m");
  scenario.endpoints[0].os = {{"Windows 10"}};
  EXPECT_EQ(rendered(cef, scenario, of(kNobody)),
            "CEF:0|V|P|1|E|N|3|cat=Agent os=Windows 10 msg=m");
  // A dash is a value.
  scenario.endpoints[0].idle = IdleBeat::kDash;
  EXPECT_EQ(rendered(leef, scenario, of(kNobody)),
            "LEEF:1.0|V|P|1|E|cat=Agent\tduser=-\tos=Windows 10\tmsg=m");
}

TEST(Placeholder, AnOptionalFieldIsLeftOutWhereOneOfItsValuesIsEmpty) {
  Scenario scenario = named();
  const Template leef = template_of(
      "format: leef1\nhead: none\nheader: { vendor: V, product: P, version: 1, event: E }\n"
      "fields:\n  - cat: Agent\n  - who?: '{session.name}{?@{session.domain}} on {endpoint.os}'\n");
  EXPECT_EQ(rendered(leef, scenario), "LEEF:1.0|V|P|1|E|cat=Agent");
  scenario.endpoints[0].os = {{"Windows 10"}};
  EXPECT_EQ(rendered(leef, scenario), "LEEF:1.0|V|P|1|E|cat=Agent\twho=Jörg01x@CORP on Windows 10");
  EXPECT_EQ(rendered(leef, scenario, of(kNobody)), "LEEF:1.0|V|P|1|E|cat=Agent");
  Scenario file = of_a_file();
  file.endpoints[0].os = {{"Windows 10"}};
  EXPECT_EQ(rendered(leef, file, of(1)), "LEEF:1.0|V|P|1|E|cat=Agent\twho=Łukasz on Windows 10");
}

TEST(Placeholder, AnOptionalPartIsLeftOutWhereOneOfItsValuesIsEmpty) {
  const std::string text =
      "<{?{session.name}{{at}} {event.ordinal}, }{? of {session.domain:lower|-}{session.domain}}{? "
      "by {endpoint.os} for {session.user}}>";
  Scenario scenario = named();
  EXPECT_EQ(text_of(text, scenario, 0), "<Jörg01x{at} 0,  of corpCORP>");
  EXPECT_EQ(text_of(text, scenario, kNobody), "<>");
  EXPECT_EQ(text_of(text, of_a_file(), 1), "<Łukasz{at} 0, >") << "who has no domain";
  scenario.endpoints[0].os = {{"Windows 10"}};
  EXPECT_EQ(text_of(text, scenario, 0), "<Jörg01x{at} 0,  of corpCORP by Windows 10 for Jörg01x>");
  EXPECT_EQ(text_of(text, scenario, kNobody), "<>");
  // A dash is a value, and has no domain.
  scenario.endpoints[0].idle = IdleBeat::kDash;
  EXPECT_EQ(text_of(text, scenario, kNobody), "<-{at} 0,  by Windows 10 for ->");
}

// Endpoints of one fleet with and without an operating system, users with and without a domain.
TEST(Placeholder, AnOptionalPartIsLeftOutOfEachMessageByItself) {
  Scenario scenario = of_a_file();
  EndpointGroup other = scenario.endpoints[0];
  other.key = "other";
  other.host.prefix = "srv";
  other.os = {{"Windows Server", 500'000}, {"", 500'000}};
  other.count = 8;
  other.pool = {*IpNetwork::parse("10.0.2.0/24")};
  scenario.endpoints.push_back(other);
  const Template message = template_of(
      "format: text\nhead: none\ntext: '{?[{endpoint.os} {endpoint.host}] }{?{session.domain}: "
      "}x'\n");
  const Plan plan(scenario, 1);
  Renderer renderer(message, plan, sample_time());
  const std::uint32_t all = plan.endpoint_count();
  std::size_t with = 0;
  for (std::uint32_t endpoint = 0; endpoint < all; ++endpoint) {
    for (const std::uint32_t user : {0U, 1U, kNobody}) {
      Event event = of(user);
      event.endpoint = endpoint;
      const bool has_os = endpoint > 0 && plan.os(endpoint) == 0;
      with += has_os ? 1 : 0;
      EXPECT_EQ(renderer.render(event), std::string(has_os ? "[Windows Server srv] " : "") +
                                            (user == 0 ? "Corp: " : "") + "x");
    }
  }
  EXPECT_TRUE(with > 0 && with < 3U * (all - 1)) << with;
}

// Of a csv's column the quotes stay, and of a message that is padded the size.
TEST(Placeholder, AnOptionalPartLeavesColumnsAndSizesAsTheyAre) {
  const Scenario scenario = named();
  const Template csv = template_of(
      "format: csv\nhead: none\nfields: [ a, '{?{session.name}, {session.domain}}', "
      "'{?{session.user}}', b ]\n");
  EXPECT_EQ(rendered(csv, scenario), "a,\"Jörg01x, CORP\",Jörg01x,b");
  EXPECT_EQ(rendered(csv, scenario, of(kNobody)), "a,\"\",,b");
  const Template padded =
      template_of("format: text\nhead: none\npad-to: 30\ntext: 'x{? {session.user}}'\n");
  EXPECT_EQ(rendered(padded, scenario), "x Jörg01x " + std::string(19, 'x'));
  EXPECT_EQ(rendered(padded, scenario, of(kNobody)), "x " + std::string(28, 'x'));
}

TEST(Placeholder, ValuesAreEscapedAsTheTemplateWants) {
  const Scenario scenario = of_a_file();
  const std::string text = "\\ \"{session.user}\"";
  const struct {
    const char *escape, *expected;
  } rows[] = {
      {"raw", "\\ \"Nora\\n=]\"\""},          {"doubled-backslash", "\\ \"Nora\\\\n=]\"\""},
      {"cef-header", "\\ \"Nora\\\\n=]\"\""}, {"cef-value", "\\ \"Nora\\\\n\\=]\"\""},
      {"csv", "\\ \"Nora\\n=]\"\"\""},        {"rfc5424-param", "\\ \"Nora\\\\n=\\]\\\"\""},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(text_of(text, scenario, 0, std::string("escape: ") + row.escape + "\n"), row.expected)
        << row.escape << ": the template's own text stays as it is";
  }
}

// The backslash trap: a receiver that unescapes \n would make two lines of CORP\nora.
TEST(Placeholder, ADoubledBackslashIsForLeefsValuesAlone) {
  Scenario scenario = sample_scenario();
  scenario.users[0].name.prefix = "nora";
  scenario.users[0].form = UserForm::kDownLevel;
  const Template leef = template_of(
      "format: leef1\nhead: none\nescape: doubled-backslash\n"
      "header: { vendor: V, product: P, version: '{session.user}', event: E }\n"
      "fields:\n  - duser: '{session.user}'\n  - own: 'a\\b'\n");
  EXPECT_EQ(rendered(leef, scenario), "LEEF:1.0|V|P|CORP\\nora|E|duser=CORP\\\\nora\town=a\\\\b");
}

}  // namespace
}  // namespace esm::test
