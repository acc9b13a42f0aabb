#include "sender/cli/listen_options.h"

#include <algorithm>
#include <array>
#include <climits>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "sender/cli/input_file.h"
#include "sender/cli/inputs.h"
#include "sender/cli/receiver_preset.h"

namespace esm {
namespace {

// What has a name on the command line.
template <typename Value, std::size_t N>
using Names = std::array<std::pair<std::string_view, Value>, N>;

constexpr Names<ListenerFault::Kind, 5> kFaults{{{"close", ListenerFault::Kind::kClose},
                                                 {"reset", ListenerFault::Kind::kReset},
                                                 {"stall", ListenerFault::Kind::kStall},
                                                 {"slow", ListenerFault::Kind::kSlow},
                                                 {"refuse", ListenerFault::Kind::kRefuse}}};
constexpr Names<StreamFraming, 5> kFramings{{{"auto", StreamFraming::kAuto},
                                             {"lf", StreamFraming::kLf},
                                             {"crlf", StreamFraming::kCrlf},
                                             {"nul", StreamFraming::kNul},
                                             {"octet", StreamFraming::kOctet}}};
constexpr Names<TableForm, 4> kForms{{{"panos", TableForm::kConsole},
                                      {"panos-xml", TableForm::kXml},
                                      {"json", TableForm::kJson},
                                      {"csv", TableForm::kCsv}}};

template <typename Value, std::size_t N>
std::vector<std::string> names_of(const Names<Value, N>& names) {
  std::vector<std::string> out;
  for (const auto& [name, value] : names) out.emplace_back(name);
  return out;
}

// `name` is one of them, or empty: then `otherwise`.
template <typename Value, std::size_t N>
Value value_of(const Names<Value, N>& names, std::string_view name, Value otherwise) {
  for (const auto& [known, value] : names) {
    if (known == name) return value;
  }
  return otherwise;
}

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

std::optional<IpNetwork> parse_sender_option(const std::string& option, const std::string& text,
                                             const std::string& address, Diagnostics& diagnostics) {
  const std::optional<IpNetwork> sender = parse_sender(address);
  if (!sender) {
    diagnostics.error({}, fmt::format("{}: '{}' names no sender", option, text),
                      "a sender's address or network: 10.0.1.20, 10.0.1.0/24, 2001:db8::/64");
  }
  return sender;
}

// A size that is not 0.
CommandLine::Setter size_up_to(const std::string& name, std::uint64_t max, const char* range,
                               const std::function<void(std::uint64_t)>& set) {
  return [=](const std::string& text, Diagnostics& diagnostics) {
    const Parsed<std::uint64_t> parsed = parse_size(text);
    if (!parsed || *parsed == 0 || *parsed > max) {
      diagnostics.error({}, fmt::format("--{}: '{}' is out of range", name, text), range);
    } else {
      set(*parsed);
    }
  };
}

bool ends_with_type(const std::string& path, std::string_view type) {
  return path.size() > type.size() && path.ends_with(type);
}

}  // namespace

void ListenVerbOptions::declare(CommandLine& line) {
  declare_where(line);
  declare_senders(line);
  declare_reading(line);
  line.group("When to stop");
  line.number("stop-after-count", "N", "after so many messages", 1, UINT64_MAX,
              [&](std::uint64_t n) { listener.stop_after_count = n; });
  line.value("stop-after-idle", "DURATION", "when nothing came for so long after the first message",
             parse_positive_duration, listener.stop_after_idle);
  line.value("stop-after", "DURATION", "in any case", parse_duration, listener.stop_after_duration);
  declare_outputs(line);
  declare_fault(line);
}

void ListenVerbOptions::declare_where(CommandLine& line) {
  const auto declare_address = [&](const std::string& name, std::vector<ListenAddress>& list) {
    line.option_list(name, "ADDRESS:PORT", fmt::format("listen on {}; may be repeated", name),
                     [name, &list](const std::string& text, Diagnostics& diagnostics) {
                       if (auto address = parse_listen_address(text, "--" + name, diagnostics)) {
                         list.push_back(*address);
                       }
                     });
  };
  line.group("Where");
  declare_address("udp", listener.udp);
  declare_address("tcp", listener.tcp);
  declare_address("tls", listener.tls);
  line.text("tls-cert", "FILE", "the receiver's certificate, PEM", listener.tls_cert_file);
  line.text("tls-key", "FILE", "its private key, PEM", listener.tls_key_file);
  line.text("tls-client-ca", "FILE", "demand client certificates that this CA signed",
            listener.tls_client_ca_file);
  line.choice("tls-client-cert",
              "ask: hear those without one, too; who shows a wrong one is refused (default "
              "require)",
              {"ask", "require"}, client_certificates_);
  line.number("sessions", "N",
              "connections at once; more are accepted and closed at once (default 1000)", 1,
              1'000'000,
              [&](std::uint64_t n) { listener.sessions_max = static_cast<std::uint32_t>(n); });
}

void ListenVerbOptions::declare_senders(CommandLine& line) {
  line.group("From whom");
  line.option_list(
      "allow-sender", "ADDRESS",
      "hear only this source address or network, and those of --sender-profile; may be repeated",
      [&](const std::string& text, Diagnostics& diagnostics) {
        if (auto sender = parse_sender_option("--allow-sender", text, text, diagnostics)) {
          listener.senders.rules.push_back({*sender, {}});
          listener.senders.exclusive = true;
        }
      });
  line.option_list(
      "sender-profile", "ADDRESS=NAME|FILE",
      "what this source address or network sends is read with this parse profile instead; again "
      "for those tried after it",
      [&](const std::string& text, Diagnostics& diagnostics) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || equals + 1 == text.size()) {
          diagnostics.error({}, fmt::format("--sender-profile: '{}' names no profile", text),
                            "for instance --sender-profile 10.0.1.20=traps-kb");
          return;
        }
        if (auto sender = parse_sender_option("--sender-profile", text, text.substr(0, equals),
                                              diagnostics)) {
          own_profiles_.push_back({*sender, text.substr(equals + 1)});
        }
      });
}

void ListenVerbOptions::declare_reading(CommandLine& line) {
  line.group("How to read");
  line.option_list("profile", "NAME|FILE",
                   "parse profile (default traps-kb); again for those tried after it",
                   [&](const std::string& text, Diagnostics&) { profile_names_.push_back(text); });
  line.choice("for",
              "as this firewall version: lines of at most 2,048 bytes (up to 9.1) or 8,000 (from "
              "10.0)",
              {"panos-9", "panos-10"}, receiver_);
  line.choice("framing",
              "how streams are cut (default auto: each frame by its first byte; lf takes CRLF, "
              "octet takes octet-lf)",
              names_of(kFramings), framing_);
  line.option("max-message", "BYTES", "longer messages are counted and ignored (default 8000)",
              size_up_to("max-message", 1U << 20, "from 1 to 1MiB", [&](std::uint64_t n) {
                message_bytes_max_ = static_cast<std::size_t>(n);
              }));
  line.value("timeout", "DURATION", "mapping timeout (default 45m)", parse_mapping_timeout,
             listener.mapping_timeout);
  line.value("max-timeout", "DURATION",
             "a mapping also ends so long after its user's first login, however often they log in",
             parse_mapping_timeout, listener.mapping_timeout_max);
  line.value("clock-speed", "X", "its clock runs so many times faster than real time", parse_speed,
             listener.clock_speed);
}

void ListenVerbOptions::declare_outputs(CommandLine& line) {
  line.group("What to write");
  line.flag("follow", "show mappings as they are made", listener.follow);
  line.text("ready-file", "FILE", "written when all sockets listen: JSON with the real ports",
            listener.ready_file);
  line.number("ready-fd", "N", "the same line to this open descriptor, which is then closed", 1,
              INT_MAX, [&](std::uint64_t n) { listener.ready_fd = static_cast<int>(n); });
  line.text("received-out", "FILE", "every message as received, one a line",
            listener.received_file);
  line.text("mappings-out", "FILE", "the mapping table at the end", listener.mappings_file);
  line.choice("mappings-format",
              "its form (default by the file's name: .xml, .json, .csv; else the firewall's "
              "console)",
              names_of(kForms), mappings_format_);
  line.text("counters-out", "FILE",
            "the counters at the end: .json all of them, else as the firewall's console",
            listener.counters_file);
  line.flag("quiet", "no table and counters at the end", quiet);
}

void ListenVerbOptions::declare_fault(CommandLine& line) {
  line.group("What to do wrong, to test senders");
  line.choice("fault",
              "close a connection, reset it, stall (read no more), read slowly, or refuse "
              "connections; stall and slow on UDP, too",
              names_of(kFaults), fault_);
  line.number("fault-after", "N", "when a connection has given N messages (default 0)", 0,
              UINT64_MAX, [&](std::uint64_t n) { fault_after_ = n; });
  line.option("fault-rate", "BYTES", "slow: so many bytes a second",
              size_up_to("fault-rate", 1U << 30, "from 1 to 1GiB",
                         [&](std::uint64_t n) { fault_rate_ = n; }));
  line.value("fault-for", "DURATION", "stall, slow, refuse: for so long, then behave",
             parse_positive_duration, fault_for_);
  line.number("fault-connections", "N", "only the first N connections (default all)", 1, UINT64_MAX,
              [&](std::uint64_t n) { fault_connections_ = n; });
}

void ListenVerbOptions::settle(Diagnostics& diagnostics) {
  if (listener.udp.empty() && !has_streams()) {
    diagnostics.error({}, "listen: --udp, --tcp or --tls is needed",
                      "for instance --udp 127.0.0.1:5514");
  }
  settle_tls(diagnostics);
  settle_reading(diagnostics);
  settle_fault(diagnostics);
  settle_outputs(diagnostics);
  settle_profiles(diagnostics);
}

void ListenVerbOptions::settle_tls(Diagnostics& diagnostics) {
  const bool has_pair = !listener.tls_cert_file.empty() && !listener.tls_key_file.empty();
  const bool has_any = !(listener.tls_cert_file.empty() && listener.tls_key_file.empty() &&
                         listener.tls_client_ca_file.empty() && client_certificates_.empty());
  if (!listener.tls.empty() && !has_pair) {
    diagnostics.error(
        {}, "--tls needs --tls-cert and --tls-key",
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 30 "
        "-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1");
  }
  if (listener.tls.empty() && has_any) {
    diagnostics.error({}, "a --tls-… option is given, but --tls is not",
                      "write --tls 127.0.0.1:6514, or leave the option out");
  } else if (!client_certificates_.empty() && listener.tls_client_ca_file.empty()) {
    diagnostics.error({}, "--tls-client-cert needs --tls-client-ca",
                      "the CA that signed the senders' certificates: --tls-client-ca ca.pem");
  }
  listener.tls_client_may_be_unknown = client_certificates_ == "ask";
}

void ListenVerbOptions::settle_reading(Diagnostics& diagnostics) {
  if (const ReceiverPreset* const preset = receiver_preset(receiver_)) {
    listener.message_bytes_max = preset->message_bytes_max;
    listener.framing = StreamFraming::kLf;
  }
  listener.message_bytes_max = message_bytes_max_.value_or(listener.message_bytes_max);
  listener.framing = value_of(kFramings, framing_, listener.framing);
  if (!framing_.empty() && !has_streams()) {
    diagnostics.error({}, "--framing is of streams, and neither --tcp nor --tls is given",
                      "over UDP a datagram is a frame: leave it out");
  }
}

void ListenVerbOptions::settle_profiles(Diagnostics& diagnostics) {
  if (profile_names_.empty()) profile_names_ = {"traps-kb"};
  std::vector<std::string_view> names(profile_names_.begin(), profile_names_.end());
  for (const OwnProfile& own : own_profiles_) names.push_back(own.profile);
  check_standard_input({names.begin(), names.end()}, diagnostics);
  profiles = load_profiles(profile_names_, diagnostics);
  // All of one sender are one rule, in their order.
  std::vector<bool> done(own_profiles_.size());
  for (std::size_t i = 0; i < own_profiles_.size(); ++i) {
    if (done[i]) continue;
    std::vector<std::string> of_this;
    for (std::size_t j = i; j < own_profiles_.size(); ++j) {
      if (own_profiles_[j].sender.to_string() != own_profiles_[i].sender.to_string()) continue;
      of_this.push_back(own_profiles_[j].profile);
      done[j] = true;
    }
    listener.senders.rules.push_back(
        {own_profiles_[i].sender, load_profiles(of_this, diagnostics)});
  }
}

void ListenVerbOptions::settle_fault(Diagnostics& diagnostics) {
  using Kind = ListenerFault::Kind;
  ListenerFault& fault = listener.fault;
  fault.kind = value_of(kFaults, fault_, Kind::kNone);
  const bool any = fault_after_ || fault_rate_ || fault_for_ || fault_connections_;
  if (fault.kind == Kind::kNone) {
    if (any) {
      diagnostics.error({}, "a --fault-… option is given, but --fault is not",
                        "for instance --fault close --fault-after 1000");
    }
    return;
  }
  const bool ends_it = fault.kind == Kind::kClose || fault.kind == Kind::kReset;
  if ((ends_it || fault.kind == Kind::kRefuse) && !has_streams()) {
    diagnostics.error({},
                      fmt::format("--fault {} is of connections, and neither --tcp nor --tls is "
                                  "given",
                                  fault_),
                      "over UDP there are stall and slow");
  }
  const auto not_of = [&](bool given, std::string_view option) {
    if (!given) return;
    diagnostics.error({}, fmt::format("{} does not go with --fault {}", option, fault_),
                      "leave it out");
  };
  not_of(fault_rate_ && fault.kind != Kind::kSlow, "--fault-rate");
  not_of(fault_for_ && ends_it, "--fault-for");
  not_of(fault_after_ && fault.kind == Kind::kRefuse, "--fault-after");
  not_of(fault_connections_ && fault.kind == Kind::kRefuse, "--fault-connections");
  if (fault.kind == Kind::kSlow && !fault_rate_) {
    diagnostics.error({}, "--fault slow needs --fault-rate", "for instance --fault-rate 64KiB");
  }
  fault.after_messages = fault_after_.value_or(0);
  fault.bytes_per_second = fault_rate_.value_or(1);
  fault.lasting = fault_for_;
  fault.connections_max = fault_connections_.value_or(UINT64_MAX);
}

void ListenVerbOptions::settle_outputs(Diagnostics& diagnostics) {
  TableForm by_name = TableForm::kConsole;
  if (ends_with_type(listener.mappings_file, ".xml")) by_name = TableForm::kXml;
  if (ends_with_type(listener.mappings_file, ".json")) by_name = TableForm::kJson;
  if (ends_with_type(listener.mappings_file, ".csv")) by_name = TableForm::kCsv;
  listener.mappings_form = value_of(kForms, mappings_format_, by_name);
  listener.counters_as_json = ends_with_type(listener.counters_file, ".json");
  if (!mappings_format_.empty() && listener.mappings_file.empty()) {
    diagnostics.error({}, "--mappings-format is given, but --mappings-out is not",
                      "name a file, or - for standard output");
  }
  // Before anything of ours is opened: else it might get this number.
  if (listener.ready_fd >= 0) {
    const int flags = ::fcntl(listener.ready_fd, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
      diagnostics.error(
          {}, fmt::format("--ready-fd: descriptor {} is not open for writing", listener.ready_fd),
          fmt::format("for instance: esm-sender listen … --ready-fd {0} {0}>ready.json",
                      listener.ready_fd));
    }
  }
  const std::array<std::pair<std::string_view, const std::string*>, 4> files{
      {{"--ready-file", &listener.ready_file},
       {"--received-out", &listener.received_file},
       {"--mappings-out", &listener.mappings_file},
       {"--counters-out", &listener.counters_file}}};
  for (std::size_t i = 0; i < files.size(); ++i) {
    for (std::size_t j = i + 1; j < files.size(); ++j) {
      if (files[i].second->empty() || *files[i].second != *files[j].second) continue;
      if (files[i].second->starts_with("/dev/")) continue;
      diagnostics.error({},
                        fmt::format("{} and {} are the same: {}", files[i].first, files[j].first,
                                    *files[i].second),
                        "they would mix: give each a name of its own");
    }
  }
}

}  // namespace esm
