// People of a file, in every form a file may have; and who is found by which name.
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/base/text_check.h"
#include "sender/scenario/scenario_reader.h"

namespace esm {
namespace {

// A scenario whose users are `users`, beside the files.
std::optional<Scenario> read(const std::string& users, const std::vector<SourceText>& files,
                             std::string& said) {
  GivenFiles given;
  for (const SourceText& file : files) given.add(file);
  Diagnostics diagnostics;
  auto scenario = read_scenario(
      SourceText("test.yaml", "length: 1h\nusers:\n  staff: " + users +
                                  "\nendpoints: { pc: { host: pc, pool: 10.0.0.1/32 } }\n"),
      {{}, &given}, diagnostics);
  said = diagnostics.render();
  return scenario;
}

std::vector<std::string> names_of(const UserGroup& group) {
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < group.count; ++i) names.push_back(group.full_name(i));
  return names;
}

using Names = std::vector<std::string>;

TEST(PeopleOfAFile, AreTheSameInEveryForm) {
  const Names expected{"CORP\\j.doe", "LAB\\o'brien", "CORP\\müller, j", "CORP\\a \"b\""};
  const SourceText forms[] = {
      {"people.csv",
       "name,domain\r\nj.doe,\r\no'brien,LAB\r\n\"müller, j\",CORP\r\n\"a \"\"b\"\"\",\r\n"},
      {"people.csv",
       "\xEF\xBB\xBF\"domain\",name\n,j.doe\nLAB,o'brien\nCORP,\"müller, j\"\n,\"a \"\"b\"\"\""},
      {"people.json",
       "[ { \"name\": \"j.doe\" },\n  { \"domain\": \"LAB\", \"name\": \"o\\u0027brien\" },\n"
       "  { \"name\": \"m\\u00fcller, j\", \"domain\": \"CORP\" },\n"
       "  { \"name\": \"a \\\"b\\\"\", \"domain\": null } ]\n"},
      {"people.jsonl",
       "{\"name\": \"j.doe\"}\n{\"name\": \"o'brien\", \"domain\": \"LAB\"}\n\n"
       "{\"name\": \"müller, j\", \"domain\": \"CORP\"}\n{\"name\": \"a \\\"b\\\"\"}"},
  };
  for (const SourceText& file : forms) {
    std::string said;
    const auto scenario = read(
        fmt::format("{{ file: {}, domain: CORP, form: DOMAIN\\user }}", file.name()), {file}, said);
    ASSERT_TRUE(scenario) << said;
    const UserGroup& staff = scenario->users[0];
    EXPECT_EQ(names_of(staff), expected) << file.text();
    EXPECT_EQ(staff.written(1), "LAB\\o'brien");
    EXPECT_EQ(said, "");
    ASSERT_EQ(scenario->files.size(), 1U);
    EXPECT_EQ(scenario->files[0].text(), file.text());
  }
}

TEST(PeopleOfAFile, AreTheFirstOfThemWhereThereIsACount) {
  std::string said;
  const auto scenario =
      read("{ file: a.csv, count: 2 }", {{"a.csv", "name\nalice\nbob\ncarol\n"}}, said);
  ASSERT_TRUE(scenario) << said;
  EXPECT_EQ(names_of(scenario->users[0]), (Names{"alice", "bob"}));
  EXPECT_TRUE(scenario->users[0].find("carol").empty());
}

TEST(PeopleOfAFile, OtherColumnsAreIgnoredWhereTheScenarioSaysSo) {
  std::string said;
  auto scenario = read("{ file: a.csv, ignore: [mail, dept] }",
                       {{"a.csv", "dept,name,mail\n7,alice,a@x\n"}}, said);
  ASSERT_TRUE(scenario) << said;
  EXPECT_EQ(names_of(scenario->users[0]), (Names{"alice"}));
  scenario = read("{ file: a.json, ignore: dept }",
                  {{"a.json", "[{\"dept\": {\"n\": [1, 2]}, \"name\": \"alice\"}]"}}, said);
  ASSERT_TRUE(scenario) << said;
}

TEST(PeopleOfAFile, WithoutADomainHaveTheGroupsByShare) {
  std::string csv = "name\n";
  for (int i = 0; i < 1'000; ++i) csv += fmt::format("u{}\n", i);
  std::string said;
  const auto of_file =
      read("{ file: a.csv, domain: { CORP: 80%, LAB: 20% } }", {{"a.csv", csv}}, said);
  ASSERT_TRUE(of_file) << said;
  const auto of_pattern =
      read("{ count: 1k, name: \"u{}\", domain: { CORP: 80%, LAB: 20% } }", {}, said);
  ASSERT_TRUE(of_pattern) << said;
  int lab = 0;
  for (std::uint32_t i = 0; i < 1'000; ++i) {
    EXPECT_EQ(of_file->users[0].domain_of(i), of_pattern->users[0].domain_of(i)) << i;
    lab += of_file->users[0].domain_of(i) == "LAB" ? 1 : 0;
  }
  EXPECT_NEAR(lab, 200, 40);
}

TEST(PeopleOfAFile, AreFoundByNameAndByDomainAndName) {
  std::string said;
  const auto scenario =
      read("{ file: a.csv }",
           {{"a.csv", "name,domain\nalice,CORP\nbob,CORP\nalice,LAB\nCORP\\x,\n"}}, said);
  ASSERT_TRUE(scenario) << said;
  const UserGroup& staff = scenario->users[0];
  using Found = std::vector<std::uint32_t>;
  EXPECT_EQ(staff.find("alice"), (Found{0, 2}));
  EXPECT_EQ(staff.find("LAB\\alice"), (Found{2}));
  EXPECT_EQ(staff.find("bob"), (Found{1}));
  EXPECT_EQ(staff.find("LAB\\bob"), Found{});
  EXPECT_EQ(staff.find("CORP\\x"), (Found{3})) << "a backslash may be in a name";
  EXPECT_EQ(staff.find(""), Found{});
}

TEST(PeopleOfAFile, MistakesAreShownWhereTheyAre) {
  const struct {
    SourceText file;
    const char* said;
  } cases[] = {
      {{"a.csv", ""},
       "a.csv:1:1: error: the file is empty\n"
       "hint: its first line names the columns: name,domain\n"},
      {{"a.csv", "name\n"},
       "a.csv:1:1: error: nobody is in this file\n"
       "    1 | name\n"
       "      | ^\n"},
      {{"a.csv", "alice\nbob\n"},
       "a.csv:1:1: error: the column 'alice' is not known\n"
       "    1 | alice\n"
       "      | ^~~~~\n"
       "hint: what is not needed is named in the scenario: ignore: [alice]\n"},
      {{"a.csv", "nmae,domain\n"},
       "a.csv:1:1: error: the column 'nmae' is not known\n"
       "    1 | nmae,domain\n"
       "      | ^~~~\n"
       "hint: did you mean 'name'?\n"},
      {{"a.csv", "name;domain\n"},
       "a.csv:1:1: error: the column 'name;domain' is not known\n"
       "    1 | name;domain\n"
       "      | ^~~~~~~~~~~\n"
       "hint: columns are separated by commas\n"},
      {{"a.csv", "name,mail,dept\n"},
       "a.csv:1:6: error: the columns 'mail', 'dept' are not known\n"
       "    1 | name,mail,dept\n"
       "      |      ^~~~\n"
       "hint: what is not needed is named in the scenario: ignore: [mail, dept]\n"},
      {{"a.csv", "domain\nCORP\n"},
       "a.csv:1:1: error: the column 'name' is missing\n"
       "    1 | domain\n"
       "      | ^\n"
       "hint: the first line names the columns: name,domain\n"},
      {{"a.csv", "name,name\n"},
       "a.csv:1:6: error: two columns 'name'\n"
       "    1 | name,name\n"
       "      |      ^~~~\n"},
      // All of a file at once.
      {{"a.csv", "name,domain\ndoe, john,CORP\n,CORP\nalice,CORP\nbob,CORP\nalice,CORP\n"},
       "a.csv:2:1: error: 3 values where the first line has 2\n"
       "    2 | doe, john,CORP\n"
       "      | ^\n"
       "hint: a value with a comma in it stands in quotes\n"
       "a.csv:3:1: error: name: the value is empty\n"
       "    3 | ,CORP\n"
       "      | ^\n"
       "a.csv:6:1: error: 'alice' is there twice\n"
       "    6 | alice,CORP\n"
       "      | ^~~~~\n"
       "hint: in line 4 already; users are told apart by domain and name\n"},
      {{"a.csv", "name\n\"two\nlines\"\n"},
       "a.csv:2:1: error: name: control characters cannot stand in a name\n"
       "    2 | \"two\n"
       "      | ^~~~\n"},
      {{"a.csv", "name\nali\"ce\n"},
       "a.csv:2:4: error: a quote inside a value that is not quoted\n"
       "    2 | ali\"ce\n"
       "      |    ^\n"
       "hint: put the whole value in quotes, and each quote in it twice\n"},
      {{"a.json", "{\"name\": \"alice\"}\n"},
       "a.json:1:1: error: a list of people is expected here: [ { \"name\": \"alice\" } ]\n"
       "    1 | {\"name\": \"alice\"}\n"
       "      | ^\n"},
      {{"a.json", "[{\"name\": \"alice\"},\n {\"name\": 5}]\n"},
       "a.json:2:11: error: a text in double quotes is expected here\n"
       "    2 |  {\"name\": 5}]\n"
       "      |           ^\n"},
      {{"a.json", "[{\"name\": \"alice\"} {\"name\": \"bob\"}]\n"},
       "a.json:1:20: error: this is not JSON: syntax error\n"
       "    1 | [{\"name\": \"alice\"} {\"name\": \"bob\"}]\n"
       "      |                    ^\n"},
      {{"a.json", "[{\"name\": \"alice\"}]]\n"},
       "a.json:1:20: error: this is not JSON: extra data\n"
       "    1 | [{\"name\": \"alice\"}]]\n"
       "      |                    ^\n"},
      {{"a.jsonl", "{\"name\": \"alice\"}\n[1]\n"},
       "a.jsonl:2:1: error: a person is expected here: { \"name\": \"alice\" }\n"
       "    2 | [1]\n"
       "      | ^\n"},
      {{"a.jsonl",
        "{\"name\": \"alice\", \"dept\": 5}\n{\"domain\": \"CORP\"}\n"
        "{\"name\": \"bob\", \"name\": \"bob\"}\n"},
       "a.jsonl:1:19: error: the key 'dept' is not known\n"
       "    1 | {\"name\": \"alice\", \"dept\": 5}\n"
       "      |                   ^~~~~~\n"
       "hint: what is not needed is named in the scenario: ignore: [dept]\n"
       "a.jsonl:2:1: error: this person has no 'name'\n"
       "    2 | {\"domain\": \"CORP\"}\n"
       "      | ^\n"
       "hint: { \"name\": \"alice\" }\n"
       "a.jsonl:3:17: error: the key 'name' is given twice\n"
       "    3 | {\"name\": \"bob\", \"name\": \"bob\"}\n"
       "      |                 ^~~~~~\n"},
  };
  for (const auto& one : cases) {
    std::string said;
    EXPECT_FALSE(read(fmt::format("{{ file: {} }}", one.file.name()), {one.file}, said));
    EXPECT_EQ(said, one.said);
  }
}

TEST(PeopleOfAFile, AFormWithADomainNeedsOneForEverybody) {
  std::string said;
  EXPECT_FALSE(read("{ file: a.csv, form: DOMAIN\\user }",
                    {{"a.csv", "name,domain\nalice,CORP\nbob,\n"}}, said));
  EXPECT_EQ(said,
            "a.csv:3:1: error: 'bob' has no domain, and the form needs one\n"
            "    3 | bob,\n"
            "      | ^~~\n"
            "hint: a domain here, or one for the whole group\n");
}

TEST(PeopleOfAFile, AFileThatIsSomethingElseIsNotAThousandMistakes) {
  std::string csv = "name,domain\n";
  for (int i = 0; i < 100'000; ++i) csv += "a,b,c\n";
  std::string said;
  EXPECT_FALSE(read("{ file: a.csv }", {{"a.csv", csv}}, said));
  EXPECT_NE(said.find("a.csv: error: more of this kind follows\n"), std::string::npos);
  EXPECT_LT(said.size(), 5'000U);
}

TEST(PeopleOfAFile, HaveABoundedNumberOfDomains) {
  std::string csv = "name,domain\n";
  for (std::size_t i = 0; i <= People::kDomainsMax; ++i) csv += fmt::format("alice,d{}\n", i);
  std::string said;
  EXPECT_FALSE(read("{ file: a.csv }", {{"a.csv", csv}}, said));
  EXPECT_NE(said.find("a.csv:202:7: error: the file has more than 200 domains\n"),
            std::string::npos)
      << said;
}

TEST(PeopleOfAFile, AreNotInAnotherGroupToo) {
  std::string said;
  EXPECT_FALSE(read("{ file: a.csv }\n  temps: { count: 20, name: \"t{:02}\" }",
                    {{"a.csv", "name\nalice\nt07\n"}}, said));
  EXPECT_NE(said.find("the user 't07' is in 'staff' and in 'temps'"), std::string::npos) << said;
  EXPECT_TRUE(read("{ file: a.csv, domain: CORP }\n  temps: { count: 20, name: \"t{:02}\" }",
                   {{"a.csv", "name\nalice\nt07\n"}}, said))
      << said;
}

}  // namespace
}  // namespace esm
