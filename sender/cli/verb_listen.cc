// `listen`: the reference receiver.
#include <cstdio>

#include <fmt/format.h>

#include "sender/cli/command_line.h"
#include "sender/cli/exit_status.h"
#include "sender/cli/listen_options.h"
#include "sender/cli/verbs.h"
#include "sender/listener/listener.h"
#include "sender/listener/outcome_text.h"
#include "sender/mapping/panos_text.h"

namespace esm {
namespace {

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
  remark(result.datagrams_not_allowed, "datagrams came from senders that are not allowed");
  remark(result.connections_not_allowed, "connections came from senders that are not allowed");
  if (!result.first_not_allowed.empty()) {
    out += fmt::format("the first of these: {}\n", result.first_not_allowed);
  }
  remark(result.framing_errors, "connections were closed: no octet count where one must be");
  remark(result.faults, "times the fault was shown that was asked for");
  remark(result.connections_aborted, "connections ended without a goodbye");
  remark(result.connections_refused, "connections were refused: too many at once");
  remark(result.tls_handshakes_failed, fmt::format("TLS handshakes failed, the last one: {}",
                                                   escape_for_display(result.tls_failure)));
  return out;
}

}  // namespace

int verb_listen(Words words) {
  ListenVerbOptions options;
  CommandLine line(
      "listen", "--udp ADDRESS:PORT --tcp ADDRESS:PORT --tls ADDRESS:PORT",
      "The reference receiver: reads user and address out of every message with a parse "
      "profile, keeps the\nmapping table and counters a firewall keeps, and shows them at "
      "the end in the firewall's own form.\nEnds on SIGINT or SIGTERM, or as --stop-after "
      "options say.");
  options.declare(line);
  line.example("esm-sender listen --udp 127.0.0.1:5514 --follow", "watch mappings come");
  line.example("esm-sender listen --tcp 127.0.0.1:0 --ready-file ready.json --stop-after-idle 2s",
               "for a CI job: a free port, ends by itself");
  line.example(
      "esm-sender listen --udp :5514 --for panos-9 --allow-sender 10.0.1.20 "
      "--sender-profile 10.0.1.21=traps-kb-field",
      "as a firewall that knows two senders");
  line.example(
      "esm-sender listen --tcp 127.0.0.1:5515 --fault reset --fault-after 1000 "
      "--fault-connections 1",
      "does a sender survive it, and say so?");
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
  options.settle(diagnostics);
  if (diagnostics.has_errors()) return usage_error(diagnostics);

  const auto result = listen(
      options.profiles, options.listener,
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
  if (!options.quiet) {
    Output out;
    out.write(panos_mapping_table(result->mappings, result->ended));
    out.write("\n");
    out.write(counters_console(options.listener, *result));
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
