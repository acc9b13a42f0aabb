#include "sender/testkit/played.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sender/testkit/testkit.h"

#include "tests/support/test_receiver.h"

namespace esm::testkit {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A receiver of one TCP connection.
class Lines {
 public:
  std::string target() const { return fmt::format("tcp://127.0.0.1:{}", receiver_.port()); }
  std::vector<std::string> lines() {
    std::istringstream stream(bytes_.get_future().get());
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }

 private:
  std::promise<std::string> bytes_;
  test::TcpReceiver receiver_{[this](test::Peer& peer) { bytes_.set_value(peer.read_to_end()); }};
};

struct Morning {
  Script script = Script::named("morning-logon");
  Lines receiver;
  Played run = play(script, receiver.target());
  std::vector<std::string> lines = receiver.lines();
};

TEST(Played, AReceiverThatGetsEverythingIsRight) {
  Morning morning;
  ASSERT_THAT(morning.run, IsRight());
  const std::uint64_t messages = morning.script.messages();
  EXPECT_EQ(morning.run.books().due, messages);
  EXPECT_EQ(morning.run.books().drained, messages);
  EXPECT_THAT(morning.run.text(), HasSubstr("2,131 due, 2,131 written\n"));
  EXPECT_EQ(morning.lines.size(), messages);
  const Comparison comparison = morning.run.compare_lines(morning.lines);
  EXPECT_THAT(comparison, IsRight());
  EXPECT_EQ(comparison.text(), "messages: 2,131 expected, 2,131 matched, 0 missing\nOK\n");
}

TEST(Played, ALostLineIsToldWithItsMessage) {
  Morning morning;
  const auto lost = std::find_if(morning.lines.begin(), morning.lines.end(), [](const auto& line) {
    return line.find("dhost=PC-00007") != std::string::npos;
  });
  ASSERT_NE(lost, morning.lines.end());
  morning.lines.erase(lost);
  const Comparison comparison = morning.run.compare_lines(morning.lines);
  EXPECT_THAT(comparison, Not(IsRight()));
  EXPECT_EQ(comparison.verdict().missing, 1U);
  EXPECT_THAT(comparison.text(), HasSubstr("because  logon of user00007 at PC-00007 (10.20.0.7)"));
  EXPECT_THAT(comparison.text(), HasSubstr(", 1 missing\nMISMATCH\n"));
}

TEST(Played, AFileThatIsStillWrittenIsWaitedFor) {
  Morning morning;
  const std::filesystem::path path =
      std::filesystem::path(::testing::TempDir()) / fmt::format("esm-testkit-{}.log", ::getpid());
  std::ofstream file(path);
  const auto write = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) file << morning.lines[i] << '\n';
    file.flush();
  };
  write(0, 1'000);
  EXPECT_THAT(morning.run.compare_file(path, std::chrono::seconds{0}), Not(IsRight()));
  std::thread writer([&] { write(1'000, morning.lines.size()); });
  EXPECT_THAT(morning.run.compare_file(path, std::chrono::minutes{1}), IsRight());
  writer.join();
  std::filesystem::remove(path);
  EXPECT_THAT(morning.run.compare_file(path, {}).text(),
              HasSubstr("error: cannot open the received lines: No such file or directory"));
}

TEST(Played, ATableIsComparedInAnyForm) {
  Morning morning;
  const Truth truth = morning.run.truth("end");
  ASSERT_EQ(truth.mappings().size(), 300U);
  EXPECT_EQ(truth.user_of("10.20.0.7"), "alice");
  EXPECT_THAT(morning.run.compare_table(truth.text()), IsRight());
  std::map<std::string, std::string> users;
  for (const Mapping& mapping : truth.mappings()) users[mapping.address.to_string()] = mapping.user;
  EXPECT_THAT(morning.run.compare_users(users), IsRight());
  users["10.20.0.7"] = "user00007";
  users.erase("10.20.0.8");
  const Comparison comparison = morning.run.compare_users(users);
  EXPECT_EQ(comparison.verdict().wrong_user, 1U);
  EXPECT_EQ(comparison.verdict().missing, 1U);
  EXPECT_THAT(comparison.text(), HasSubstr("10.20.0.7"));
  EXPECT_EQ(morning.run.compare_users({{"10.20.0.300", "eve"}}).text(),
            "error: users: '10.20.0.300' is not an address\n");
  EXPECT_THAT(morning.run.compare_table("no table\n").text(), HasSubstr("error: "));
  EXPECT_EQ(morning.run.compare_users(users, "soon").ok(), false);
}

TEST(Played, WhatCouldNotBePlayedIsNotRightHoweverItIsAsked) {
  const test::ClosedPort closed(SOCK_STREAM);
  PlayAs soon;
  soon.transport.connect_timeout = std::chrono::milliseconds{100};
  const std::string target = fmt::format("tcp://127.0.0.1:{}", closed.port());
  const Played run = play(Script::named("first-contact"), target, soon);
  EXPECT_THAT(run, Not(IsRight()));
  EXPECT_THAT(run.text(),
              HasSubstr(target + ": error: not ready within 100ms: connection refused"));
  EXPECT_EQ(run.books().written, 0U);

  const Played wrong = play(Script::named("first-contact"), "127.0.0.1");
  EXPECT_THAT(wrong, Not(IsRight()));
  EXPECT_THAT(wrong.text(), HasSubstr("error: target: '127.0.0.1': does not say how to send\n"));
  EXPECT_EQ(wrong.compare_lines({}).text(), wrong.text());
  EXPECT_EQ(wrong.compare_file("x").text(), wrong.text());
  EXPECT_EQ(wrong.compare_users({}).text(), wrong.text());
  EXPECT_EQ(wrong.truth("end").text(), wrong.text());

  const Script none = Script::named("nonsense");
  EXPECT_EQ(play(none, "null:").text(), none.text());
  EXPECT_THAT(play(Script::named("first-contact"), "udp://192.0.2.1").text(), HasSubstr("error: "));
}

TEST(Played, ItsRecordIsOneThatTheCommandTakes) {
  const Played run = play(Script::named("first-contact"), "null:");
  Diagnostics diagnostics;
  const auto read = read_run_record(SourceText("run.json", to_json(run.record())), diagnostics);
  ASSERT_TRUE(read) << diagnostics.render();
  EXPECT_EQ(read->messages, 5U);
  EXPECT_EQ(read->scenario_name, "first-contact");
}

TEST(IsRight, AFailureShowsWhatTheCommandWouldPrint) {
  static const Played run = play(Script::named("first-contact"), "null:");
  EXPECT_NONFATAL_FAILURE(EXPECT_THAT(run.compare_lines({}), IsRight()),
                          "Expected: is right\n  Actual: missing: ");
  EXPECT_NONFATAL_FAILURE(EXPECT_THAT(run.compare_lines({}), IsRight()),
                          "because  logon of jdoe at w10 (10.0.1.51), due at 0s\n");
  EXPECT_NONFATAL_FAILURE(EXPECT_THAT(run.compare_lines({}), IsRight()), "\nMISMATCH (of type");
  EXPECT_NONFATAL_FAILURE(EXPECT_THAT(run, ::testing::Not(IsRight())), "Expected: is wrong\n");
}

}  // namespace
}  // namespace esm::testkit
