#include "sender/scenario/scenario_files.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace esm {
namespace {

// Files as they lie in a folder, and how often each was read.
class Folder : public ScenarioFiles {
 public:
  Parsed<SourceText> read(const std::string& name, std::size_t bytes_max) override {
    ++reads[name];
    Parsed<SourceText> file = files.read(name, bytes_max);
    if (file) file.value = file->renamed("folder/" + name);
    return file;
  }

  GivenFiles files;
  std::map<std::string, int> reads;
};

class LoadedFilesTest : public ::testing::Test {
 protected:
  LoadedFilesTest() { diagnostics_.add_source(SourceText("test.yaml", kScenario)); }

  std::optional<SourceText> load(const std::string& name) {
    YamlNode node;
    node.kind = YamlNode::Kind::kScalar;
    node.text = name;
    node.place = {"test.yaml", 1, 7, 10};
    return loaded_.load(node, "file");
  }

  const std::string kScenario = "file: people.csv\n";
  Folder folder_;
  Diagnostics diagnostics_;
  LoadedFiles loaded_{&folder_, diagnostics_};
};

TEST_F(LoadedFilesTest, EachIsReadOnceAndKeptByItsNameInTheScenario) {
  folder_.files.add({"b.csv", "name\n"});
  folder_.files.add({"a.csv", "name\nalice\n"});
  EXPECT_EQ(load("b.csv")->text(), "name\n");
  EXPECT_EQ(load("a.csv")->name(), "folder/a.csv");
  EXPECT_EQ(load("b.csv")->name(), "folder/b.csv");
  EXPECT_EQ(folder_.reads["b.csv"], 1);
  EXPECT_EQ(diagnostics_.render(), "");
  const std::vector<SourceText> kept = loaded_.take();
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0].name(), "b.csv");
  EXPECT_EQ(kept[1].name(), "a.csv");
  EXPECT_EQ(kept[1].text(), "name\nalice\n");
}

TEST_F(LoadedFilesTest, AMistakeInOneIsShownInIt) {
  folder_.files.add({"people.csv", "name\nal;ice\n"});
  const auto file = load("people.csv");
  ASSERT_TRUE(file);
  diagnostics_.error(file->place(7), "name: a semicolon");
  EXPECT_EQ(diagnostics_.render(),
            "folder/people.csv:2:3: error: name: a semicolon\n"
            "    2 | al;ice\n"
            "      |   ^\n");
}

TEST_F(LoadedFilesTest, OneThatCannotBeHadIsReportedWhereItIsNamed) {
  folder_.files.add({"peple.csv", "name\n"});
  EXPECT_FALSE(load("people.csv"));
  EXPECT_EQ(diagnostics_.render(),
            "test.yaml:1:7: error: file: there is no file 'people.csv'\n"
            "    1 | file: people.csv\n"
            "      |       ^~~~~~~~~~\n"
            "hint: did you mean 'peple.csv'?\n");
  EXPECT_TRUE(loaded_.take().empty());
}

TEST_F(LoadedFilesTest, OneThatIsNoTextIsReportedInIt) {
  folder_.files.add({"latin1.csv", "name\nJ\xFCrgen\n"});
  folder_.files.add({"control.csv", "name\nal\x1B[2Jice\n"});
  folder_.files.add({"program", std::string("\x7F"
                                            "ELF\0",
                                            5)});
  for (const char* name : {"latin1.csv", "control.csv", "program"}) EXPECT_FALSE(load(name));
  EXPECT_EQ(diagnostics_.render(),
            "folder/control.csv:2:3: error: a control character, U+001B, cannot stand here\n"
            "    2 | al\\x1b[2Jice\n"
            "      |   ^~~~\n"
            "hint: take it out\n"
            "folder/latin1.csv:2: error: this line is not valid UTF-8\n"
            "    2 | J\\xfcrgen\n"
            "hint: save the file as UTF-8\n"
            "folder/program:1:5: error: a NUL byte: this is not a text file\n"
            "    1 | \\x7fELF\\x00\n"
            "      |        ^~~~\n");
}

TEST_F(LoadedFilesTest, TogetherTheyHaveABound) {
  const std::string half(kScenarioFilesBytesMax / 2, 'x');
  for (const char* name : {"a.csv", "b.csv", "people.csv"}) folder_.files.add({name, half});
  EXPECT_TRUE(load("a.csv"));
  EXPECT_TRUE(load("b.csv"));
  EXPECT_TRUE(load("a.csv")) << "counted once";
  EXPECT_FALSE(load("people.csv"));
  EXPECT_EQ(diagnostics_.render(),
            "test.yaml:1:7: error: file: with 'people.csv' the scenario's files have more than "
            "64MiB together\n"
            "    1 | file: people.csv\n"
            "      |       ^~~~~~~~~~\n"
            "hint: so much must fit into the record of a run\n");
}

TEST_F(LoadedFilesTest, WithoutAPlaceWhereFilesLieNoneCanBeNamed) {
  LoadedFiles nowhere(nullptr, diagnostics_);
  YamlNode node;
  node.kind = YamlNode::Kind::kScalar;
  node.text = "people.csv";
  EXPECT_FALSE(nowhere.load(node, "file"));
  EXPECT_EQ(diagnostics_.render(),
            "error: file: 'people.csv' cannot be read from here\n"
            "hint: put the scenario into a file of its own\n");
}

}  // namespace
}  // namespace esm
