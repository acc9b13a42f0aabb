// `send`: one heartbeat, and how to see on the firewall that it arrived.
#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include <fmt/format.h>

#include "sender/cli/command_line.h"
#include "sender/cli/exit_status.h"
#include "sender/cli/inputs.h"
#include "sender/cli/options.h"
#include "sender/cli/play.h"
#include "sender/cli/verbs.h"
#include "sender/mapping/profile_set.h"
#include "sender/message/renderer.h"
#include "sender/scenario/schedule.h"

namespace esm {
namespace {

struct Heartbeat {
  std::string user, ip, host = "w10", esm_address = "10.0.1.20";
};

// A YAML scalar that means exactly `text`. (Control characters are refused by the scenario's
// reader.)
std::string yaml_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + '\'';
}

// The scenario that sends this one heartbeat.
std::string scenario_of(const Heartbeat& h, const IpAddress& address) {
  std::string name = h.user;
  std::string domain;
  std::string form = "user";
  if (const std::size_t backslash = name.find('\\'); backslash != std::string::npos) {
    domain = name.substr(0, backslash);
    name = name.substr(backslash + 1);
    form = "DOMAIN\\user";
  } else if (const std::size_t at = name.rfind('@'); at != std::string::npos) {
    domain = name.substr(at + 1);
    name = name.substr(0, at);
    form = "user@domain";
  }
  const std::string domain_key =
      domain.empty() ? "" : fmt::format(", domain: {}", yaml_quoted(domain));
  return fmt::format(
      "about: One heartbeat.\n"
      "length: 1s\n"
      "esm:\n"
      "  - {{ name: esm01, address: {}, version: 4.1.3.33176 }}\n"
      "users:\n"
      "  user: {{ name: {}{}, form: {} }}\n"
      "endpoints:\n"
      "  endpoint: {{ host: {}, pool: {}/{} }}\n"
      "activity:\n"
      "  - {{ logon: user, on: endpoint, at: 0s, curve: at-once }}\n",
      yaml_quoted(h.esm_address), yaml_quoted(name), domain_key, yaml_quoted(form),
      yaml_quoted(h.host), h.ip, address.is_v6() ? 128 : 32);
}

// One user of one name: what the scenario made of it would reject, or read as a pattern, is told in
// the words of the option.
void check_user(const std::string& user, Diagnostics& diagnostics) {
  if (user.empty()) {
    diagnostics.error({}, "--user is missing", "for instance --user jdoe");
    return;
  }
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  if (std::any_of(user.begin(), user.end(), is_control)) {
    diagnostics.error({}, fmt::format("--user: '{}' holds a control character", user),
                      "it would break the message: leave it out");
  }
  if (user.find_first_of("{}") != std::string::npos) {
    diagnostics.error({}, fmt::format("--user: '{}' holds a brace", user),
                      "a name with { } is a pattern of a scenario's group: `run` plays those");
  }
  if (user.front() == '\\' || user.back() == '\\' || user.front() == '@' || user.back() == '@') {
    diagnostics.error({}, fmt::format("--user: '{}' lacks the user or the domain", user),
                      "write jdoe, 'CORP\\jdoe' or jdoe@corp.example");
  }
}

std::string explanation(const std::string& message, const std::vector<Profile>& profiles) {
  const ProfileSet reader(profiles);
  const Reading reading = reader.read(message);
  const std::string& profile = profiles[reading.profile].name;
  std::string out = fmt::format("message    {}\n", escape_for_display(message));
  if (reading.verdict == Reading::Verdict::kMapped) {
    for (const IpAddress& address : reading.addresses()) {
      out += fmt::format("read as    {} -> {}   (profile {})\n", address.to_string(),
                         escape_for_display(reader.table_user(reading)), profile);
    }
  } else {
    out += fmt::format("read as    nothing: {} (profile {})\n", name_of(reading.verdict), profile);
  }
  return out;
}

}  // namespace

int verb_send(Words words) {
  InputOptions input_options;
  TargetOptions target_options;
  ReportOptions report_options;
  Heartbeat heartbeat;
  CommandLine line(
      "send", "--to TARGET --user NAME --ip ADDRESS",
      "Sends one heartbeat, shows it and how the parse profile reads it, and says what to "
      "type on the\nfirewall to see the mapping.");
  line.group("The heartbeat");
  line.text("user", "NAME", "jdoe, 'CORP\\jdoe' or jdoe@corp.example", heartbeat.user);
  line.text("ip", "ADDRESS", "the endpoint's address, IPv4 or IPv6", heartbeat.ip);
  line.text("host", "NAME", "the endpoint's name (default w10)", heartbeat.host);
  line.text("esm-address", "ADDRESS", "the ESM's address in the text (default 10.0.1.20)",
            heartbeat.esm_address);
  target_options.declare(line);
  input_options.declare(line, true, false);
  report_options.declare(line);
  line.example("esm-sender send --to udp://127.0.0.1:5514 --user jdoe --ip 10.0.1.51",
               "to a listener on this machine");
  line.example("esm-sender send --to tls://fw.example --tls-ca ca.pem --user jdoe --ip 10.0.1.51",
               "to a firewall, TLS on port 6514");
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
  const std::optional<IpAddress> address = IpAddress::parse(heartbeat.ip);
  check_user(heartbeat.user, diagnostics);
  if (heartbeat.ip.empty()) {
    diagnostics.error({}, "--ip is missing", "the endpoint's address: --ip 10.0.1.51");
  } else if (!address) {
    diagnostics.error({}, fmt::format("--ip: '{}' is not an address", heartbeat.ip),
                      "for instance 10.0.1.51 or 2001:db8::51");
  }
  target_options.settle({}, report_options.to_output(), diagnostics);
  if (diagnostics.has_errors()) return usage_error(diagnostics);

  if (!input_options.epoch) input_options.epoch = wall_clock_now();
  const auto inputs =
      load_inputs(input_options, SourceText("send", scenario_of(heartbeat, *address)),
                  *input_options.epoch, diagnostics);
  if (!inputs) return usage_error(diagnostics);

  if (!report_options.quiet) {
    Schedule schedule(*inputs->plan);
    std::array<Event, 1> event;
    schedule.next(event);
    Renderer renderer(inputs->templates(), *inputs->plan, inputs->epoch);
    std::fputs(explanation(renderer.render(event[0]), inputs->profiles).c_str(), stderr);
  }
  const int status = play_and_report("send", words, *inputs, target_options, report_options, {});
  if (status == kAllWell && !report_options.quiet) {
    std::fputs(
        "\nOn the firewall, the message shows as one more of the \"log messages\", the mapping as "
        "a row:\n"
        "  > show user server-monitor state all\n"
        "  > show user ip-user-mapping all type SYSLOG\n"
        "\"log messages\" rises but \"auth. success\" does not: the parse profile does not match.\n"
        "Nothing rises: is this machine's address the monitored server's, and the listener "
        "enabled?\n",
        stderr);
  }
  return status;
}

}  // namespace esm
