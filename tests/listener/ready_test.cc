#include "sender/listener/ready.h"

#include <algorithm>
#include <array>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/inotify.h>

#include "tests/listener/with_listener.h"

namespace esm {
namespace {

using ReadyTest = WithListener;

// The names of all files made or renamed in a folder since it is watched.
class Watch {
 public:
  explicit Watch(const std::string& folder) : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    EXPECT_GE(::inotify_add_watch(fd_, folder.c_str(), IN_CREATE | IN_MOVE), 0);
  }
  ~Watch() { ::close(fd_); }
  std::vector<std::string> touched() const {
    std::vector<std::string> names;
    alignas(inotify_event) std::array<char, 16 * 1024> buffer{};
    const ssize_t size = ::read(fd_, buffer.data(), buffer.size());
    for (ssize_t at = 0; at < size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      names.emplace_back(event->name);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
  }

 private:
  int fd_;
};

TEST_F(ReadyTest, TheFileIsThereWithAllItSaysOrNotAtAllAndNoOtherIsTouched) {
  const Watch watch(folder_);
  ListenerOptions options = on_tls();
  options.udp = {{}, {"::1", 0}};
  options.ready_file = path("ready.json");
  options.received_file = path("received");
  options.mappings_file = path("mappings");
  options.stop_after_count = 1;
  Running listener(options);
  const ListenerPorts& ports = listener.ports();
  EXPECT_EQ(content(path("ready.json")),
            fmt::format("{{\"udp\":[{},{}],\"tcp\":[],\"tls\":[{}]}}\n", ports.udp.at(0),
                        ports.udp.at(1), ports.tls.at(0)));
  udp_to(ports.udp[0]).send("last");
  listener.wait();
  EXPECT_EQ(watch.touched(), (std::vector<std::string>{"mappings", "ready.json", "received"}));
}

TEST_F(ReadyTest, AFileOfAnEarlierRunIsGoneBeforeAnythingListens) {
  std::ofstream(path("ready.json")) << "{\"udp\":[1],\"tcp\":[],\"tls\":[]}\n";
  ListenerOptions options = on_udp();
  options.ready_file = path("ready.json");
  options.udp.push_back({"203.0.113.7", 514});  // not ours
  EXPECT_NE(errors_of(options), "");
  EXPECT_FALSE(std::filesystem::exists(path("ready.json")));
}

TEST_F(ReadyTest, AFileWithSomethingElseInItIsLeftAlone) {
  std::ofstream(path("scenario.yaml")) << "length: 4h\n";
  ListenerOptions options = on_udp();
  options.ready_file = path("scenario.yaml");
  EXPECT_EQ(errors_of(options),
            "DIR/scenario.yaml: error: the ready file exists and has something else in it\n"
            "hint: it would be replaced: remove it, or choose another name\n");
  EXPECT_EQ(content(path("scenario.yaml")), "length: 4h\n");
}

TEST_F(ReadyTest, NobodyIsToldOfAListenerThatDoesNotStart) {
  ListenerOptions options = on_udp();
  options.ready_file = path("ready.json");
  options.received_file = path("no/received");
  EXPECT_NE(errors_of(options), "");
  EXPECT_FALSE(std::filesystem::exists(path("ready.json")));
}

TEST_F(ReadyTest, AnEmptyFileThatWaitsForItIsReplaced) {
  std::ofstream(path("ready.json")).flush();
  ListenerOptions options = on_udp();
  options.ready_file = path("ready.json");
  options.stop_after_count = 1;
  Running listener(options);
  EXPECT_NE(content(path("ready.json")), "");
  udp_to(listener.ports().udp.at(0)).send("last");
  listener.wait();
}

TEST_F(ReadyTest, ADescriptorIsToldAndClosed) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  ListenerOptions options = on_udp();
  options.ready_fd = pipe[1];
  options.stop_after_count = 1;
  Running listener(options);
  std::string told;
  std::array<char, 100> buffer{};
  for (ssize_t size = 0; (size = ::read(pipe[0], buffer.data(), buffer.size())) > 0;) {
    told.append(buffer.data(), static_cast<std::size_t>(size));
  }
  // The end came: nobody holds it open any more.
  EXPECT_EQ(told,
            fmt::format("{{\"udp\":[{}],\"tcp\":[],\"tls\":[]}}\n", listener.ports().udp.at(0)));
  ::close(pipe[0]);
  udp_to(listener.ports().udp.at(0)).send("last");
  listener.wait();
}

TEST_F(ReadyTest, ADescriptorThatIsNoneIsAnError) {
  ListenerOptions options = on_udp();
  options.ready_fd = 999;
  EXPECT_EQ(errors_of(options),
            "error: descriptor 999 cannot be told that the sockets listen: Bad file descriptor\n"
            "hint: for instance: esm-sender listen … --ready-fd 3 3>ready.json\n");
}

}  // namespace
}  // namespace esm
