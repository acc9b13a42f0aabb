#include "sender/mapping/truth.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/message/renderer.h"
#include "sender/scenario/other_messages.h"
#include "sender/scenario/scenario_reader.h"
#include "sender/scenario/schedule.h"

#include "tests/support/shipped_files.h"
#include "tests/support/shipped_templates.h"

namespace esm {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

Plan plan_of(const std::string& yaml, std::uint64_t seed = 1) {
  Diagnostics diagnostics;
  GivenFiles files = test::shipped_files();
  std::optional<Scenario> scenario =
      read_scenario(SourceText("test.yaml", yaml), {{}, &files}, diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.render();
  if (!scenario) throw std::runtime_error("the test's scenario is wrong");
  return Plan(std::move(*scenario), seed);
}

Template heartbeat() {
  const std::string text =
      "format: leef1\n"
      "header: { vendor: V, product: P, version: '1', event: Heartbeat }\n"
      "fields:\n"
      "  - duser: '{session.user}'\n"
      "  - dst: '{endpoint.address}'\n"
      "  - msg: Service is alive\n";
  Diagnostics diagnostics;
  std::optional<Template> out = read_template(SourceText("t.yaml", text), diagnostics);
  EXPECT_EQ(diagnostics.render(), "");
  return out.value_or(Template{});
}

Profile kb_profile() {
  Profile profile;
  profile.identifier =
      RegexIdentifier{"Service is alive", "duser=([a-zA-Z0-9\\_]+)", "dst=([A-F0-9a-f:.]+)"};
  return profile;
}

std::string show(const Mapping& m) {
  std::string out =
      fmt::format("{} {} {} {}", m.address.to_string(), m.user, m.since.count(), m.expires.count());
  if (m.contested()) out += " or " + m.rival;
  for (const std::string& other : m.other_rivals) out += " or " + other;
  return out;
}

// One user at one machine that beats every 60 min from the logon on.
const char* const kOnePc =
    "length: 10h\n"
    "users:\n"
    "  jdoe: { name: jdoe }\n"
    "endpoints:\n"
    "  pc: { host: w10, pool: 10.0.1.51/32, heartbeat: 60m, heartbeat-clock: logon }\n"
    "activity:\n"
    "  - { logon: jdoe, on: pc, at: 10m, curve: at-once }\n";

std::vector<std::string> users_at(const Plan& plan, const TruthOptions& options,
                                  const std::vector<SimTime>& moments) {
  const ProfileSet reader(kb_profile());
  std::vector<std::string> out;
  for (const TruthAt& t : truth(plan, heartbeat(), reader, options, moments)) {
    out.push_back(t.mappings.empty() ? "-" : t.mappings[0].user);
  }
  return out;
}

TEST(Truth, AMomentSeesWhatIsDueAtItAndNothingLater) {
  const Plan plan = plan_of(kOnePc);
  EXPECT_EQ(users_at(plan, {}, {SimTime{0}, minutes{10} - nanoseconds{1}, minutes{10}}),
            (std::vector<std::string>{"-", "-", "jdoe"}));
}

TEST(Truth, AUserKnownByHourlyHeartbeatsIsUnmappedForAQuarterOfEachHour) {
  const Plan plan = plan_of(kOnePc);
  EXPECT_EQ(users_at(plan, {},
                     {minutes{10}, minutes{55} - nanoseconds{1}, minutes{55}, minutes{69},
                      minutes{70}, minutes{114}, minutes{115}}),
            (std::vector<std::string>{"jdoe", "jdoe", "-", "-", "jdoe", "jdoe", "-"}));
}

TEST(Truth, TheTimeoutIsTheReceivers) {
  const Plan plan = plan_of(kOnePc);
  TruthOptions options;
  options.timeout = minutes{61};
  EXPECT_EQ(users_at(plan, options, {minutes{10}, minutes{69}, minutes{129}, hours{9}}),
            (std::vector<std::string>{"jdoe", "jdoe", "jdoe", "jdoe"}));
}

TEST(Truth, NeverIsAfterEverything) {
  const Plan plan = plan_of(kOnePc);
  const ProfileSet reader(kb_profile());
  TruthCounts counts;
  const std::vector<SimTime> moments{kNever};
  const std::vector<TruthAt> tables = truth(plan, heartbeat(), reader, {}, moments, &counts);
  ASSERT_EQ(tables.size(), 1U);
  ASSERT_EQ(tables[0].mappings.size(), 1U);
  EXPECT_EQ(tables[0].mappings[0].confirmed, hours{9} + minutes{10});
  EXPECT_EQ(counts.messages, 10U);
  EXPECT_EQ(counts.mapped, 10U);
}

TEST(Truth, MessagesThatWereNotSentTeachNothing) {
  const Plan plan = plan_of(kOnePc);
  const ProfileSet reader(kb_profile());
  TruthCounts counts;
  const std::vector<SimTime> moments{minutes{50}, minutes{75}, minutes{135}};
  const std::vector<TruthAt> tables = truth(
      plan, heartbeat(), reader, {}, moments, &counts,
      [](const Event& event, std::string_view line) {
        EXPECT_NE(line.find("duser=jdoe\tdst=10.0.1.51\tmsg=Service"), std::string_view::npos);
        return event.ordinal != 1;  // the beat at 70 min
      });
  EXPECT_EQ(tables[0].mappings.size(), 1U);
  EXPECT_EQ(tables[1].mappings.size(), 0U);
  EXPECT_EQ(tables[2].mappings.size(), 1U);
  EXPECT_EQ(counts.messages, 3U);
  EXPECT_EQ(counts.not_received, 1U);
  EXPECT_EQ(counts.mapped, 2U);
}

TEST(Truth, TheUserIsWhatTheProfileReads) {
  const Plan plan = plan_of(
      "length: 1h\n"
      "users:\n"
      "  a: { name: j.doe, domain: CORP, form: DOMAIN\\user }\n"
      "endpoints:\n"
      "  pc: { host: w10, pool: 10.0.1.51/32 }\n"
      "activity:\n"
      "  - { logon: a, on: pc, at: 0s, curve: at-once }\n");
  EXPECT_EQ(users_at(plan, {}, {minutes{1}}), std::vector<std::string>{"CORP"});
}

TEST(Truth, CountsWhyLinesTaughtNothing) {
  const Plan plan = plan_of(kOnePc);
  struct Row {
    std::string event, user, address;
    std::uint64_t TruthCounts::*count;
  };
  for (const Row& row : std::vector<Row>{
           {"alive", "duser=(\\w+)", "dst=(\\S+)", &TruthCounts::mapped},
           {"dead", "duser=(\\w+)", "dst=(\\S+)", &TruthCounts::no_event},
           {"alive", "suser=(\\w+)", "dst=(\\S+)", &TruthCounts::no_user},
           {"alive", "duser=(\\w+)", "src=(\\S+)", &TruthCounts::no_address},
           {"alive", "duser=(\\w+)", "duser=(\\S+)", &TruthCounts::bad_address},
       }) {
    Profile profile = kb_profile();
    profile.identifier = RegexIdentifier{row.event, row.user, row.address};
    const ProfileSet reader(profile);
    TruthCounts counts;
    const std::vector<SimTime> moments{hours{5}};
    truth(plan, heartbeat(), reader, {}, moments, &counts);
    EXPECT_EQ(counts.messages, 5U);
    EXPECT_EQ(counts.*row.count, 5U) << row.event << row.user << row.address;
  }
}

TEST(Truth, ALogoutProfileTeachesNobody) {
  const Plan plan = plan_of(kOnePc);
  Profile profile = kb_profile();
  profile.purpose = Profile::For::kLogout;
  const ProfileSet reader(profile);
  const std::vector<SimTime> moments{hours{5}};
  EXPECT_TRUE(truth(plan, heartbeat(), reader, {}, moments)[0].mappings.empty());
}

TEST(Truth, TheSafeProfileReadsEveryUserOfEveryShippedScenario) {
  namespace fs = std::filesystem;
  const auto source = [](const fs::path& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return SourceText(path.filename(), text.str());
  };
  const fs::path scenarios = fs::path(ESM_SOURCE_DIR) / "scenarios";
  Diagnostics diagnostics;
  const std::optional<Profile> profile =
      read_profile(source(scenarios / "profiles" / "traps-safe.yaml"), diagnostics);
  ASSERT_TRUE(profile) << diagnostics.render();
  const ProfileSet reader(*profile);
  const std::vector<SimTime> moments{kNever};
  int read = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(scenarios)) {
    if (entry.path().extension() != ".yaml") continue;
    ++read;
    const Plan plan = plan_of(source(entry.path()).text());
    if (plan.scenario().message != "traps-leef-heartbeat") continue;  // another receiver's
    if (!plan.scenario().faults.empty()) continue;                    // not to be read
    const Template message = heartbeat();
    std::vector<Template> others;
    for (std::size_t number = 1; number <= other_message_count(plan.scenario()); ++number) {
      const std::string name(other_message(plan.scenario(), number).name);
      const SourceText text(name, test::shipped_template_text(name));
      others.push_back(read_template(text, diagnostics).value());
    }
    TruthCounts counts;
    std::uint64_t with_user = 0;  // an idle agent's heartbeat maps nobody, and noise neither
    truth(plan, {message, others}, reader, {}, moments, &counts,
          [&](const Event& event, std::string_view line) {
            if (event.message > 0) return true;
            if (event.user != kNobody) ++with_user;
            const Reading reading = reader.read(line);
            const std::string field =
                fmt::format("duser={}\tdst={}\t", reading.user, plan.address(event).to_string());
            EXPECT_NE(line.find(field), std::string_view::npos) << entry.path() << ": " << line;
            return !testing::Test::HasFailure();
          });
    EXPECT_GT(counts.messages, 0U) << entry.path();
    EXPECT_EQ(counts.mapped, with_user) << entry.path();
  }
  EXPECT_GE(read, 2);
}

// The same from all events at once: for each address its whole history, read without a regex.
struct Login {
  SimTime at;
  std::string user;
};
std::vector<std::string> obvious_truth(const Plan& plan, const TruthOptions& options, SimTime at) {
  const Template message = heartbeat();
  Renderer renderer(message, plan, options.epoch);
  Schedule schedule(plan);
  std::map<IpAddress, std::vector<Login>> history;
  Event event;
  while (schedule.next(std::span(&event, 1)) == 1) {
    if (event.due > at) break;
    const std::string line = renderer.render(event);
    const auto value = [&](const std::string& key) {
      const std::size_t start = line.find(key) + key.size();
      return line.substr(start, line.find('\t', start) - start);
    };
    // Tests below use bare names and give each endpoint a user: nothing is misread.
    const std::string user = value("duser=");
    if (!user.empty() && user != "-") {
      history[IpAddress::parse(value("dst=")).value()].push_back({event.due, user});
    }
  }
  std::vector<std::string> out;
  for (const auto& [address, logins] : history) {
    Mapping m;
    m.address = address;
    m.user = logins.back().user;
    m.since = logins.back().at;
    m.expires = logins.back().at + options.timeout;
    if (at >= m.expires) continue;
    for (std::size_t i = logins.size(); i-- > 0 && logins[i].user == m.user;) {
      if (m.since >= logins[i].at + options.timeout) break;
      m.since = logins[i].at;
    }
    std::vector<std::string> rivals;
    for (std::size_t i = logins.size(); i-- > 0;) {
      if (logins.back().at - logins[i].at >= options.settle) break;
      if (logins[i].user != m.user &&
          std::find(rivals.begin(), rivals.end(), logins[i].user) == rivals.end()) {
        rivals.push_back(logins[i].user);
      }
    }
    if (!rivals.empty()) {
      m.rival = rivals[0];
      m.other_rivals.assign(rivals.begin() + 1, rivals.end());
    }
    out.push_back(show(m));
  }
  return out;
}

TEST(Truth, AgreesWithAnObviousImplementation) {
  std::uint64_t mapped = 0;
  std::uint64_t contested = 0;
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    std::minstd_rand random(seed);
    const auto below = [&](std::uint32_t bound) {
      return static_cast<std::uint32_t>(random() % bound);
    };
    const std::uint32_t count = 3 + below(20);
    // Two people beside the office log on at machines of others, close to each other.
    std::string yaml = fmt::format(
        "length: 6h\n"
        "users:\n"
        "  office: {{ count: {0}, name: 'user{{:05}}' }}\n"
        "  anna: {{ name: anna }}\n"
        "  bob: {{ name: bob }}\n"
        "endpoints:\n"
        "  office: {{ count: {0}, host: 'PC-{{:05}}', pool: {1}, heartbeat: {2}m, jitter: {3}%, "
        "heartbeat-clock: {4} }}\n"
        "activity:\n"
        "  - {{ logon: office, on: office, at: 5m, within: 15m, curve: {5} }}\n"
        "  - {{ logoff: office, at: 3h, within: 30m, curve: uniform }}\n"
        "steps:\n",
        count, below(2) == 0 ? "10.20.0.0/24" : "2001:db8::/64", 5 + below(60), below(20),
        below(2) == 0 ? "boot" : "logon", below(2) == 0 ? "normal" : "poisson");
    SimTime at = minutes{35};
    for (int step = 0; step < 4; ++step) {
      const std::string pc = fmt::format("PC-{:05}", 1 + below(count));
      yaml += fmt::format("  - {{ at: {}s, logon: {}, on: {} }}\n", at.count() / 1'000'000'000,
                          step % 2 == 0 ? "anna" : "bob", pc);
      if (step % 2 == 0) {
        yaml += fmt::format("  - {{ at: {}ms, logon: bob, on: {} }}\n",
                            at.count() / 1'000'000 + below(2000), pc);
        ++step;
      }
      at += minutes{20 + below(40)};
    }
    const Plan plan = plan_of(yaml, seed);
    TruthOptions options;
    options.timeout = minutes{1 + below(90)};
    options.settle = milliseconds{500 + below(200'000)};
    std::vector<SimTime> moments;
    for (int i = 0; i < 12; ++i) moments.push_back(seconds{below(6 * 3600)});
    std::sort(moments.begin(), moments.end());
    const ProfileSet reader(kb_profile());
    for (const TruthAt& table : truth(plan, heartbeat(), reader, options, moments)) {
      std::vector<std::string> rows;
      for (const Mapping& m : table.mappings) {
        rows.push_back(show(m));
        ++mapped;
        if (m.contested()) ++contested;
      }
      ASSERT_EQ(rows, obvious_truth(plan, options, table.at))
          << "seed " << seed << " at " << table.at.count() << "\n"
          << yaml;
    }
  }
  // The cases above are worth their name.
  EXPECT_GT(mapped, 1000U);
  EXPECT_GT(contested, 10U);
}

}  // namespace
}  // namespace esm
