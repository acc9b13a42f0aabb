#include "sender/message/renderer.h"

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sender/message/time_format.h"

#include "tests/message/small_plan.h"

namespace esm::test {
namespace {

Template text_template(const std::string& text) {
  return template_of("format: text\nhead: none\ntext: \"" + text + "\"\n");
}

// Two groups of endpoints and users, two ESMs: everything that can be a choice is one.
Scenario mixed_scenario() {
  Scenario scenario = sample_scenario();
  EsmServer second;
  second.name = "esm02-north";
  second.address = *IpAddress::parse("2001:db8::20");
  second.version = "4.2.0";
  scenario.esms.push_back(second);
  UserGroup office;
  office.key = "office";
  office.count = 300;
  office.name = {"user", "-x", true, 5};
  office.domains = {{"corp.example"}};
  office.form = UserForm::kPrincipal;
  scenario.users.push_back(office);
  UserGroup admins = office;
  admins.key = "admins";
  admins.count = 12;
  admins.name = {"adm", "", true, 0};
  admins.domains = {{"CORP"}};
  admins.form = UserForm::kDownLevel;
  scenario.users.push_back(admins);
  EndpointGroup pcs;
  pcs.key = "pcs";
  pcs.count = 300;
  pcs.host = {"PC-", "", true, 5};
  pcs.pool = {*IpNetwork::parse("10.20.0.0/25"), *IpNetwork::parse("2001:db8:1::/64")};
  pcs.versions = {{"4.0"}};
  scenario.endpoints.push_back(pcs);
  return scenario;
}

Event event_of(std::uint32_t endpoint, std::uint32_t user, std::uint32_t ordinal = 0,
               SimTime due = SimTime{0}) {
  Event event;
  event.endpoint = endpoint;
  event.user = user;
  event.ordinal = ordinal;
  event.due = due;
  return event;
}

TEST(Renderer, PlaceholdersAreFilledFromTheEventsEndpointUserAndEsm) {
  const Plan plan(mixed_scenario(), 1);
  const Template message = text_template(
      "{endpoint.host} {endpoint.address} {endpoint.version} [{session.user}] [{session.name}] "
      "[{session.domain}] {event.ordinal} {{}} {event.time:HH:mm}");
  Renderer renderer(message, plan, sample_time());
  const std::string version_of_first = plan.scenario().esms[plan.esm(0)].version;
  struct Row {
    Event event;
    std::string expected;
  };
  const Row rows[] = {
      {event_of(0, 0), "w10 10.0.1.51 " + version_of_first + " [demo] [demo] [CORP] 0 {} 17:38"},
      {event_of(1, 1, 7),
       "PC-00001 10.20.0.1 4.0 [user00001-x@corp.example] [user00001-x] [corp.example] 7 {} 17:38"},
      {event_of(126, 300, 4'294'967'295U),
       "PC-00126 10.20.0.126 4.0 [user00300-x@corp.example] [user00300-x] [corp.example] "
       "4294967295 {} 17:38"},
      {event_of(127, 301), "PC-00127 2001:db8:1::1 4.0 [CORP\\adm1] [adm1] [CORP] 0 {} 17:38"},
      {event_of(300, 312, 12),
       "PC-00300 2001:db8:1::ae 4.0 [CORP\\adm12] [adm12] [CORP] 12 {} 17:38"},
      {event_of(300, kNobody, 12, std::chrono::minutes{22}),
       "PC-00300 2001:db8:1::ae 4.0 [] [] [] 12 {} 18:00"},
  };
  for (const Row& row : rows) EXPECT_EQ(renderer.render(row.event), row.expected);
}

TEST(Renderer, TheEsmIsTheOneItsEndpointReportsTo) {
  const Plan plan(mixed_scenario(), 1);
  const Template message =
      text_template("{esm.name}/{esm.address}/{esm.version}/{endpoint.version}");
  Renderer renderer(message, plan, sample_time());
  bool both[2] = {};
  for (std::uint32_t endpoint = 0; endpoint < plan.endpoint_count(); ++endpoint) {
    const std::uint32_t esm = plan.esm(endpoint);
    both[esm] = true;
    EXPECT_EQ(renderer.render(event_of(endpoint, kNobody)),
              (esm == 0 ? "esm01/172.16.183.173/4.1.3.33176/" : "esm02-north/2001:db8::20/4.2.0/") +
                  std::string(endpoint > 0 ? "4.0"
                              : esm == 0   ? "4.1.3.33176"
                                           : "4.2.0"));
  }
  EXPECT_TRUE(both[0] && both[1]);
}

TEST(Renderer, NobodyIsADashWhereTheEndpointsGroupSaysSo) {
  Scenario scenario = mixed_scenario();
  scenario.endpoints[1].idle = IdleBeat::kDash;
  const Plan plan(std::move(scenario), 1);
  // With and without something else that differs between groups of endpoints.
  for (const std::string more : {"", "{endpoint.host}"}) {
    const Template message =
        text_template("{session.user}|{session.name}|{session.domain}|" + more);
    Renderer renderer(message, plan, sample_time());
    EXPECT_EQ(renderer.render(event_of(0, kNobody)), more.empty() ? "|||" : "|||w10");
    EXPECT_EQ(renderer.render(event_of(1, kNobody)), more.empty() ? "-|-||" : "-|-||PC-00001");
    EXPECT_EQ(renderer.render(event_of(1, 0)),
              more.empty() ? "demo|demo|CORP|" : "demo|demo|CORP|PC-00001");
  }
}

TEST(Renderer, AVersionByShareIsTheEndpointsOwn) {
  Scenario scenario = mixed_scenario();
  scenario.endpoints[1].versions = {{"4.0", 700'000}, {"5.10.2", 300'000}};
  const Plan plan(std::move(scenario), 1);
  const Template message = text_template("v{endpoint.version}");
  Renderer renderer(message, plan, sample_time());
  EXPECT_EQ(renderer.render(event_of(0, kNobody)), "v" + plan.scenario().esms[plan.esm(0)].version);
  std::size_t newer = 0;
  for (std::uint32_t endpoint = 1; endpoint < plan.endpoint_count(); ++endpoint) {
    const bool is_newer = plan.version(endpoint) == 1;
    newer += is_newer ? 1 : 0;
    EXPECT_EQ(renderer.render(event_of(endpoint, kNobody)), is_newer ? "v5.10.2" : "v4.0");
  }
  EXPECT_NEAR(static_cast<double>(newer), 90, 30);  // of 300
}

TEST(Renderer, AnOperatingSystemIsTheEndpointsOwn) {
  Scenario scenario = mixed_scenario();
  scenario.endpoints[1].os = {{"Windows 10", 700'000}, {"Windows 7", 300'000}};
  const Plan plan(std::move(scenario), 1);
  const Template message = text_template("[{endpoint.os}] {endpoint.host}");
  Renderer renderer(message, plan, sample_time());
  EXPECT_EQ(renderer.render(event_of(0, kNobody)), "[] w10") << "none is given";
  std::size_t older = 0;
  for (std::uint32_t endpoint = 1; endpoint < plan.endpoint_count(); ++endpoint) {
    const std::string text = renderer.render(event_of(endpoint, kNobody));
    EXPECT_EQ(text.substr(0, text.find(']')),
              plan.os(endpoint) == 0 ? "[Windows 10" : "[Windows 7");
    EXPECT_LE(text.size(), renderer.length_max());
    older += plan.os(endpoint);
  }
  EXPECT_NEAR(static_cast<double>(older), 90, 30);  // of 300
  EXPECT_EQ(renderer.length_max(), std::string("[Windows 10] PC-00001").size());
}

TEST(Renderer, HeadsAreThoseOfTheirStandards) {
  struct Row {
    std::string keys, expected;
  };
  const Row rows[] = {
      {"head: none", "m"},
      {"head: esm", "<134>Sep 28 2016 17:38:48 172.16.183.173 m"},
      {"head: esm\nfacility: kern\nseverity: emerg", "<0>Sep 28 2016 17:38:48 172.16.183.173 m"},
      {"head: esm\nfacility: local7\nseverity: debug",
       "<191>Sep 28 2016 17:38:48 172.16.183.173 m"},
      {"head: rfc3164", "<134>Sep 28 17:38:48 esm01 m"},
      {"head: rfc5424", "<134>1 2016-09-28T17:38:48.000Z esm01 - - - - m"},
      {"head: rfc5424\napp-name: traps\nmessage-id: HB",
       "<134>1 2016-09-28T17:38:48.000Z esm01 traps - HB - m"},
      {"head: esm-5424", "<134>1 2016-09-28T17:38:48.00Z+00:00 172.16.183.173 - - - m"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(rendered(template_of("format: text\n" + row.keys + "\ntext: m\n")), row.expected);
  }
}

// Users whose names come from a file: each form of each name, as the format wants it.
TEST(Renderer, NamesOfAFileAreWrittenAsTheFormatWantsThem) {
  auto people = std::make_shared<People>();
  const std::uint8_t corp = *people->add_domain("CORP");
  const std::uint8_t lab = *people->add_domain("LAB");
  people->add("alice", corp);
  people->add("o'brien", lab);
  people->add("doe, \"jo\"", corp);
  people->add("a=b|c", lab);
  Scenario scenario = sample_scenario();
  UserGroup& users = scenario.users[0];
  users.people = people;
  users.count = people->size();
  const std::string user =
      "head: none\nfields:\n  - \"{session.user}\"\n  - \"{session.name}\"\n"
      "  - \"{session.domain}\"\n  - x\n";
  const Template csv = template_of("format: csv\n" + user);
  const Template text = text_template("[{session.user}] [{session.name}] [{session.domain}]");
  const Template cef = template_of(
      "format: cef\nhead: none\nheader: { vendor: V, product: P, version: \"{session.name}\", "
      "event: E, name: N, severity: 3 }\nfields: [ { duser: \"{session.user}\" } ]\n");
  const struct {
    UserForm form;
    std::uint32_t index;
    const char *csv, *text, *cef;
  } rows[] = {
      {UserForm::kBare, 0, "alice,alice,CORP,x", "[alice] [alice] [CORP]",
       "CEF:0|V|P|alice|E|N|3|duser=alice"},
      {UserForm::kDownLevel, 1, "LAB\\o'brien,o'brien,LAB,x", "[LAB\\o'brien] [o'brien] [LAB]",
       "CEF:0|V|P|o'brien|E|N|3|duser=LAB\\\\o'brien"},
      {UserForm::kPrincipal, 2, "\"doe, \"\"jo\"\"@CORP\",\"doe, \"\"jo\"\"\",CORP,x",
       "[doe, \"jo\"@CORP] [doe, \"jo\"] [CORP]",
       "CEF:0|V|P|doe, \"jo\"|E|N|3|duser=doe, \"jo\"@CORP"},
      {UserForm::kBare, 3, "a=b|c,a=b|c,LAB,x", "[a=b|c] [a=b|c] [LAB]",
       "CEF:0|V|P|a=b\\|c|E|N|3|duser=a\\=b|c"},
  };
  for (const auto& row : rows) {
    users.form = row.form;
    const Event event = event_of(0, row.index);
    EXPECT_EQ(rendered(csv, scenario, event), row.csv);
    EXPECT_EQ(rendered(text, scenario, event), row.text);
    EXPECT_EQ(rendered(cef, scenario, event), row.cef);
    const Plan plan(scenario, 1);
    std::size_t longest = 0;
    for (std::uint32_t i = 0; i < users.count; ++i) {
      longest = std::max(longest, rendered(text, scenario, event_of(0, i)).size());
    }
    EXPECT_GE(Renderer(text, plan, sample_time()).length_max(), longest);
    EXPECT_LE(Renderer(text, plan, sample_time()).length_max(), longest + 2) << "hardly more";
  }
}

TEST(Renderer, CsvIsQuotedWhereItMustBe) {
  Scenario scenario = sample_scenario();
  scenario.users[0].name.prefix = "a \"b\", c";
  scenario.esms[0].name = "esm,01";
  scenario.endpoints[0].host = {"w,", "\"", true, 3};
  const std::string yaml =
      "format: csv\n"
      "head: none\n"
      "fields:\n"
      "  - \"{session.user}\"\n"
      "  - plain\n"
      "  - 'with, comma'\n"
      "  - '\"quoted\"'\n"
      "  - \"\"\n"
      "  - \"{endpoint.host}\"\n"
      "  - \"{session.domain}/{endpoint.host}\"\n"
      "  - \"{esm.name}\"\n"
      "  - \"{event.time:dd, MM}\"\n"
      "  - \"{event.time:dd MM}\"\n"
      "  - \"{endpoint.address}\"\n";
  EXPECT_EQ(rendered(template_of(yaml), scenario),
            "\"a \"\"b\"\", c\",plain,\"with, comma\",\"\"\"quoted\"\"\",,\"w,001\"\"\","
            "\"CORP/w,001\"\"\",\"esm,01\",\"28, 09\",28 09,10.0.1.51");
  // Nobody is nothing, and nothing needs no quotes.
  EXPECT_EQ(rendered(template_of(yaml), scenario, event_of(0, kNobody)),
            ",plain,\"with, comma\",\"\"\"quoted\"\"\",,\"w,001\"\"\","
            "\"/w,001\"\"\",\"esm,01\",\"28, 09\",28 09,10.0.1.51");
}

TEST(Renderer, ATabMayEndAValueOfText) {
  EXPECT_EQ(rendered(text_template("user={session.user}\\tip={endpoint.address}\\t.")),
            "user=demo\tip=10.0.1.51\t.");
}

TEST(Renderer, CefEscapesWhatTheTemplateSaysToo) {
  const Template message = template_of(
      "format: cef\nhead: none\n"
      "header: { vendor: 'a|b', product: 'c\\d', version: 1, event: 'e=f', name: g, severity: 10 "
      "}\n"
      "fields:\n  - msg: 'x=1 | C:\\y'\n  - rt: \"{event.time:HH=mm}\"\n");
  EXPECT_EQ(rendered(message), "CEF:0|a\\|b|c\\\\d|1|e=f|g|10|msg=x\\=1 | C:\\\\y rt=17\\=38");
}

TEST(Renderer, TheDelimiterOfLeef2StandsInTheHeaderAsWritten) {
  const auto with = [](const std::string& delimiter) {
    return rendered(template_of("format: leef2\nhead: none\n" + delimiter +
                                "header: { vendor: v, product: p, version: 1, event: e }\n"
                                "fields: [ { cat: c }, { duser: \"{session.user}\" } ]\n"));
  };
  EXPECT_EQ(with(""), "LEEF:2.0|v|p|1|e||cat=c\tduser=demo");
  EXPECT_EQ(with("delimiter: ^\n"), "LEEF:2.0|v|p|1|e|^|cat=c^duser=demo");
  EXPECT_EQ(with("delimiter: x5E\n"), "LEEF:2.0|v|p|1|e|x5E|cat=c^duser=demo");
  EXPECT_EQ(with("delimiter: 0x09\n"), "LEEF:2.0|v|p|1|e|0x09|cat=c\tduser=demo");
  EXPECT_EQ(with("delimiter: '#'\n"), "LEEF:2.0|v|p|1|e|#|cat=c#duser=demo");
}

// A renderer keeps the text of the current second; that must never show.
void expect_right_times_in_any_order(const LocalClock& clock) {
  const UtcTime epoch = *parse_rfc3339("2023-12-31T23:59:00Z");
  Scenario scenario = mixed_scenario();
  scenario.clock = clock;
  const Plan plan(std::move(scenario), 1);
  const std::string formats[] = {"MMM dd yyyy HH:mm:ss",
                                 "H:m:s",
                                 "EEEE d MMMM",
                                 "SSS",
                                 "ss.SSSSSS 'and' HH",
                                 "epoch",
                                 "epoch-ms",
                                 "rfc3339",
                                 "HH Z X",
                                 "HH:mm:ss.SSS",
                                 "HH.mm:ss",
                                 "ss:mm:HH"};
  std::string text;
  for (const std::string& format : formats) text += "{event.time:" + format + "}|{endpoint.host}|";
  const Template message = text_template(text);
  Renderer renderer(message, plan, epoch);

  std::vector<SimTime> times;
  for (const auto around :
       {std::chrono::seconds{0}, std::chrono::seconds{60}, std::chrono::seconds{3'660},
        std::chrono::seconds{86'460}, std::chrono::seconds{366 * 86'400 + 60}}) {
    for (const std::int64_t nanoseconds :
         {-1'000'000'000L, -1L, 0L, 1L, 999'999'999L, 1'000'000'000L}) {
      times.push_back(std::max(around + std::chrono::nanoseconds{nanoseconds}, SimTime{0}));
    }
  }
  const std::uint64_t seed = 5;
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2'000; ++i) {
    times.push_back(SimTime{static_cast<std::int64_t>(random() % (400ULL * 86'400'000'000'000))});
  }
  std::shuffle(times.begin(), times.end(), random);
  std::vector<SimTime> sorted = times;
  std::sort(sorted.begin(), sorted.end());
  times.insert(times.end(), sorted.begin(), sorted.end());

  for (const SimTime due : times) {
    std::string expected;
    for (const std::string& format : formats) {
      TimeFormat::Wrong wrong;
      char written[128];
      char* const end =
          TimeFormat::compile(format, wrong)->write(epoch + due, written, clock.utc_offset(due));
      expected.append(written, end).append("|PC-00001|");
    }
    ASSERT_EQ(renderer.render(event_of(1, kNobody, 0, due)), expected)
        << "seed " << seed << ", " << due.count();
  }
}

TEST(Renderer, TimesAreRightInAnyOrderOfEvents) {
  LocalClock clock;
  expect_right_times_in_any_order(clock);
  clock.start_at(std::chrono::minutes{-330});
  expect_right_times_in_any_order(clock);
  // At the turn of a minute, within a second, twice in one.
  clock.add({std::chrono::seconds{60}, std::chrono::minutes{60}});
  clock.add({std::chrono::milliseconds{3'660'500}, std::chrono::minutes{120}});
  clock.add({std::chrono::milliseconds{3'660'501}, std::chrono::minutes{0}});
  expect_right_times_in_any_order(clock);
}

TEST(Renderer, ClocksThatChangeShowItInHeadAndTime) {
  Scenario scenario = sample_scenario();
  scenario.clock.start_at(std::chrono::minutes{60});
  scenario.clock.add({std::chrono::seconds{1}, std::chrono::minutes{120}});
  const Plan plan(std::move(scenario), 1);
  const auto shown = [&](const char* head, SimTime due) {
    const Template message = template_of(std::string("format: text\nhead: ") + head +
                                         "\ntext: \"{event.time:rfc3339}\"\n");
    Event event = sample_event();
    event.due = due;
    return Renderer(message, plan, sample_time()).render(event);
  };
  const SimTime before = std::chrono::nanoseconds{999'999'999};
  const SimTime after = std::chrono::seconds{1};
  EXPECT_EQ(shown("esm", before),
            "<134>Sep 28 2016 18:38:48 172.16.183.173 2016-09-28T18:38:48.999+01:00");
  EXPECT_EQ(shown("esm", after),
            "<134>Sep 28 2016 19:38:49 172.16.183.173 2016-09-28T19:38:49.000+02:00");
  EXPECT_EQ(shown("rfc3164", after), "<134>Sep 28 19:38:49 esm01 2016-09-28T19:38:49.000+02:00");
  EXPECT_EQ(shown("rfc5424", after),
            "<134>1 2016-09-28T19:38:49.000+02:00 esm01 - - - - 2016-09-28T19:38:49.000+02:00");
  EXPECT_EQ(shown("esm-5424", before),
            "<134>1 2016-09-28T18:38:48.99Z+01:00 172.16.183.173 - - - "
            "2016-09-28T18:38:48.999+01:00");
}

TEST(Renderer, LengthMaxIsTheLengthOfTheLongestMessage) {
  const Plan plan(mixed_scenario(), 1);
  // Of the texts' parts each is longest with the same endpoint and user somewhere.
  for (const char* text :
       {"{endpoint.host} {endpoint.address}", "u {session.user}",
        "u {session.name}{session.domain}", "{esm.name}", "v{esm.address} {esm.version}",
        "at {event.time:HH:mm:ss.SSS} {session.domain} literal"}) {
    const Template message = text_template(text);
    Renderer renderer(message, plan, sample_time());
    std::size_t longest = 0;
    for (std::uint32_t endpoint = 0; endpoint < plan.endpoint_count(); ++endpoint) {
      for (std::uint32_t user = 0; user < plan.user_count(); ++user) {
        longest = std::max(longest, renderer.render(event_of(endpoint, user)).size());
      }
    }
    EXPECT_EQ(renderer.length_max(), longest) << text;
  }
}

TEST(Renderer, LengthMaxHoldsForLargeGroupsToo) {
  Scenario scenario = sample_scenario();
  scenario.endpoints[0].count = 1'000'000;
  scenario.endpoints[0].host = {"h", "", true, 0};
  scenario.endpoints[0].pool = {*IpNetwork::parse("10.0.0.0/8")};
  const Plan plan(scenario, 1);
  const Template message = text_template("{endpoint.host} {endpoint.address}");
  Renderer renderer(message, plan, sample_time());
  EXPECT_EQ(renderer.length_max(), std::string("h1000000 ").size() + 15);
  EXPECT_EQ(renderer.render(event_of(999'999, 0)), "h1000000 10.15.66.64");
}

TEST(Renderer, PaddedMessagesHaveExactlyTheirSize) {
  struct Row {
    std::string yaml, end;
  };
  const Row rows[] = {
      {"format: leef1\nheader: { vendor: v, product: p, version: 1, event: e }\n"
       "fields: [ { duser: \"{session.user}\" } ]\n",
       "\tpad="},
      {"format: leef2\ndelimiter: ^\nheader: { vendor: v, product: p, version: 1, event: e }\n"
       "fields: [ { duser: \"{session.user}\" } ]\n",
       "^pad="},
      {"format: cef\nheader: { vendor: v, product: p, version: 1, event: e, name: n, severity: 1 "
       "}\nfields: [ { duser: \"{session.user}\" } ]\n",
       " pad="},
      {"format: csv\nfields: [ \"{session.user}\" ]\n", ","},
      {"format: text\ntext: \"{session.user}\"\n", " "},
  };
  const Plan plan(mixed_scenario(), 1);
  for (const Row& row : rows) {
    Template message = template_of(row.yaml);
    const std::size_t least = Renderer(message, plan, sample_time()).padded_length_min();
    EXPECT_EQ(least, Renderer(message, plan, sample_time()).length_max() + row.end.size());
    for (const std::size_t size : {least, least + 1, std::size_t{300}, std::size_t{65'507}}) {
      message.pad_to = size;
      Renderer renderer(message, plan, sample_time());
      EXPECT_TRUE(renderer.padding_fits());
      EXPECT_EQ(renderer.length_max(), size);
      for (const std::uint32_t user : {0U, 1U, 300U, 312U, kNobody}) {
        const std::string text = renderer.render(event_of(5, user));
        ASSERT_EQ(text.size(), size) << row.yaml;
        const std::string rest = text.substr(text.find_last_not_of('x') + 1);
        EXPECT_TRUE(text.substr(0, text.size() - rest.size()).ends_with(row.end)) << text;
      }
    }
    message.pad_to = least - 1;
    EXPECT_FALSE(Renderer(message, plan, sample_time()).padding_fits());
  }
}

TEST(Renderer, ManyGroupsBehindLongTextAreStillTheirOwn) {
  Scenario scenario = sample_scenario();
  scenario.endpoints.clear();
  for (std::uint32_t g = 0; g < 300; ++g) {
    EndpointGroup group;
    group.key = fmt::format("group{}", g);
    group.host.prefix = fmt::format("host{}", g);
    group.pool = {IpNetwork{IpAddress::v4(0x0A000000 + g), 32}};
    scenario.endpoints.push_back(group);
  }
  const Plan plan(scenario, 1);
  const std::string filler(1'000, 'f');
  const Template message = text_template("{endpoint.host}" + filler + "{endpoint.host}.");
  Renderer renderer(message, plan, sample_time());
  for (std::uint32_t g = 0; g < 300; ++g) {
    EXPECT_EQ(renderer.render(event_of(g, 0)), fmt::format("host{0}{1}host{0}.", g, filler));
  }
}

TEST(Renderer, NoiseIsWrittenByTheTemplateOfItsEntry) {
  Scenario scenario = mixed_scenario();
  scenario.noise.resize(2);
  const Plan plan(scenario, 1);
  const Template message = text_template("beat {endpoint.host} at {event.time:HH:mm:ss}");
  const std::vector<Template> noise = {
      text_template("first {session.user} of {esm.name}, a longer one, {event.time:ss}"),
      text_template("second {event.ordinal}")};
  Renderer renderer({message, noise}, plan, sample_time());
  Event event = event_of(0, 0, 7);
  EXPECT_EQ(renderer.render(event), "beat w10 at 17:38:48");
  event.kind = EventKind::kNoise;
  event.message = 1;
  const std::string first =
      "first demo of " + plan.scenario().esms[plan.esm(0)].name + ", a longer one, ";
  EXPECT_EQ(renderer.render(event), first + "48");
  event.message = 2;
  EXPECT_EQ(renderer.render(event), "second 7");
  // Each keeps the second it wrote last.
  event.due = std::chrono::seconds{2};
  event.message = 1;
  EXPECT_EQ(renderer.render(event), first + "50");
  event.message = 0;
  EXPECT_EQ(renderer.render(event), "beat w10 at 17:38:50");
  std::size_t longest = 0;
  for (const Template* one : {&message, noise.data(), &noise[1]}) {
    const std::vector<Template> alike = {*one, *one};
    longest = std::max(longest, Renderer({*one, alike}, plan, sample_time()).length_max());
  }
  EXPECT_EQ(renderer.length_max(), longest);
}

TEST(Renderer, EveryTemplateIsPaddedToItsOwnSize) {
  Scenario scenario = sample_scenario();
  scenario.noise.resize(1);
  const Plan plan(scenario, 1);
  const Template message = text_template("m");
  std::vector<Template> noise = {text_template("noise")};
  noise[0].pad_to = 20;
  Renderer renderer({message, noise}, plan, sample_time());
  Event event = sample_event();
  EXPECT_EQ(renderer.render(event), "m");
  event.message = 1;
  EXPECT_EQ(renderer.render(event), "noise xxxxxxxxxxxxxx");
  EXPECT_TRUE(renderer.padding_fits());
  EXPECT_EQ(renderer.padded_length_min(1), 6U);
  noise[0].pad_to = 5;
  EXPECT_FALSE(Renderer({message, noise}, plan, sample_time()).padding_fits());
}

TEST(Renderer, HashesAndUuidsAreOtherOnesInEveryMessageAndTheSameEverywhere) {
  const Plan plan(mixed_scenario(), 1);
  const Template message = text_template("of {event.hash} {event.uuid}");
  Renderer renderer(message, plan, sample_time());
  // Computed from what scenarios/README.md says, by another program.
  EXPECT_EQ(renderer.render(event_of(0, 0, 0)),
            "of f01d4c1511d019f8630071ea2c07cf2557ce66879e0dd9f1f35dcae8ecf121a7 "
            "0d78430e-0fff-48d8-9f93-e49745fdc21b");
  EXPECT_EQ(renderer.render(event_of(1, kNobody, 5)),
            "of 6f31a98f6c2b59c5d5837fefe9a09a8c890f2d54b2ba969477fe89cd20caa793 "
            "98731f67-6d8d-4858-89e6-640d049234db");
  std::set<std::string> hashes, uuids;
  const std::string form(
      "of [0-9a-f]{64} [0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  for (std::uint32_t endpoint = 0; endpoint < 100; ++endpoint) {
    for (std::uint32_t ordinal = 0; ordinal < 20; ++ordinal) {
      const std::string text = renderer.render(event_of(endpoint, 0, ordinal));
      EXPECT_THAT(text, testing::MatchesRegex(form));
      hashes.insert(text.substr(3, 64));
      uuids.insert(text.substr(68));
    }
  }
  EXPECT_EQ(hashes.size(), 2'000U);
  EXPECT_EQ(uuids.size(), 2'000U);
  const Plan other(mixed_scenario(), 2);
  EXPECT_FALSE(hashes.contains(
      Renderer(message, other, sample_time()).render(event_of(0, 0, 0)).substr(3, 64)));
}

TEST(Renderer, MovingItChangesNothing) {
  const Plan plan(mixed_scenario(), 1);
  const Template message = text_template("at {event.time:HH:mm:ss} {endpoint.host}");
  Renderer first(message, plan, sample_time());
  EXPECT_EQ(first.render(event_of(1, 0)), "at 17:38:48 PC-00001");
  Renderer second(std::move(first));
  EXPECT_EQ(second.render(event_of(1, 0)), "at 17:38:48 PC-00001");
}

}  // namespace
}  // namespace esm::test
