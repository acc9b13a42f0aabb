#include "sender/cli/options.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace esm {

void TargetOptions::declare(CommandLine& line) {
  line.group("Where to");
  line.option_list(
      "to", "TARGET",
      "udp://host[:514], tcp://host[:514], tls://host[:6514], file:PATH, - (standard "
      "output) or null: ; may be repeated, every message goes to all (but see --targets)",
      [this](const std::string& text, Diagnostics& diagnostics) {
        if (auto target = parse_target(text, "--to", diagnostics)) {
          targets.push_back(std::move(*target));
        }
      });
  line.choice(
      "targets",
      "which of several --to get a message: all; weighted: each endpoint's messages go to "
      "one of them, by its share: --to tls://a,weight=3 --to tls://b; fail-over: each message "
      "goes to the first of them that is up (default all)",
      {"all", "weighted", "fail-over"}, distribution);
  std::string presets;
  for (const std::string& name : receiver_preset_names()) {
    presets += (presets.empty() ? "" : ", ") + name;
  }
  line.option("for", "RECEIVER", "sets framing and size limit for a known receiver: " + presets,
              [this](const std::string& text, Diagnostics& diagnostics) {
                if (receiver_preset(text) == nullptr) {
                  diagnostics.error({}, fmt::format("--for: '{}' is not a known receiver", text),
                                    hint_for_receiver(text));
                }
                preset_name = text;
              });
  line.choice("framing", "how messages are told apart on a stream (default lf)",
              {"lf", "crlf", "nul", "octet", "octet-lf"}, framing);
  line.option("source", "ADDRESS", "local address to send from; receivers know senders by it",
              [this](const std::string& text, Diagnostics& diagnostics) {
                transport.source = IpAddress::parse(text);
                if (!transport.source) {
                  diagnostics.error({}, fmt::format("--source: '{}' is not an address", text),
                                    "write an IPv4 or IPv6 address of this machine");
                }
              });
  line.number("ttl", "N", "IP time to live, or IPv6 hop limit (default: the system's)", 1, 255,
              [this](std::uint64_t n) { transport.ip.hops = static_cast<std::uint8_t>(n); });
  line.option("dscp", "CLASS",
              "class of service in the IP header: 0 to 63, ef, af11 … af43, cs0 … cs7",
              [this](const std::string& text, Diagnostics& diagnostics) {
                transport.ip.dscp = dscp_named(text);
                if (!transport.ip.dscp) {
                  diagnostics.error({}, fmt::format("--dscp: '{}' is not a class of service", text),
                                    "a number from 0 to 63, ef, af11 to af43, or cs0 to cs7");
                }
              });
  line.value("connect-timeout", "DURATION", "until every target is ready (default 10s)",
             parse_positive_duration, transport.connect_timeout);
  line.value("handshake-timeout", "DURATION", "for the TLS handshake (default 10s)",
             parse_positive_duration, transport.handshake_timeout);
  line.value("write-timeout", "DURATION",
             "a receiver that takes nothing for so long is lost (default 30s)",
             parse_positive_duration, transport.write_stall_timeout);
  line.value("close-timeout", "DURATION", "to wait for the receiver's goodbye (default 5s)",
             parse_positive_duration, transport.close_timeout);
  TcpOptions& tcp = transport.tcp;
  line.option("keepalive", "DURATION", "idle time before TCP probes the receiver, in seconds",
              [&tcp](const std::string& text, Diagnostics& diagnostics) {
                const Parsed<std::chrono::nanoseconds> idle = parse_duration(text);
                const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(
                    idle ? *idle : std::chrono::nanoseconds{});
                if (!idle) {
                  diagnostics.error({}, "--keepalive: " + idle.problem, idle.hint);
                } else if (seconds.count() < 1 || seconds.count() > 32'767 || seconds != *idle) {
                  diagnostics.error({}, fmt::format("--keepalive: '{}' is out of range", text),
                                    "whole seconds from 1s to 32767s");
                } else {
                  tcp.keepalive = seconds;
                }
              });
  line.flag("nagle", "let TCP hold small segments back (off: TCP_NODELAY)", tcp.nagle);
  const auto bytes = [&line](const char* name, const char* help, std::uint32_t& out) {
    line.option(
        name, "SIZE", help,
        [name = std::string(name), &out](const std::string& text, Diagnostics& diagnostics) {
          const Parsed<std::uint64_t> size = parse_size(text);
          if (!size || *size < 4'096 || *size > (1U << 30)) {
            diagnostics.error({},
                              size ? fmt::format("--{}: '{}' is out of range", name, text)
                                   : fmt::format("--{}: {}", name, size.problem),
                              size ? "4KiB to 1GiB" : size.hint);
          } else {
            out = static_cast<std::uint32_t>(*size);
          }
        });
  };
  bytes("send-buffer", "TCP's buffer: smaller, and less is uncertain after a loss",
        tcp.send_buffer);
  bytes("unsent-max", "of it, at most so much may wait to be sent (TCP_NOTSENT_LOWAT)",
        tcp.unsent_max);
  line.flag("allow-rate", "more than 1,000 messages/s to a private address", transport.allow_rate);
  line.option_list(
      "allow-public", "HOST", "send to exactly this public address or name",
      [this](const std::string& text, Diagnostics&) { transport.allow_public.push_back(text); });
  line.group("TLS");
  TlsOptions& tls = transport.tls;
  line.text("tls-ca", "FILE", "certificates to trust, PEM (default: the system's)", tls.ca_file);
  line.text("tls-cert", "FILE", "client certificate, PEM", tls.cert_file);
  line.text("tls-key", "FILE", "its private key, PEM", tls.key_file);
  line.text("tls-key-pass-file", "FILE", "file whose first line is the key's passphrase",
            tls.key_pass_file);
  line.text("tls-name", "NAME", "name the receiver's certificate must have (default: the host)",
            tls.name);
  line.choice("tls-min", "lowest version (default 1.2)", {"1.2", "1.3"}, tls.min_version);
  line.text("tls-ciphers", "LIST", "ciphers and suites, OpenSSL names", tls.ciphers);
  line.option_list(
      "tls-fingerprint", "HASH", "sha-256:AA:BB:… of the receiver's certificate, instead of a CA",
      [&tls](const std::string& text, Diagnostics&) { tls.fingerprints.push_back(text); });
  line.text("tls-crl", "FILE", "revoked certificates, PEM", tls.crl_file);
  line.text("tls-keylog", "FILE",
            "writes the connections' keys there, for Wireshark: who reads it reads all messages",
            tls.keylog_file);
  line.flag("tls-insecure", "do not verify the receiver: for experiments only", tls.insecure);
}

Distribution TargetOptions::distribution_chosen() const {
  return distribution_named(distribution).value_or(Distribution::kAll);
}

void TargetOptions::settle(const std::string& scenario_preset, bool report_to_output,
                           Diagnostics& diagnostics) {
  if (targets.empty()) {
    diagnostics.error({}, "--to is missing: where should the messages go?",
                      "for instance --to udp://127.0.0.1:5514, or --to - for standard output");
  }
  const Distribution chosen = distribution_chosen();
  if (chosen != Distribution::kAll && targets.size() == 1) {
    diagnostics.error({}, fmt::format("--targets {}: there is only one target", distribution),
                      "repeat --to, or leave the option out");
  }
  const auto weighty = std::find_if(targets.begin(), targets.end(),
                                    [](const Target& target) { return target.weight.has_value(); });
  if (chosen != Distribution::kWeighted && weighty != targets.end()) {
    diagnostics.error(
        {},
        fmt::format("--to: {} has a weight, but messages are not distributed by it", weighty->text),
        "add --targets weighted, or leave the weight out");
  }
  const auto always_up = std::find_if(targets.begin(), targets.end(), [](const Target& target) {
    return std::holds_alternative<UdpTarget>(target.kind) ||
           std::holds_alternative<NullTarget>(target.kind);
  });
  if (chosen == Distribution::kFailOver && always_up != targets.end() &&
      always_up + 1 != targets.end()) {
    diagnostics.error(
        {},
        fmt::format("--targets fail-over: {} is always up, as far as can be seen: what "
                    "stands behind it would never get anything",
                    always_up->text),
        "let it be the last --to, or use tcp:// or tls://");
  }
  const std::string& name = preset_name.empty() ? scenario_preset : preset_name;
  const ReceiverPreset* preset = name.empty() ? nullptr : receiver_preset(name);
  if (preset != nullptr) {
    transport.framing = preset->framing;
    receiver = preset;
  }
  if (!framing.empty()) transport.framing = framing_named(framing).value_or(Framing::kLf);
  // What a scenario says of its receiver is advice; --for is a demand.
  if (preset != nullptr && !preset->plain_tcp && !preset_name.empty()) {
    for (const Target& target : targets) {
      if (std::holds_alternative<TcpTarget>(target.kind)) {
        diagnostics.error({}, fmt::format("{}: {} takes no plain TCP", target.text, preset->name),
                          "use udp:// (514) or tls:// (6514)");
      }
    }
  }
  const TlsOptions& tls = transport.tls;
  if (tls.cert_file.empty() != tls.key_file.empty()) {
    diagnostics.error({}, "--tls-cert and --tls-key belong together", "give both or neither");
  }
  if (tls.insecure &&
      (!tls.fingerprints.empty() || !tls.ca_file.empty() || !tls.crl_file.empty())) {
    diagnostics.error({}, "--tls-insecure contradicts --tls-ca, --tls-crl and --tls-fingerprint",
                      "leave one of them out");
  }
  const auto outputs = std::count_if(targets.begin(), targets.end(), [](const Target& target) {
    const auto* file = std::get_if<FileTarget>(&target.kind);
    return file != nullptr && file->path == "-";
  });
  if (outputs > 0 && report_to_output) {
    diagnostics.error({}, "--report - and --to - would mix in standard output",
                      "give one of them a file: --report run.json");
  }
  if (outputs > 1) diagnostics.error({}, "--to - is given more than once");
  // Without this a forgotten s (tcp:// for tls://) would go out in the clear, and look protected.
  const bool has_tls = std::any_of(targets.begin(), targets.end(), [](const Target& target) {
    return std::holds_alternative<TlsTarget>(target.kind);
  });
  if (!targets.empty() && !has_tls && tls != TlsOptions{}) {
    diagnostics.error({}, "a --tls-… option is given, but no target is tls://",
                      "write --to tls://host:6514, or leave the option out");
  }
}

void ReportOptions::declare(CommandLine& line) {
  line.group("Report");
  line.option_list("report", "FILE.json", "the books and the whole run record, for `verify --run`",
                   [this](const std::string& text, Diagnostics& diagnostics) {
                     if (text.empty())
                       diagnostics.error({}, "--report: the file's name is missing");
                     if (std::find(files.begin(), files.end(), text) != files.end()) {
                       diagnostics.error({}, fmt::format("--report {} is given twice", text),
                                         "every report needs a name of its own");
                     }
                     files.push_back(text);
                   });
  line.option_list("fail-if", "CONDITION",
                   "exit status 5 when it holds at the end: p99>5ms, dropped>0, loss>0.1%",
                   [this](const std::string& text, Diagnostics& diagnostics) {
                     if (auto threshold = parse_threshold(text, diagnostics)) {
                       thresholds.push_back(std::move(*threshold));
                     }
                   });
  line.choice("progress", "while it runs, on standard error (default auto: a line on a terminal)",
              {"auto", "line", "json", "none"}, progress);
  line.flag("quiet", "no summary, errors only", quiet);
}

bool ReportOptions::to_output() const {
  return std::find(files.begin(), files.end(), "-") != files.end();
}

}  // namespace esm
