// play() over real sockets on loopback, to the reference receiver; what it received is compared
// with the run record by verify.
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sender/engine/player.h"
#include "sender/listener/listener.h"
#include "sender/verify/verify.h"

#include "tests/support/fleet.h"
#include "tests/support/test_pki.h"

namespace esm {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::chrono::seconds kDeadline{60};

// A listener in a thread of its own. Whatever a test does, it ends at the deadline.
class Receiver {
 public:
  explicit Receiver(ListenerOptions options) : options_(std::move(options)) {
    options_.stop_after_duration = kDeadline;
    std::promise<ListenerPorts> ready;
    std::future<ListenerPorts> ports = ready.get_future();
    options_.on_ready = [&ready](const ListenerPorts& real) { ready.set_value(real); };
    thread_ = std::thread([this] {
      Profile profile;
      profile.identifier = RegexIdentifier{"PC-", "(PC)", " ([0-9.]+) "};
      result_ = listen({profile}, options_, {}, diagnostics_);
    });
    if (ports.wait_for(kDeadline) == std::future_status::ready) {
      ports_ = ports.get();
    } else {
      ADD_FAILURE() << "the listener is not ready";
    }
  }
  ~Receiver() {
    if (thread_.joinable()) thread_.join();
  }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  const ListenerPorts& ports() const { return ports_; }
  // Until it has what it was told to stop after.
  ListenerResult wait() {
    thread_.join();
    EXPECT_TRUE(result_.has_value()) << diagnostics_.render();
    return result_.value_or(ListenerResult{});
  }

 private:
  ListenerOptions options_;
  Diagnostics diagnostics_;
  ListenerPorts ports_;
  std::optional<ListenerResult> result_;
  std::thread thread_;
};

class OverSockets : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "over_sockets_XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  ListenerOptions listening(const std::string& scheme, std::uint64_t count,
                            std::uint16_t port = 0) const {
    ListenerOptions options;
    (scheme == "udp"   ? options.udp
     : scheme == "tcp" ? options.tcp
                       : options.tls) = {{"127.0.0.1", port}};
    if (scheme == "tls") {
      options.tls_cert_file = test_pki() + "/server.pem";
      options.tls_key_file = test_pki() + "/server.key";
    }
    options.received_file = path("received");
    options.stop_after_count = count;
    return options;
  }

  static std::uint16_t port_of(const std::string& scheme, const ListenerPorts& ports) {
    return (scheme == "udp" ? ports.udp : scheme == "tcp" ? ports.tcp : ports.tls).at(0);
  }

  static PlayOptions to(const std::string& scheme, std::uint16_t port) {
    PlayOptions options;
    Diagnostics diagnostics;
    const auto target =
        parse_target(fmt::format("{}://127.0.0.1:{}", scheme, port), "--to", diagnostics);
    EXPECT_TRUE(target.has_value()) << diagnostics.render();
    if (target) options.targets = {*target};
    options.transport.tls.ca_file = test_pki() + "/ca.pem";
    options.speed = std::nullopt;
    return options;
  }

  struct Run {
    PlayOutcome outcome;
    RunRecord record;
  };
  static Run play_it(const Plan& plan, const PlayOptions& options) {
    Run run;
    run.outcome = play(plan, message(), options, run.record, nullptr, nullptr);
    return run;
  }

  static const Template& message() {
    static const Template kMessage = test::plain_template(200);
    return kMessage;
  }

  Verdict verdict(const Plan& plan, const Run& run) const {
    std::ifstream received(path("received"), std::ios::binary);
    const VerifyInput input{plan, message(), UtcTime{}, Shard{}, &run.record};
    return verify_received(input, received);
  }

  std::string folder_;
};

TEST_F(OverSockets, StreamsDeliverEveryByteAndTheBooksSayDrained) {
  for (const std::string scheme : {"tcp", "tls"}) {
    for (const Framing framing : {Framing::kLf, Framing::kOctetLf}) {
      const Plan plan(test::fleet({100, 2, {100'000, 1s}, 10'000}), 1);
      std::filesystem::remove(path("received"));
      // One message more than there is: the listener stays until it is told.
      ListenerOptions listening_options = listening(scheme, 10'000);
      listening_options.stop_after_count.reset();
      listening_options.stop_after_idle = 500ms;
      Receiver receiver(listening_options);
      PlayOptions options = to(scheme, port_of(scheme, receiver.ports()));
      options.transport.framing = framing;
      options.workers = 2;
      options.connections = 2;
      const Run run = play_it(plan, options);
      const std::string what = scheme + " " + std::string(name_of(framing));
      EXPECT_EQ(run.outcome.end, PlayOutcome::End::kDone) << what;
      EXPECT_EQ(run.outcome.messages.render(), "") << what;
      EXPECT_FALSE(run.outcome.transport_failed) << what;
      const Books& books = run.record.targets.at(0).books;
      EXPECT_EQ(books.drained, 10'000U) << what;
      EXPECT_EQ(books.connections, 8U) << what;
      EXPECT_THAT(run.record.targets[0].peer, HasSubstr("127.0.0.1:")) << what;
      EXPECT_EQ(receiver.wait().messages, 10'000U) << what;
      const Verdict checked = verdict(plan, run);
      EXPECT_TRUE(checked.ok()) << what << "\n" << verdict_text(checked, "messages");
      EXPECT_EQ(checked.matched, 10'000U) << what;
    }
  }
}

TEST_F(OverSockets, DatagramsArriveAtTheRateThatWasAsked) {
  const Plan plan(test::fleet({100, 1, {10'000, 1s}, 5'000}), 1);
  Receiver receiver(listening("udp", 5'000));
  PlayOptions options = to("udp", port_of("udp", receiver.ports()));
  options.speed = Speed{1, 1};
  options.catch_up = 10s;
  const Run run = play_it(plan, options);
  EXPECT_EQ(run.outcome.end, PlayOutcome::End::kDone);
  EXPECT_EQ(run.outcome.messages.render(), "");
  EXPECT_EQ(run.record.targets.at(0).books.written, 5'000U);
  EXPECT_GE(run.record.elapsed, 499'900us);
  EXPECT_EQ(run.record.lateness.count(), 5'000U);
  const ListenerResult result = receiver.wait();
  EXPECT_EQ(result.messages, 5'000U);
  const Verdict checked = verdict(plan, run);
  EXPECT_TRUE(checked.ok()) << verdict_text(checked, "messages");
}

TEST_F(OverSockets, AClosedPortIsNotReadyAndSaysWhatToDo) {
  // Bound, so that nobody else gets it, and not listening.
  const int closed = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(closed, generic, size), 0);
  ASSERT_EQ(::getsockname(closed, generic, &size), 0);
  const std::uint16_t port = ntohs(address.sin_port);
  const Plan plan(test::fleet({10, 1, {1'000, 1s}, 10}), 1);
  PlayOptions options = to("tcp", port);
  options.transport.connect_timeout = 500ms;
  const Run run = play_it(plan, options);
  EXPECT_EQ(run.outcome.end, PlayOutcome::End::kNotReady);
  EXPECT_EQ(run.record.messages, 0U);
  EXPECT_THAT(run.outcome.messages.render(),
              HasSubstr(fmt::format("tcp://127.0.0.1:{}: error: not ready within 500ms: ", port)));
  ::close(closed);
}

// On loopback every datagram to a closed port is answered, the last one's answer included.
TEST_F(OverSockets, EveryIcmpErrorOfARunIsInTheBooks) {
  // Bound and connected elsewhere: nobody else gets the port, and for us it is closed.
  const int closed = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(closed, generic, size), 0);
  ASSERT_EQ(::getsockname(closed, generic, &size), 0);
  const std::uint16_t port = ntohs(address.sin_port);
  address.sin_port = htons(9);
  ASSERT_EQ(::connect(closed, generic, size), 0);
  const Plan plan(test::fleet({10, 1, {1'000, 1s}, 100}), 1);
  const Run run = play_it(plan, to("udp", port));
  const Books& books = run.record.targets.at(0).books;
  EXPECT_GT(books.written, 0U);
  EXPECT_EQ(books.written, books.due);
  EXPECT_EQ(books.icmp_errors, books.written);
  ::close(closed);
}

// The receiver goes away in mid-run and comes back on the same port: nothing is certain that was
// not received, nothing was received that is said not to have been sent.
TEST_F(OverSockets, AReceiverThatIsStartedAgainGetsTheRestAndTheBooksAddUp) {
  for (const std::string scheme : {"tcp", "tls"}) {
    const Plan plan(test::fleet({100, 1, {5'000, 1s}, 10'000}), 1);
    std::filesystem::remove(path("received"));
    auto first = std::make_unique<Receiver>(listening(scheme, 2'000));
    const std::uint16_t port = port_of(scheme, first->ports());
    PlayOptions options = to(scheme, port);
    options.speed = Speed{1, 1};
    options.catch_up = 10s;
    options.transport.reconnect_first = 20ms;
    std::future<Run> running =
        std::async(std::launch::async, [&] { return play_it(plan, options); });
    EXPECT_GE(first->wait().messages, 2'000U);
    std::filesystem::rename(path("received"), path("before"));
    ListenerOptions again = listening(scheme, 1, port);
    again.stop_after_count.reset();
    again.stop_after_idle = 500ms;
    Receiver second(again);
    const Run run = running.get();
    EXPECT_EQ(run.outcome.end, PlayOutcome::End::kDone) << scheme;
    EXPECT_FALSE(run.outcome.transport_failed) << scheme << run.outcome.messages.render();
    EXPECT_THAT(run.outcome.messages.render(), HasSubstr("warning: connection lost: ")) << scheme;
    const ListenerResult result = second.wait();
    const Books& books = run.record.targets.at(0).books;
    EXPECT_TRUE(books.balanced(true));
    EXPECT_EQ(books.due, 10'000U) << scheme;
    EXPECT_EQ(books.drained, result.messages) << scheme;
    EXPECT_GE(books.acknowledged + books.uncertain, 2'000U) << scheme;
    // Its listener had taken so many, so its kernel had.
    const std::uint64_t stretch = 16'384 / 200;
    EXPECT_GE(books.acknowledged + stretch, 2'000U) << scheme;
    {
      std::ofstream both(path("before"), std::ios::binary | std::ios::app);
      std::ifstream after(path("received"), std::ios::binary);
      both << after.rdbuf();
    }
    std::filesystem::rename(path("before"), path("received"));
    // What the kernel of a listener that ended had acknowledged and the listener had not read is
    // the receiver's loss; nothing else is missing.
    const Verdict checked = verdict(plan, run);
    EXPECT_EQ(checked.matched + checked.missing, books.drained + books.acknowledged) << scheme;
    EXPECT_EQ(checked.altered + checked.duplicated + checked.invented, 0U)
        << scheme << "\n"
        << verdict_text(checked, "messages");
    for (const Finding& finding : checked.findings) {
      EXPECT_THAT(finding.reason, HasSubstr("its kernel acknowledged it")) << scheme;
    }
  }
}

// It would take what its buffers hold on every new connection, for ever.
TEST_F(OverSockets, AClosedLoopAgainstAReceiverThatNeverReadsEndsByItself) {
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int small = 64 * 1024;
  ::setsockopt(listening, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(listening, generic, size), 0);
  ASSERT_EQ(::listen(listening, 8), 0);
  ASSERT_EQ(::getsockname(listening, generic, &size), 0);
  const Plan plan(test::fleet({100, 1, {100'000, 1s}, 1'000'000}), 1);
  PlayOptions options = to("tcp", ntohs(address.sin_port));
  options.transport.write_stall_timeout = 500ms;
  const Run run = play_it(plan, options);
  EXPECT_EQ(run.outcome.end, PlayOutcome::End::kDone);
  EXPECT_TRUE(run.outcome.transport_failed);
  const Books& books = run.record.targets.at(0).books;
  EXPECT_TRUE(books.balanced(true));
  EXPECT_EQ(books.connections, 1U);
  EXPECT_GT(books.written, 0U);
  EXPECT_GT(books.acknowledged, 0U) << "what its kernel took";
  EXPECT_EQ(books.drained, 0U);
  EXPECT_THAT(run.outcome.messages.render(), HasSubstr("; given up"));
  ::close(listening);
}

TEST_F(OverSockets, AFileTakesWhatRenderPrints) {
  const Plan plan(test::fleet({100, 1, {100'000, 1s}, 5'000}), 1);
  PlayOptions options;
  Diagnostics diagnostics;
  const auto target = parse_target("file:" + path("received"), "--to", diagnostics);
  ASSERT_TRUE(target.has_value()) << diagnostics.render();
  options.targets = {*target};
  options.speed = std::nullopt;
  options.connections = 4;
  const Run run = play_it(plan, options);
  EXPECT_EQ(run.outcome.end, PlayOutcome::End::kDone);
  EXPECT_EQ(run.outcome.messages.render(), "");
  std::ifstream file(path("received"), std::ios::binary);
  std::string line;
  for (const test::Line& expected : test::lines_of(plan, message(), {})) {
    ASSERT_TRUE(std::getline(file, line));
    ASSERT_EQ(line, expected.text);
  }
  EXPECT_FALSE(std::getline(file, line));
}

}  // namespace
}  // namespace esm
