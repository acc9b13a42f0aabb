// Files, pipes and devices.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/transport/driver.h"

namespace esm::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class FileTransportTest : public testing::Test {
 protected:
  FileTransportTest() {
    std::string pattern = (fs::temp_directory_path() / "file_transport_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~FileTransportTest() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string folder_;
};

std::string content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST_F(FileTransportTest, BytesAreWrittenAsTheyAreWithEveryFraming) {
  for (const Framing framing :
       {Framing::kLf, Framing::kCrLf, Framing::kNul, Framing::kOctet, Framing::kOctetLf}) {
    const std::string file = path(std::string(name_of(framing)));
    Driver driver("file:" + file);
    ASSERT_FALSE(driver.open().happened);
    EXPECT_EQ(driver.peer(), file);
    std::string sent;
    for (std::size_t i = 0; i < 3; ++i) {
      const Batch batch = numbered_batch(500, 300, i * 500, framing);
      sent += bytes_of(batch);
      EXPECT_EQ(text_of(driver.write(batch).runs), "500 written");
    }
    EXPECT_TRUE(driver.close().drained);
    EXPECT_TRUE(content(file) == sent);
  }
}

TEST_F(FileTransportTest, NothingIsOverwritten) {
  std::ofstream(path("old")) << "old";
  Driver driver("file:" + path("old"));
  const Problem problem = driver.open();
  EXPECT_EQ(problem.what, path("old") + ": the file exists and is not empty");
  EXPECT_EQ(problem.hint, "remove it or choose another name: nothing is overwritten");
  EXPECT_TRUE(problem.permanent);
  EXPECT_EQ(content(path("old")), "old");
}

TEST_F(FileTransportTest, AnEmptyFileIsTaken) {
  std::ofstream(path("empty"));
  Driver driver("file:" + path("empty"));
  ASSERT_FALSE(driver.open().happened);
  driver.write(batch_of({"a"}));
  EXPECT_EQ(content(path("empty")), "a\n");
}

// Several lanes of one run write to the same file.
TEST_F(FileTransportTest, TwoWritersKeepTheirMessagesWhole) {
  Driver one("file:" + path("both"));
  Driver two("file:" + path("both"));
  ASSERT_FALSE(one.open().happened);
  ASSERT_FALSE(two.open().happened);
  one.write(batch_of({"a"}));
  two.write(batch_of({"b"}));
  one.write(batch_of({"c"}));
  EXPECT_EQ(content(path("both")), "a\nb\nc\n");
}

TEST_F(FileTransportTest, WhatCannotBeOpenedIsSaidSo) {
  const std::pair<std::string, std::string> table[] = {
      {path("no/such/folder"), "cannot be written: No such file or directory"},
      {folder_, "cannot be written: Is a directory"},
  };
  for (const auto& [file, why] : table) {
    Driver driver("file:" + file);
    const Problem problem = driver.open();
    EXPECT_EQ(problem.what, file + ": " + why);
    EXPECT_TRUE(problem.permanent);
  }
}

TEST_F(FileTransportTest, AFullDiskEndsItForGood) {
  Driver driver("file:/dev/full");
  ASSERT_FALSE(driver.open().happened);
  const WriteOutcome outcome = driver.write(batch_of({"a", "b"}));
  EXPECT_TRUE(outcome.lost);
  EXPECT_EQ(text_of(outcome.runs), "");
  EXPECT_EQ(outcome.problem.what, "/dev/full: the write failed: No space left on device");
  EXPECT_EQ(outcome.problem.hint, "make room, and start again with another file");
  EXPECT_TRUE(outcome.problem.permanent);
  EXPECT_EQ(driver.open().what, outcome.problem.what);
}

TEST_F(FileTransportTest, DevNullTakesEverything) {
  Driver driver("file:/dev/null");
  ASSERT_FALSE(driver.open().happened);
  EXPECT_EQ(text_of(driver.write(numbered_batch(1'000, 100)).runs), "1000 written");
}

TEST_F(FileTransportTest, APipeWithoutAReaderIsSaidSo) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  TransportOptions options = quick_options();
  options.connect_timeout = 100ms;
  Driver driver("file:" + path("pipe"), options);
  const Problem problem = driver.open();
  EXPECT_EQ(problem.what, path("pipe") + ": nobody reads from this pipe");
  EXPECT_FALSE(problem.permanent);
  EXPECT_EQ(driver.open_and_abort().what, "aborted");
}

TEST_F(FileTransportTest, ASlowReaderOfAPipeIsWaitedFor) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  std::string received;
  std::thread reader([&] { received = content(path("pipe")); });
  const Batch batch = numbered_batch(2'000, 1'000);
  {
    Driver driver("file:" + path("pipe"));
    EXPECT_EQ(driver.open().what, "");
    EXPECT_EQ(text_of(driver.write(batch).runs), "2000 written");
    EXPECT_TRUE(driver.close().drained);
  }
  reader.join();
  EXPECT_TRUE(received == bytes_of(batch));
}

// The reader takes a little and goes: whole messages before, at most one cut, no signal.
TEST_F(FileTransportTest, AReaderThatGoesEndsItQuietly) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  std::thread reader([&] {
    const int fd = ::open(path("pipe").c_str(), O_RDONLY | O_CLOEXEC);
    char byte = 0;
    EXPECT_EQ(::read(fd, &byte, 1), 1);
    ::close(fd);
  });
  Driver driver("file:" + path("pipe"));
  EXPECT_EQ(driver.open().what, "");
  const WriteOutcome outcome = driver.write(numbered_batch(2'000, 1'000));
  reader.join();
  EXPECT_TRUE(outcome.lost);
  EXPECT_EQ(outcome.problem.what, path("pipe") + ": the write failed: Broken pipe");
  EXPECT_TRUE(outcome.problem.permanent);
}

TEST_F(FileTransportTest, AReaderThatComesLaterIsWaitedFor) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  std::string received;
  std::thread reader;
  {
    Driver driver("file:" + path("pipe"));
    const Problem problem = driver.open_and_meanwhile(
        [&] { reader = std::thread([&] { received = content(path("pipe")); }); });
    EXPECT_EQ(problem.what, "");
    EXPECT_EQ(text_of(driver.write(batch_of({"a"})).runs), "1 written");
    EXPECT_TRUE(driver.close().drained);
  }
  reader.join();
  EXPECT_EQ(received, "a\n");
}

// In a process of its own: the limit would hit other tests of this one.
[[noreturn]] void write_under_a_size_limit(const std::string& file) {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{250, 250};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  Driver driver("file:" + file);
  driver.open();
  const WriteOutcome outcome = driver.write(numbered_batch(10, 99));  // and a line end each
  std::fprintf(stderr, "%s; %s\n", text_of(outcome.runs).c_str(), outcome.problem.what.c_str());
  std::_Exit(0);
}

TEST_F(FileTransportTest, TheMessageThatCrossesASizeLimitIsCut) {
  EXPECT_EXIT(write_under_a_size_limit(path("limited")), testing::ExitedWithCode(0),
              "2 written, 1 cut .27.; .*/limited: the write failed: File too large");
  EXPECT_EQ(content(path("limited")), bytes_of(numbered_batch(10, 99)).substr(0, 250));
}

[[noreturn]] void write_to_standard_output(const std::string& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  ::dup2(fd, STDOUT_FILENO);
  Driver driver("-");
  bool good = !driver.open().happened && driver.peer() == "standard output";
  good = good && text_of(driver.write(batch_of({"a", "b"})).runs) == "2 written";
  good = good && driver.close().drained;
  // It is not ours to close.
  std::_Exit(good && ::fcntl(STDOUT_FILENO, F_GETFD) >= 0 ? 0 : 1);
}

// A shell that redirects with >> means it.
TEST_F(FileTransportTest, StandardOutputIsAppendedTo) {
  std::ofstream(path("stdout")) << "before\n";
  EXPECT_EXIT(write_to_standard_output(path("stdout")), testing::ExitedWithCode(0), "");
  EXPECT_EQ(content(path("stdout")), "before\na\nb\n");
}

TEST_F(FileTransportTest, AbortEndsAStuckPipe) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  const int reader = ::open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  Driver driver("file:" + path("pipe"));
  ASSERT_FALSE(driver.open().happened);
  const WriteOutcome outcome = driver.write_and_abort(numbered_batch(2'000, 1'000));
  EXPECT_TRUE(outcome.lost);
  EXPECT_EQ(outcome.problem.what, "aborted");
  ::close(reader);
}

TEST(NullTransport, TakesEverythingAndKeepsNothing) {
  Driver driver("null:");
  ASSERT_FALSE(driver.open().happened);
  EXPECT_EQ(text_of(driver.write(numbered_batch(10, 100)).runs), "10 written");
  EXPECT_TRUE(driver.close().drained);
  EXPECT_EQ(driver.peer(), "null:");
}

}  // namespace
}  // namespace esm::test
