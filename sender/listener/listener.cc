#include "sender/listener/listener.h"

#include <algorithm>
#include <cassert>
#include <csignal>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "sender/listener/acceptor.h"
#include "sender/listener/listen_socket.h"
#include "sender/listener/outcome_text.h"
#include "sender/listener/output_file.h"
#include "sender/listener/ready.h"
#include "sender/listener/reception.h"
#include "sender/listener/session.h"
#include "sender/listener/tls_server.h"
#include "sender/listener/udp_port.h"

namespace esm {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr seconds kDrainMax{1};

class Listener {
 public:
  Listener(const std::vector<Profile>& profiles, const ListenerOptions& options,
           OutputFile& received, const std::function<void(const Mapping&)>& on_mapping)
      : options_(options),
        reception_(profiles, options, received, on_mapping),
        received_(received),
        signals_(reception_.context),
        tick_(reception_.context) {}

  // False: something could not be opened, see `diagnostics`.
  bool open(Diagnostics& diagnostics) {
    const int before = diagnostics.errors();
    if (options_.udp.empty() && options_.tcp.empty() && options_.tls.empty()) {
      diagnostics.error({}, "there is nothing to listen on",
                        "give at least one of --udp, --tcp and --tls, for instance --udp :5514");
    }
    if (!options_.tls.empty()) tls_ = make_tls_server(options_, diagnostics);
    for (const ListenAddress& address : options_.udp) open_udp(address, diagnostics);
    for (const ListenAddress& address : options_.tcp) {
      open_stream("tcp", address, nullptr, ports_.tcp, diagnostics);
    }
    for (const ListenAddress& address : options_.tls) {
      open_stream("tls", address, tls_ ? tls_->native_handle() : nullptr, ports_.tls, diagnostics);
    }
    return diagnostics.errors() == before;
  }

  // Tells whoever waits. False: they could not be told.
  bool tell_ready(Diagnostics& diagnostics) const {
    const int before = diagnostics.errors();
    const std::string text = ready_text(ports_);
    if (!options_.ready_file.empty()) write_ready_file(options_.ready_file, text, diagnostics);
    if (options_.ready_fd >= 0) write_ready_fd(options_.ready_fd, text, diagnostics);
    return diagnostics.errors() == before;
  }

  // What went wrong while it ran; empty: nothing.
  const std::string& problem() const { return reception_.problem; }

  ListenerResult run() {
    error_code ignored;  // adding a signal fails only for a number that is none
    signals_.add(SIGINT, ignored);
    signals_.add(SIGTERM, ignored);
    wait_for_signal();
    for (const auto& port : udp_) port->start();
    for (const auto& acceptor : acceptors_) acceptor->start();
    tick();
    if (options_.on_ready) options_.on_ready(ports_);
    while (!reception_.stopping) reception_.context.run_one();
    drain();
    return finish();
  }

 private:
  void open_udp(const ListenAddress& address, Diagnostics& diagnostics) {
    auto socket = open_udp_socket(reception_.context, address, diagnostics);
    if (!socket) return;
    ports_.udp.push_back(socket->local_endpoint().port());
    udp_.push_back(std::make_unique<UdpPort>(reception_, std::move(*socket)));
  }

  void open_stream(const std::string& kind, const ListenAddress& address, SSL_CTX* tls,
                   std::vector<std::uint16_t>& ports, Diagnostics& diagnostics) {
    auto socket = open_acceptor(reception_.context, kind, address, options_.fault, diagnostics);
    if (!socket) return;
    ports.push_back(socket->local_endpoint().port());
    acceptors_.push_back(
        std::make_unique<Acceptor>(reception_, sessions_, std::move(*socket), tls));
  }

  void wait_for_signal() {
    signals_.async_wait([this](const error_code& error, int signal) {
      if (error) return;
      if (reception_.stopping) hurry_ = true;
      if (signal_ == 0) signal_ = signal;
      reception_.stopping = true;
      wait_for_signal();
    });
  }

  // Deadlines, stop conditions in time, and what is done once in a while.
  void tick() {
    tick_.expires_after(milliseconds{50});
    tick_.async_wait([this](const error_code& error) {
      if (error) return;
      const nanoseconds real = reception_.clock.real();
      const nanoseconds last = reception_.last_message;
      if (options_.stop_after_duration && real >= *options_.stop_after_duration) {
        reception_.stopping = true;
      }
      if (options_.stop_after_idle && last >= nanoseconds{0} &&
          real - last >= *options_.stop_after_idle) {
        reception_.stopping = true;
      }
      reception_.intake.tidy(reception_.clock.now());
      if (received_.is_open()) received_.flush();
      for (const auto& port : udp_) port->drops();
      check_sessions();
      tick();
    });
  }

  void check_sessions() {
    const SteadyTime now = std::chrono::steady_clock::now();
    // A session that is over its time leaves the set, so the set is not walked itself.
    overdue_.assign(sessions_.begin(), sessions_.end());
    for (const std::shared_ptr<Session>& session : overdue_) session->check_deadline(now);
    overdue_.clear();
  }

  // Reads what has arrived: whatever a handler finds ready without waiting.
  void drain() {
    const SteadyTime deadline = std::chrono::steady_clock::now() + kDrainMax;
    const auto in_time = [&] { return !hurry_ && std::chrono::steady_clock::now() < deadline; };
    for (const auto& port : udp_) {
      while (in_time() && port->drain()) reception_.context.poll_one();
    }
    for (int quiet = 0; quiet < 2 && in_time();) {
      quiet = reception_.context.poll_one() == 0 ? quiet + 1 : 0;
    }
  }

  ListenerResult finish() {
    for (const auto& acceptor : acceptors_) acceptor->stop();
    const std::vector<std::shared_ptr<Session>> left(sessions_.begin(), sessions_.end());
    for (const std::shared_ptr<Session>& session : left) session->say_goodbye();
    for (const std::shared_ptr<Session>& session : left) session->close();

    ListenerResult result = reception_.intake.result(reception_.clock.now());
    result.unterminated = reception_.unterminated;
    result.datagrams_not_allowed = reception_.datagrams_not_allowed;
    result.connections_not_allowed = reception_.connections_not_allowed;
    result.first_not_allowed = reception_.first_not_allowed;
    result.connections_refused = reception_.refused;
    result.connections_aborted = reception_.aborted;
    result.framing_errors = reception_.framing_errors;
    result.faults = reception_.faults;
    result.tls_handshakes_failed = reception_.handshakes_failed;
    result.tls_failure = reception_.tls_failure;
    result.tls_clients_known = reception_.clients_known;
    result.signal = signal_;
    result.began = began_;
    for (const auto& port : udp_) {
      result.kernel_drops += port->drops();
      const std::uint64_t bytes = port->buffer_bytes();
      result.udp_buffer_bytes =
          result.udp_buffer_bytes == 0 ? bytes : std::min(result.udp_buffer_bytes, bytes);
    }
    return result;
  }

  const ListenerOptions& options_;
  Reception reception_;
  OutputFile& received_;
  std::unique_ptr<asio::ssl::context> tls_;
  std::vector<std::unique_ptr<UdpPort>> udp_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  Sessions sessions_;
  std::vector<std::shared_ptr<Session>> overdue_;
  asio::signal_set signals_;
  asio::steady_timer tick_;
  ListenerPorts ports_;
  UtcTime began_ =
      std::chrono::time_point_cast<UtcTime::duration>(std::chrono::system_clock::now());
  bool hurry_ = false;
  int signal_ = 0;
};

Place place_of(const std::string& path) { return {path == "-" ? "<stdout>" : path, 0, 0, 1}; }

bool open_output(OutputFile& file, const std::string& path, const std::string& what,
                 Diagnostics& diagnostics) {
  if (path.empty()) return true;
  if (!file.open(path)) {
    diagnostics.error(place_of(path),
                      fmt::format("{} cannot be written: {}", what, std::strerror(file.error())));
    return false;
  }
  if (file.replaced()) {
    diagnostics.warning(place_of(path), fmt::format("{}: the file existed and is replaced", what));
  }
  return true;
}

void close_output(OutputFile& file, const std::string& what, Diagnostics& diagnostics) {
  if (file.close()) return;
  diagnostics.error(place_of(file.path()),
                    fmt::format("{} are incomplete: {} ({} bytes were not written)", what,
                                std::strerror(file.error()), file.bytes_lost()),
                    "nothing can be proved with this file");
}

}  // namespace

std::optional<ListenerResult> listen(const std::vector<Profile>& profiles,
                                     const ListenerOptions& options,
                                     const std::function<void(const Mapping&)>& on_mapping,
                                     Diagnostics& diagnostics) {
  assert(options.message_bytes_max > 0);
  if (options.mapping_timeout <= nanoseconds{0}) {
    diagnostics.error({}, "the mapping timeout is 0: no mapping would ever be seen",
                      "leave it out for 45m, or give at least 1s");
    return std::nullopt;
  }
  OutputFile received;
  OutputFile mappings;
  OutputFile counters;
  // A file of an earlier run would say that this one listens already.
  const bool files =
      (options.ready_file.empty() || remove_ready_file(options.ready_file, diagnostics)) &&
      open_output(received, options.received_file, "the received messages", diagnostics) &&
      open_output(mappings, options.mappings_file, "the mappings", diagnostics) &&
      open_output(counters, options.counters_file, "the counters", diagnostics);
  Listener listener(profiles, options, received, on_mapping);
  const bool sockets = listener.open(diagnostics);
  if (!sockets || !files || !listener.tell_ready(diagnostics)) return std::nullopt;
  ListenerResult result = listener.run();
  if (!listener.problem().empty()) diagnostics.error({}, listener.problem());
  close_output(received, "the received messages", diagnostics);
  if (mappings.is_open()) mappings.write(mappings_text(options.mappings_form, result));
  close_output(mappings, "the mappings", diagnostics);
  if (counters.is_open()) {
    counters.write(options.counters_as_json ? counters_json(result)
                                            : counters_console(options, result));
  }
  close_output(counters, "the counters", diagnostics);
  return result;
}

}  // namespace esm
