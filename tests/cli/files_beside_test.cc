#include "sender/cli/files_beside.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

namespace esm {
namespace {

namespace fs = std::filesystem;

class FilesBeside : public ::testing::Test {
 protected:
  FilesBeside()
      : root_(fs::canonical(fs::temp_directory_path()) /
              ("files_beside_test." + std::to_string(getpid()))) {
    fs::create_directories(root_ / "scenarios/shifts");
    write("scenarios/people.csv", "name\nalice\n");
    write("scenarios/shifts/night.csv", "name\nbob\n");
    write("secret.csv", "name\ncarol\n");
    fs::create_symlink("people.csv", root_ / "scenarios/link-within.csv");
    fs::create_symlink("../secret.csv", root_ / "scenarios/link-out.csv");
    fs::create_directory_symlink("..", root_ / "scenarios/parent");
  }
  ~FilesBeside() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    std::ofstream(root_ / path, std::ios::binary) << text;
  }

  // What is read, or what is said.
  std::string read(const std::string& name, std::size_t bytes_max = 1'000) {
    const auto files = files_beside((root_ / "scenarios/mine.yaml").string());
    const Parsed<SourceText> file = files->read(name, bytes_max);
    return file ? file->text() : file.problem;
  }

  const fs::path root_;
};

TEST_F(FilesBeside, LieInTheScenariosFolderOrBelowIt) {
  EXPECT_EQ(read("people.csv"), "name\nalice\n");
  EXPECT_EQ(read("./people.csv"), "name\nalice\n");
  EXPECT_EQ(read("shifts/night.csv"), "name\nbob\n");
  EXPECT_EQ(read("link-within.csv"), "name\nalice\n");
  const auto files = files_beside((root_ / "scenarios/mine.yaml").string());
  EXPECT_EQ(files->read("shifts/night.csv", 100)->name(),
            (root_ / "scenarios/shifts/night.csv").string());
}

TEST_F(FilesBeside, AreNowhereElse) {
  EXPECT_EQ(read("/etc/passwd"), "'/etc/passwd' is an absolute path");
  EXPECT_EQ(read("../secret.csv"), "'../secret.csv' leads out of the scenario's folder");
  EXPECT_EQ(read("shifts/../people.csv"),
            "'shifts/../people.csv' leads out of the scenario's folder");
  EXPECT_EQ(read("link-out.csv"),
            "'link-out.csv' is a link that leads out of the scenario's folder");
  EXPECT_EQ(read("parent/secret.csv"),
            "'parent/secret.csv' is a link that leads out of the scenario's folder");
}

TEST_F(FilesBeside, WhatIsNoFileIsRefused) {
  EXPECT_EQ(read("peple.csv"), "there is no file 'peple.csv' in the scenario's folder");
  EXPECT_EQ(read("-"), "there is no file '-' in the scenario's folder");
  EXPECT_EQ(read(""), "'' is no file's name");
  EXPECT_EQ(read("shifts"), "'shifts': the file is a directory");
  EXPECT_EQ(read("."), "'.': the file is a directory");
  EXPECT_EQ(read("people.csv/x"), "'people.csv/x': Not a directory");
  EXPECT_EQ(read("people.csv", 5), "'people.csv': the file is longer than the 5B allowed");
}

TEST_F(FilesBeside, OfAScenarioFromStandardInputLieInTheCurrentFolder) {
  const fs::path before = fs::current_path();
  fs::current_path(root_ / "scenarios");
  const Parsed<SourceText> of_input = files_beside("-")->read("people.csv", 100);
  const Parsed<SourceText> beside = files_beside("mine.yaml")->read("shifts/night.csv", 100);
  fs::current_path(before);
  ASSERT_TRUE(of_input);
  EXPECT_EQ(of_input->name(), "people.csv");
  ASSERT_TRUE(beside);
  EXPECT_EQ(beside->name(), "shifts/night.csv");
}

TEST_F(FilesBeside, OfAShippedScenarioAreShipped) {
  const auto files = files_beside("morning-logon");
  EXPECT_NE(files->read("first-contact.yaml", 100'000)->text().find("about:"), std::string::npos);
  EXPECT_EQ(files->read("people.csv/x", 100).problem, "no file 'people.csv/x' is shipped");
  // A path is never a shipped one.
  EXPECT_FALSE(files_beside("./morning-logon.yaml")->read("first-contact.yaml", 100'000));
}

}  // namespace
}  // namespace esm
