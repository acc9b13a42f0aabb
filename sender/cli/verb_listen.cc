// `listen`: the reference receiver.
#include <csignal>
#include <cstdio>
#include <vector>

#include <fmt/format.h>

#include "sender/cli/command_line.h"
#include "sender/cli/exit_status.h"
#include "sender/cli/input_file.h"
#include "sender/cli/inputs.h"
#include "sender/cli/verbs.h"
#include "sender/listener/listener.h"
#include "sender/mapping/panos_text.h"
#include "sender/mapping/server_monitor.h"

namespace esm {
namespace {

// "5514", ":5514", "127.0.0.1:0", "[::1]:0".
std::optional<ListenAddress> parse_listen_address(const std::string& text,
                                                  const std::string& option,
                                                  Diagnostics& diagnostics) {
  ListenAddress address;
  const std::size_t colon = text.rfind(':');
  std::string host = colon == std::string::npos ? "" : text.substr(0, colon);
  const std::string port = colon == std::string::npos ? text : text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const Parsed<std::uint64_t> number = parse_count(port);
  const std::optional<IpAddress> ip = host.empty() ? IpAddress::v4(0) : IpAddress::parse(host);
  if (!number || *number > 65'535 || !ip || ip->is_v6() != bracketed) {
    diagnostics.error(
        {}, fmt::format("{}: '{}' is not an address to listen on", option, text),
        "write ADDRESS:PORT, [IPv6]:PORT, or :PORT for every IPv4 address; port 0 is any "
        "free one");
    return std::nullopt;
  }
  address.host = ip->to_string();
  address.port = static_cast<std::uint16_t>(*number);
  return address;
}

std::string monitor_text(const ListenerOptions& options, const ListenerResult& result) {
  std::vector<MonitorCounters> counters;
  for (const SenderCounters& sender : result.senders) {
    counters.push_back({"ESM", sender.address, sender.messages, sender.mapped,
                        sender.connections_active, sender.connections_total});
  }
  return panos_server_monitor(counters, !options.udp.empty(), !options.tls.empty());
}

// What a person would otherwise have to guess at: each line only where it happened.
std::string remarks(const ListenerResult& result) {
  std::string out;
  const auto remark = [&](std::uint64_t count, std::string_view what) {
    if (count > 0) out += fmt::format("{} {}\n", format_thousands(count), what);
  };
  remark(result.gave_up, "of these without a match because a regex took too many steps");
  remark(result.table_full, "mapped messages found the table full");
  remark(result.unterminated, "connections ended inside a message, which was not counted");
  remark(result.ignored, "messages were of users whom a profile ignores");
  remark(result.connections_aborted, "connections ended without a goodbye");
  remark(result.connections_refused, "connections were refused: too many at once");
  remark(result.tls_handshakes_failed, fmt::format("TLS handshakes failed, the last one: {}",
                                                   escape_for_display(result.tls_failure)));
  return out;
}

}  // namespace

int verb_listen(Words words) {
  ListenerOptions options;
  InputOptions input_options;
  std::vector<std::string> profile_names;
  bool quiet = false;
  CommandLine line(
      "listen", "--udp ADDRESS:PORT --tcp ADDRESS:PORT --tls ADDRESS:PORT",
      "The reference receiver: reads user and address out of every message with a parse "
      "profile, keeps the\nmapping table and counters a firewall keeps, and shows them at "
      "the end in the firewall's own form.\nEnds on SIGINT or SIGTERM, or as --stop-after "
      "options say.");
  const auto declare_address = [&](const std::string& name, std::vector<ListenAddress>& list) {
    line.option_list(name, "ADDRESS:PORT", fmt::format("listen on {}; may be repeated", name),
                     [name, &list](const std::string& text, Diagnostics& diagnostics) {
                       if (auto address = parse_listen_address(text, "--" + name, diagnostics)) {
                         list.push_back(*address);
                       }
                     });
  };
  line.group("Where");
  declare_address("udp", options.udp);
  declare_address("tcp", options.tcp);
  declare_address("tls", options.tls);
  line.text("tls-cert", "FILE", "the receiver's certificate, PEM", options.tls_cert_file);
  line.text("tls-key", "FILE", "its private key, PEM", options.tls_key_file);
  line.text("tls-client-ca", "FILE", "demand client certificates that this CA signed",
            options.tls_client_ca_file);
  line.group("How to read");
  line.option_list("profile", "NAME|FILE",
                   "parse profile (default traps-kb); again for those tried after it",
                   [&](const std::string& text, Diagnostics&) { profile_names.push_back(text); });
  line.value("timeout", "DURATION", "mapping timeout (default 45m)", parse_mapping_timeout,
             options.mapping_timeout);
  line.value("clock-speed", "X", "its clock runs so many times faster than real time", parse_speed,
             options.clock_speed);
  line.option("max-message", "BYTES", "longer messages are counted and ignored (default 8000)",
              [&](const std::string& text, Diagnostics& diagnostics) {
                const Parsed<std::uint64_t> parsed = parse_size(text);
                if (!parsed || *parsed == 0 || *parsed > (1U << 20)) {
                  diagnostics.error({}, fmt::format("--max-message: '{}' is out of range", text),
                                    "from 1 to 1MiB");
                } else {
                  options.message_bytes_max = static_cast<std::size_t>(*parsed);
                }
              });
  line.group("When to stop");
  line.number("stop-after-count", "N", "after so many messages", 1, UINT64_MAX,
              [&](std::uint64_t n) { options.stop_after_count = n; });
  line.value("stop-after-idle", "DURATION", "when nothing came for so long after the first message",
             parse_positive_duration, options.stop_after_idle);
  line.value("stop-after", "DURATION", "in any case", parse_duration, options.stop_after_duration);
  line.group("What to write");
  line.flag("follow", "show mappings as they are made", options.follow);
  line.text("ready-file", "FILE", "written when all sockets listen: JSON with the real ports",
            options.ready_file);
  line.text("received-out", "FILE", "every message as received, one a line", options.received_file);
  line.text("mappings-out", "FILE", "the mapping table at the end", options.mappings_file);
  line.flag("quiet", "no table and counters at the end", quiet);
  line.example("esm-sender listen --udp 127.0.0.1:5514 --follow", "watch mappings come");
  line.example("esm-sender listen --tcp 127.0.0.1:0 --ready-file ready.json --stop-after-idle 2s",
               "for a CI job: a free port, ends by itself");
  Diagnostics diagnostics;
  switch (line.parse(words, diagnostics)) {
    case CommandLine::Result::kHelpShown:
      return kAllWell;
    case CommandLine::Result::kHelpLost:
      return kUnexpected;
    case CommandLine::Result::kWrong:
      return usage_error(diagnostics);
    case CommandLine::Result::kGo:
      break;
  }
  if (options.udp.empty() && options.tcp.empty() && options.tls.empty()) {
    diagnostics.error({}, "listen: --udp, --tcp or --tls is needed",
                      "for instance --udp 127.0.0.1:5514");
  }
  if (!options.tls.empty() && (options.tls_cert_file.empty() || options.tls_key_file.empty())) {
    diagnostics.error(
        {}, "--tls needs --tls-cert and --tls-key",
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 30 "
        "-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1");
  }
  if (options.tls.empty() && !(options.tls_cert_file.empty() && options.tls_key_file.empty() &&
                               options.tls_client_ca_file.empty())) {
    diagnostics.error({}, "a --tls-… option is given, but --tls is not",
                      "write --tls 127.0.0.1:6514, or leave the option out");
  }
  if (profile_names.empty()) profile_names = {"traps-kb"};
  check_standard_input({profile_names.begin(), profile_names.end()}, diagnostics);
  const std::vector<Profile> profiles = load_profiles(profile_names, diagnostics);
  if (diagnostics.has_errors()) return usage_error(diagnostics);

  const auto result = listen(
      profiles, options,
      [](const Mapping& mapping) {
        std::fputs(
            fmt::format("{} -> {}\n", mapping.address.to_string(), escape_for_display(mapping.user))
                .c_str(),
            stdout);
        std::fflush(stdout);
      },
      diagnostics);
  if (!result) return usage_error(diagnostics);
  if (!diagnostics.list().empty()) std::fputs(diagnostics.render().c_str(), stderr);
  if (!quiet) {
    Output out;
    out.write(panos_mapping_table(result->mappings, result->ended));
    out.write("\n");
    out.write(monitor_text(options, *result));
    if (!out.finish()) return kUnexpected;
    std::fputs(
        fmt::format("{} messages, {} mapped, {} matched no profile, {} too long, {} lost in the "
                    "kernel's buffers\n",
                    format_thousands(result->messages), format_thousands(result->mapped),
                    format_thousands(result->no_match), format_thousands(result->too_long),
                    format_thousands(result->kernel_drops))
            .c_str(),
        stderr);
    std::fputs(remarks(*result).c_str(), stderr);
  }
  // Being told to stop is how a listener normally ends.
  return diagnostics.has_errors() ? kUnexpected : kAllWell;
}

}  // namespace esm
