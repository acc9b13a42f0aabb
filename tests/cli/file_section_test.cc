#include "sender/cli/file_section.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace esm {
namespace {

class FileSectionTest : public ::testing::Test {
 protected:
  ~FileSectionTest() override { std::filesystem::remove(path_); }
  void add(const std::string& text) const { std::ofstream(path_, std::ios::app) << text; }
  static std::string rest(std::istream& stream) {
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }
  const std::string path_ = std::filesystem::path(::testing::TempDir()) /
                            fmt::format("esm-file-section-test-{}.log", getpid());
};

TEST_F(FileSectionTest, IsThatPartAloneWhateverIsAddedMeanwhile) {
  add("before|wanted|");
  FileSection section(path_, 7, 14);
  add("behind");
  EXPECT_EQ(rest(section), "wanted|");
  EXPECT_FALSE(section.bad());
}

TEST_F(FileSectionTest, IsReadAgainFromItsOwnBeginning) {
  const std::string large(200'000, 'x');  // several buffers
  add("before|" + large + "y");
  FileSection section(path_, 7, 7 + large.size());
  EXPECT_EQ(rest(section), large);
  section.clear();
  section.seekg(0);
  EXPECT_EQ(rest(section), large);
  section.clear();
  EXPECT_FALSE(section.seekg(1)) << "there is no other place";
}

TEST_F(FileSectionTest, EndsWhereTheFileDoes) {
  add("short");
  FileSection section(path_, 0, 100);
  EXPECT_EQ(rest(section), "short");
  FileSection empty(path_, 3, 3);
  EXPECT_EQ(rest(empty), "");
}

TEST_F(FileSectionTest, AFileThatIsNotThereIsAStreamThatFailed) {
  const FileSection section(path_, 0, 1);
  EXPECT_TRUE(section.bad());
}

TEST_F(FileSectionTest, WhatCannotBeReadIsAStreamThatFailed) {
  FileSection folder(::testing::TempDir(), 0, 1);  // EISDIR at the first read
  EXPECT_EQ(folder.get(), std::char_traits<char>::eof());
  EXPECT_TRUE(folder.bad());
}

}  // namespace
}  // namespace esm
