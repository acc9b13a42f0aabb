#include "sender/transport/target.h"

#include <fmt/format.h>

#include "sender/base/edit_distance.h"
#include "sender/base/units.h"

namespace esm {
namespace {

struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};

std::optional<HostPort> parse_host_port(std::string_view rest, std::uint16_t default_port,
                                        std::string_view whole, std::string_view option,
                                        Diagnostics& diagnostics) {
  const auto wrong = [&](std::string problem, std::string hint) {
    diagnostics.error({}, fmt::format("{}: {}", option, problem), std::move(hint));
    return std::nullopt;
  };
  HostPort out;
  std::string_view port;
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    const auto address = close == std::string_view::npos
                             ? std::nullopt
                             : IpAddress::parse(rest.substr(1, close - 1));
    if (!address || !address->is_v6()) {
      return wrong(fmt::format("'{}' has no IPv6 address in its brackets", whole),
                   "for instance udp://[2001:db8::1]:514");
    }
    out.host = address->to_string();
    port = rest.substr(close + 1);
  } else {
    const std::size_t colon = rest.find(':');
    if (colon != std::string_view::npos && rest.find(':', colon + 1) != std::string_view::npos) {
      return wrong(fmt::format("'{}': an IPv6 address stands in brackets", whole),
                   "for instance udp://[2001:db8::1]:514");
    }
    out.host = rest.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon);
  }
  if (out.host.empty()) return wrong(fmt::format("'{}' names no host", whole), "udp://host:514");
  if (out.host.find_first_of("/ @") != std::string::npos) {
    return wrong(fmt::format("'{}' is not a host", out.host), "udp://host:514");
  }
  out.port = default_port;
  if (port.empty()) return out;
  const Parsed<std::uint64_t> number = parse_count(port.substr(1));
  if (port[0] != ':' || !number || *number == 0 || *number > 65'535) {
    return wrong(fmt::format("'{}' has no valid port", whole), "a port is 1 to 65535");
  }
  out.port = static_cast<std::uint16_t>(*number);
  return out;
}

}  // namespace

bool Target::is_stream() const {
  return std::holds_alternative<TcpTarget>(kind) || std::holds_alternative<TlsTarget>(kind);
}

std::optional<Target> parse_target(std::string_view text, std::string_view option,
                                   Diagnostics& diagnostics) {
  Target target;
  target.text = text;
  if (text == "-") {
    target.kind = FileTarget{"-"};
    return target;
  }
  if (text == "null:") {
    target.kind = NullTarget{};
    return target;
  }
  if (text.starts_with("file:")) {
    const std::string path(text.substr(5));
    if (path.empty()) {
      diagnostics.error({}, fmt::format("{}: 'file:' names no file", option), "file:out.log");
      return std::nullopt;
    }
    target.kind = FileTarget{path};
    return target;
  }
  const std::size_t separator = text.find("://");
  const std::string scheme(text.substr(0, separator));
  const std::vector<std::string> schemes{"udp", "tcp", "tls"};
  if (separator == std::string_view::npos ||
      (scheme != "udp" && scheme != "tcp" && scheme != "tls")) {
    diagnostics.error(
        {}, fmt::format("{}: '{}' is not a target", option, text),
        did_you_mean(scheme, schemes,
                     "udp://host:514, tcp://host:514, tls://host:6514, file:PATH, - or null:"));
    return std::nullopt;
  }
  const auto where = parse_host_port(text.substr(separator + 3), scheme == "tls" ? 6514 : 514, text,
                                     option, diagnostics);
  if (!where) return std::nullopt;
  if (scheme == "udp") target.kind = UdpTarget{where->host, where->port};
  if (scheme == "tcp") target.kind = TcpTarget{where->host, where->port};
  if (scheme == "tls") target.kind = TlsTarget{where->host, where->port};
  return target;
}

}  // namespace esm
