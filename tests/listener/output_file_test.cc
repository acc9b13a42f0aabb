#include "sender/listener/output_file.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

namespace esm {
namespace {

class OutputFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "output_file_XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  static std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  std::string folder_;
};

TEST_F(OutputFileTest, WritesWhatItWasGivenInOrder) {
  OutputFile file;
  ASSERT_TRUE(file.open(path("a")));
  std::string expected;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = std::to_string(i) + std::string(static_cast<std::size_t>(i % 50), 'x');
    file.line(text);
    expected += text + '\n';
  }
  const std::string large(1'000'000, 'y');  // more than the buffer
  file.write(large);
  ASSERT_TRUE(file.close());
  EXPECT_EQ(content(path("a")), expected + large);
  EXPECT_FALSE(file.replaced());
}

TEST_F(OutputFileTest, AMessageIsOneLineWhateverIsInIt) {
  OutputFile file;
  ASSERT_TRUE(file.open(path("a")));
  file.line("a\tb");
  file.line("");
  file.line(std::string("a\nb\r\0c\n", 7));
  ASSERT_TRUE(file.close());
  EXPECT_EQ(content(path("a")), "a\tb\n\na#012b#015#000c#012\n");
}

TEST_F(OutputFileTest, AnExistingFileIsReplacedAndThatIsSaid) {
  for (const char* const text : {"a long first text", "second"}) {
    OutputFile file;
    ASSERT_TRUE(file.open(path("a")));
    EXPECT_EQ(file.replaced(), std::string(text) == "second");
    file.write(text);
    ASSERT_TRUE(file.close());
  }
  EXPECT_EQ(content(path("a")), "second");
}

TEST_F(OutputFileTest, AFullDiskIsRemembered) {
  OutputFile file;
  ASSERT_TRUE(file.open("/dev/full"));
  file.write("12345");
  EXPECT_EQ(file.error(), 0);  // not tried yet
  file.flush();
  EXPECT_EQ(file.error(), ENOSPC);
  file.write("67");
  EXPECT_FALSE(file.close());
  EXPECT_EQ(file.bytes_lost(), 7U);
}

TEST_F(OutputFileTest, APathThatCannotBeOpenedIsAnError) {
  OutputFile file;
  EXPECT_FALSE(file.open(path("no/such/folder")));
  EXPECT_EQ(file.error(), ENOENT);
  EXPECT_FALSE(file.is_open());
}

}  // namespace
}  // namespace esm
