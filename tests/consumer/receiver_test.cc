// A receiver under test, in the test's own process, and its test: what a project writes that has a
// receiver of its own. `lossy` stands for its mistake.
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sender/testkit/testkit.h"

namespace {

using esm::testkit::IsRight;
using esm::testkit::Played;
using esm::testkit::Script;

class Receiver {
 public:
  explicit Receiver(bool lossy) : lossy_(lossy), socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(socket_, 1), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    target_ = "tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { receive(); });
  }
  ~Receiver() {
    finish();
    close(socket_);
  }

  const std::string& target() const { return target_; }
  // After the sender has gone.
  void finish() {
    shutdown(socket_, SHUT_RDWR);  // if nobody ever came
    if (thread_.joinable()) thread_.join();
  }
  const std::vector<std::string>& lines() const { return lines_; }
  const std::map<std::string, std::string>& users() const { return users_; }

 private:
  void receive() {
    const int peer = accept(socket_, nullptr, nullptr);
    std::string rest;
    char block[4096];
    for (ssize_t got = 0; (got = read(peer, block, sizeof block)) > 0;) {
      rest.append(block, static_cast<std::size_t>(got));
      for (std::size_t end = 0; (end = rest.find('\n')) != std::string::npos;) {
        take(rest.substr(0, end));
        rest.erase(0, end + 1);
      }
    }
    close(peer);
  }
  void take(const std::string& line) {
    if (lossy_ && ++count_ % 100 == 0) return;
    lines_.push_back(line);
    users_[value(line, "dst=")] = value(line, "duser=");
  }
  static std::string value(const std::string& line, const std::string& key) {
    const std::size_t begin = line.find(key) + key.size();
    return line.substr(begin, line.find('\t', begin) - begin);
  }

  const bool lossy_;
  const int socket_;
  std::string target_;
  std::thread thread_;
  std::uint64_t count_ = 0;
  std::vector<std::string> lines_;
  std::map<std::string, std::string> users_;
};

void test_morning(bool lossy) {
  Receiver receiver(lossy);
  const Script script = Script::named("morning-logon");
  ASSERT_THAT(script, IsRight());
  const Played played = play(script, receiver.target());
  receiver.finish();
  ASSERT_THAT(played, IsRight());
  EXPECT_EQ(played.books().written, script.messages());
  EXPECT_EQ(played.truth("end").user_of("10.20.0.7"), "alice");
  EXPECT_THAT(played.compare_lines(receiver.lines()), IsRight());
  EXPECT_THAT(played.compare_users(receiver.users()), IsRight());
}

TEST(Receiver, StoresAndLearnsAMorning) { test_morning(false); }

// It is red, and scripts/test reads why.
TEST(LossyReceiver, StoresAndLearnsAMorning) { test_morning(true); }

}  // namespace
