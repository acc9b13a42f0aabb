#include <fstream>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/mapping/profile_reader.h"

namespace esm {
namespace {

using Verdict = Reading::Verdict;

std::string file_text(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Profile read_or_fail(const SourceText& source) {
  Diagnostics diagnostics;
  std::optional<Profile> profile = read_profile(source, diagnostics);
  EXPECT_EQ(diagnostics.render(), "");
  return profile.value_or(Profile{});
}

Profile shipped(const std::string& name) {
  const std::string path = std::string(ESM_SOURCE_DIR) + "/scenarios/profiles/" + name + ".yaml";
  return read_or_fail(SourceText(path, file_text(path)));
}

Profile profile_of(const std::string& username, const std::string& address = "dst=(\\S+)",
                   const std::string& event = "alive") {
  return read_or_fail(
      SourceText("p.yaml", fmt::format("type: regex\nevent: '{}'\nusername: '{}'\naddress: '{}'\n",
                                       event, username, address)));
}

std::string heartbeat(const std::string& user, const std::string& address = "10.0.1.51") {
  return "<134>Sep 28 2016 17:38:48 172.16.183.173 LEEF:1.0|Palo Alto Networks|Traps "
         "Agent|4.1.3.33176|Heartbeat|cat=Agent\tdevTime=Sep 28 2016 17:38:48\t"
         "devTimeFormat=MMM dd yyyy HH:mm:ss\tsev=3\tdhost=w10\tduser=" +
         user + "\tdst=" + address + "\tmsg=Service is alive";
}

struct UserRow {
  std::string written;
  Verdict verdict;
  std::string read;
};
void expect_users(const Profile& profile, const std::vector<UserRow>& rows) {
  const ProfileReader reader(profile);
  for (const UserRow& row : rows) {
    const std::string line = heartbeat(row.written);
    const Reading reading = reader.read(line);
    EXPECT_EQ(name_of(reading.verdict), name_of(row.verdict)) << row.written;
    EXPECT_EQ(reading.user, row.read) << row.written;
  }
}

TEST(Profile, TheArticlesUserRegexReadsWhatTheFactsSay) {
  expect_users(shipped("traps-kb"), {
                                        {"jdoe", Verdict::kMapped, "jdoe"},
                                        {"CORP\\jdoe", Verdict::kMapped, "CORP"},
                                        {"jdoe@corp.local", Verdict::kMapped, "jdoe"},
                                        {"j.doe", Verdict::kMapped, "j"},
                                        {"mary-ann", Verdict::kMapped, "mary"},
                                        {"müller", Verdict::kMapped, "m"},
                                        {"o'brien", Verdict::kMapped, "o"},
                                        {"W10$", Verdict::kMapped, "W10"},
                                        {"svc_backup", Verdict::kMapped, "svc_backup"},
                                        {"", Verdict::kNoUser, ""},
                                        {"-", Verdict::kNoUser, ""},
                                        {"ärger", Verdict::kNoUser, ""},
                                    });
}

TEST(Profile, TheArticlesAddressRegexReadsWhatTheFactsSay) {
  struct Row {
    std::string written;
    Verdict verdict;
    std::string text;
  };
  const Profile profile = shipped("traps-kb");
  const ProfileReader reader(profile);
  for (const Row& row : std::vector<Row>{
           {"10.0.1.51", Verdict::kMapped, "10.0.1.51"},
           {"2001:db8::51", Verdict::kMapped, "2001:db8::51"},
           {"2001:DB8::51", Verdict::kMapped, "2001:DB8::51"},
           {"fe80::1%11", Verdict::kMapped, "fe80::1"},
           {"[2001:db8::1]", Verdict::kNoAddress, ""},
           {"10.0.1.51:514", Verdict::kBadAddress, "10.0.1.51:514"},
           {"desktop-7", Verdict::kBadAddress, "de"},
           {"10.0.1.999", Verdict::kBadAddress, "10.0.1.999"},
           {"", Verdict::kNoAddress, ""},
       }) {
    const std::string line = heartbeat("jdoe", row.written);
    const Reading reading = reader.read(line);
    EXPECT_EQ(name_of(reading.verdict), name_of(row.verdict)) << row.written;
    EXPECT_EQ(reading.address_text(), row.text) << row.written;
    if (row.verdict == Verdict::kMapped) {
      ASSERT_EQ(reading.addresses().size(), 1U) << row.written;
      EXPECT_EQ(reading.addresses()[0], IpAddress::parse(row.text)) << row.written;
    }
  }
}

TEST(Profile, TheDocumentationsClassKeepsDomainAndDots) {
  expect_users(shipped("traps-docs"), {
                                          {"CORP\\jdoe", Verdict::kMapped, "CORP\\jdoe"},
                                          {"j.doe", Verdict::kMapped, "j.doe"},
                                          {"mary-ann", Verdict::kMapped, "mary"},
                                          {"o'brien", Verdict::kMapped, "o"},
                                          {"jdoe@corp.local", Verdict::kMapped, "jdoe"},
                                          {"müller", Verdict::kMapped, "m"},
                                      });
}

TEST(Profile, TheSafeProfileKeepsAwkwardNamesWhole) {
  const std::string very_long(200, 'x');
  std::vector<UserRow> rows;
  for (const std::string& name :
       {std::string("jdoe"), std::string("CORP\\jdoe"), std::string("jdoe@corp.local"),
        std::string("j.doe"), std::string("mary-ann"), std::string("o'brien"),
        std::string("müller"), std::string("Søren Å"), std::string("李雷"), std::string("W10$"),
        std::string("mary ann"), std::string("--"), std::string("-x"), std::string("a=b"),
        std::string("a|b"), std::string("CORP\\nora"), very_long}) {
    rows.push_back({name, Verdict::kMapped, name});
  }
  rows.push_back({"", Verdict::kNoUser, ""});
  rows.push_back({"-", Verdict::kNoUser, ""});
  expect_users(shipped("traps-safe"), rows);
}

TEST(Profile, TheSafeProfileReadsOnlyAtAFieldsBorder) {
  const Profile safe_profile = shipped("traps-safe");
  const Profile kb_profile = shipped("traps-kb");
  const ProfileReader safe(safe_profile);
  const ProfileReader kb(kb_profile);
  struct Row {
    std::string line;
    Verdict safe_verdict;
    std::string safe_user, safe_address;
    std::string kb_user, kb_address;
  };
  for (const Row& row : std::vector<Row>{
           {"H|x|xduser=eve\txdst=10.9.9.9\tduser=bob\tdst=10.0.0.1\tmsg=Service is alive",
            Verdict::kMapped, "bob", "10.0.0.1", "eve", "10.9.9.9"},
           {"H|x|note=was duser=eve at dst=10.9.9.9\tduser=bob\tdst=10.0.0.1\tmsg=Service is alive",
            Verdict::kMapped, "bob", "10.0.0.1", "eve", "10.9.9.9"},
           {"H|x|duser=bob\tdst=10.0.0.1\tmsg=Service is alive", Verdict::kMapped, "bob",
            "10.0.0.1", "bob", "10.0.0.1"},
           {"H|x|msg=Service is alive\tdst=10.0.0.1\tduser=bob", Verdict::kMapped, "bob",
            "10.0.0.1", "bob", "10.0.0.1"},
           {"H|x|msg=Service is alive\tduser=bob\tdst=10.0.0.1\r", Verdict::kMapped, "bob",
            "10.0.0.1", "bob", "10.0.0.1"},
           {"H|x|msg=Service is alive\tduser=bob\tdst=fe80::1%eth0", Verdict::kMapped, "bob",
            "fe80::1", "bob", "fe80::1"},
           {"H|x|duser=bob\tdst=10.0.0.1 or so\tmsg=Service is alive", Verdict::kNoAddress, "bob",
            "", "bob", "10.0.0.1"},
           {"H|x|duser=bob\tdst=10.0.0.1\tmsg=not: Service is alive", Verdict::kNoEvent, "", "",
            "bob", "10.0.0.1"},
       }) {
    const Reading s = safe.read(row.line);
    EXPECT_EQ(name_of(s.verdict), name_of(row.safe_verdict)) << row.line;
    EXPECT_EQ(s.user, row.safe_user) << row.line;
    EXPECT_EQ(s.address_text(), row.safe_address) << row.line;
    const Reading k = kb.read(row.line);
    EXPECT_EQ(k.user, row.kb_user) << row.line;
    EXPECT_EQ(k.address_text(), row.kb_address) << row.line;
  }
}

TEST(Profile, LinesWithoutTheEventAreAnotherKindOfMessage) {
  const Profile profile = shipped("traps-kb");
  const ProfileReader reader(profile);
  for (const std::string& line :
       {std::string(), std::string("duser=jdoe dst=10.0.1.51"),
        std::string("service is alive duser=a dst=10.0.0.1"), std::string("\0\0\0", 3)}) {
    EXPECT_EQ(name_of(reader.read(line).verdict), "no-event") << line;
  }
  EXPECT_EQ(name_of(reader.read({}).verdict), "no-event");
}

TEST(Profile, BytesThatAreNotUtf8DoNotHideTheUser) {
  const Profile kb_profile = shipped("traps-kb");
  const ProfileReader kb(kb_profile);
  const std::string line = heartbeat("jdoe") + "\tnote=\xff\xfe\xc3(" + std::string(1, '\0');
  EXPECT_EQ(name_of(kb.read(line).verdict), "mapped");
  const std::string before = "host=m\xfcller-pc\t" + heartbeat("jdoe");
  EXPECT_EQ(kb.read(before).user, "jdoe");
  const Profile safe_profile = shipped("traps-safe");
  const ProfileReader safe(safe_profile);
  EXPECT_EQ(safe.read(heartbeat("m\xfcller")).user, "m\xfcller");
}

TEST(Profile, TheFirstGroupIsTheValueAndTheFirstMatchWins) {
  const ProfileReader second(profile_of("u=(\\w+)"));
  EXPECT_EQ(second.read("alive u=a u=b dst=10.0.0.1").user, "a");

  Diagnostics diagnostics;
  const std::optional<Profile> two =
      read_profile(SourceText("p.yaml",
                              "type: regex\nevent: alive\nusername: 'u=(\\w)(\\w+)'\n"
                              "address: 'dst=((\\d+).*)'\n"),
                   diagnostics);
  ASSERT_TRUE(two);
  const ProfileReader reader(*two);
  const Reading reading = reader.read("alive u=abc dst=10.0.0.1");
  EXPECT_EQ(reading.user, "a");
  EXPECT_EQ(reading.address_text(), "10.0.0.1");
}

TEST(Profile, AGroupThatTookNoPartIsNoMatch) {
  const ProfileReader reader(profile_of("u=(?:-|(\\w*))"));
  EXPECT_EQ(name_of(reader.read("alive u=- dst=10.0.0.1").verdict), "no-user");
  EXPECT_EQ(name_of(reader.read("alive u= dst=10.0.0.1").verdict), "no-user");
  EXPECT_EQ(name_of(reader.read("alive u=x dst=10.0.0.1").verdict), "mapped");
}

TEST(Profile, AnExpensiveRegexGivesUpWithAndWithoutJit) {
  const std::string line = "alive " + std::string(4000, 'a') + " ! dst=10.0.0.1";
  for (const char* const start : {"", "(*NO_JIT)"}) {
    const ProfileReader reader(profile_of(std::string(start) + "((?:a|aa)+)+!"));
    EXPECT_EQ(name_of(reader.read(line).verdict), "gave-up") << start;
  }
}

TEST(Profile, TheInterpreterReadsTheSameAsJit) {
  const Profile with = shipped("traps-safe");
  Profile without = with;
  RegexIdentifier& regexes = std::get<RegexIdentifier>(without.identifier);
  for (std::string* regex : {&regexes.event, &regexes.username, &regexes.address}) {
    regex->insert(0, "(*NO_JIT)");
  }
  const ProfileReader jit(with);
  const ProfileReader interpreter(without);
  for (const char* const user : {"jdoe", "CORP\\jdoe", "müller", "m\xfcller", "-", "", "a b"}) {
    const std::string line = heartbeat(user);
    EXPECT_EQ(jit.read(line).user, interpreter.read(line).user) << user;
    EXPECT_EQ(name_of(jit.read(line).verdict), name_of(interpreter.read(line).verdict)) << user;
  }
}

TEST(Profile, LongLinesOfOrdinaryTextAreRead) {
  const Profile kb_profile = shipped("traps-kb");
  const ProfileReader kb(kb_profile);
  const Profile safe_profile = shipped("traps-safe");
  const ProfileReader safe(safe_profile);
  const std::string line = std::string(60'000, 'd') + '\t' + heartbeat("jdoe");
  EXPECT_EQ(kb.read(line).user, "jdoe");
  EXPECT_EQ(safe.read(line).user, "jdoe");
  EXPECT_EQ(safe.read(heartbeat(std::string(60'000, 'u'))).user.size(), 60'000U);
}

TEST(Profile, TheDefaultDomainIsPutBeforeAUserThatHasNone) {
  Profile profile = shipped("traps-docs");
  EXPECT_EQ(ProfileReader(profile).table_user("jdoe"), "jdoe");
  profile.default_domain = "CORP";
  const ProfileReader reader(profile);
  std::string scratch;
  EXPECT_EQ(reader.table_user("jdoe"), "CORP\\jdoe");
  EXPECT_EQ(reader.table_user("LAB\\jdoe", scratch), "LAB\\jdoe");
  EXPECT_EQ(reader.table_user("jdoe@lab.example", scratch), "jdoe@lab.example");
  EXPECT_EQ(reader.table_user("anna", scratch), "CORP\\anna");
}

TEST(Profile, EveryKeyIsRead) {
  const Profile profile =
      read_or_fail(SourceText("folder/leavers.yaml",
                              "about: who leaves\ntype: regex\nfor: logout\nevent: 'logged off'\n"
                              "username: 'u=(\\w+)'\naddress: 'a=(\\S+)'\ndefault-domain: CORP\n"));
  EXPECT_EQ(profile.name, "leavers");
  EXPECT_EQ(profile.about, "who leaves");
  EXPECT_EQ(profile.purpose, Profile::For::kLogout);
  const RegexIdentifier& regexes = std::get<RegexIdentifier>(profile.identifier);
  EXPECT_EQ(regexes.event, "logged off");
  EXPECT_EQ(regexes.username, "u=(\\w+)");
  EXPECT_EQ(regexes.address, "a=(\\S+)");
  EXPECT_EQ(profile.default_domain, "CORP");
  EXPECT_EQ(ProfileReader(profile).purpose(), Profile::For::kLogout);
}

}  // namespace
}  // namespace esm
