#include "sender/transport/target.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "sender/base/edit_distance.h"

namespace esm {
namespace {

constexpr std::string_view kForms =
    "write udp://host:514, tcp://host:514, tls://host:6514, file:PATH, - or null:";
const std::array<std::string, 5> kSchemes{"udp", "tcp", "tls", "file", "null"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// A host name as resolvers take it; '_' is not by the book, but machines have it.
bool is_host_name(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  if (name.back() == '.') name.remove_suffix(1);
  while (true) {
    const std::size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') {
      return false;
    }
    if (!std::all_of(label.begin(), label.end(),
                     [](char c) { return is_alnum(c) || c == '-' || c == '_'; })) {
      return false;
    }
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

// Resolvers take "10.1" for 10.0.0.1 and "0x7f.1" for 127.0.0.1: nobody means that.
bool looks_like_ipv4(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  const std::string_view last = name.substr(dot == std::string_view::npos ? 0 : dot + 1);
  return !last.empty() && is_digit(last.front()) &&
         std::all_of(last.begin(), last.end(), [](char c) {
           return std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == 'x' || c == 'X';
         });
}

std::optional<std::uint32_t> weight_of(std::string_view digits) {
  if (digits.empty() || digits.size() > 4 || !std::all_of(digits.begin(), digits.end(), is_digit)) {
    return std::nullopt;
  }
  std::uint32_t weight = 0;
  for (const char c : digits) weight = weight * 10 + static_cast<std::uint32_t>(c - '0');
  if (weight < 1 || weight > kTargetWeightMax) return std::nullopt;
  return weight;
}

class TargetReader {
 public:
  TargetReader(std::string_view text, std::string_view option, Diagnostics& diagnostics)
      : text_(text), option_(option), diagnostics_(diagnostics) {}

  std::optional<Target> read() {
    if (text_.empty()) return fail(fmt::format("{}: the target is empty", option_), kForms);
    if (text_ == "-") return Target{std::string(text_), FileTarget{"-"}};
    const std::size_t colon = text_.find(':');
    const std::string_view scheme = text_.substr(0, colon);
    const bool slashes = colon != std::string_view::npos && text_.substr(colon).starts_with("://");
    const bool known = std::find(kSchemes.begin(), kSchemes.end(), scheme) != kSchemes.end();
    if (colon == std::string_view::npos || (!known && !slashes)) {
      if (known) return wrong(fmt::format("'{}' is only a kind of target", scheme), kForms);
      const std::string bracketed =
          IpAddress::parse(text_).has_value() && colon != std::string_view::npos
              ? fmt::format("[{}]", text_)
              : std::string(text_);
      return wrong("does not say how to send",
                   did_you_mean(scheme, kSchemes,
                                fmt::format("write udp://{0}, tcp://{0} or tls://{0}", bracketed)));
    }
    const std::string_view rest = text_.substr(colon + 1);
    if (scheme == "null") {
      if (!rest.empty()) return wrong("null: takes nothing behind it", "write null:");
      return Target{std::string(text_), NullTarget{}};
    }
    if (scheme == "file") return file(rest);
    if (!known) {
      return wrong(fmt::format("'{}' is not a kind of target", scheme),
                   did_you_mean(scheme, kSchemes, std::string(kForms)));
    }
    if (!slashes) {
      return wrong("'//' is missing",
                   fmt::format("write {}://{}", scheme,
                               rest.substr(std::min(rest.size(), rest.find_first_not_of('/')))));
    }
    return network(scheme, rest.substr(2));
  }

 private:
  std::optional<Target> fail(std::string problem, std::string_view hint) {
    diagnostics_.error({}, std::move(problem), std::string(hint));
    return std::nullopt;
  }
  std::optional<Target> wrong(std::string_view problem, std::string_view hint) {
    return fail(fmt::format("{}: '{}': {}", option_, text_, problem), hint);
  }

  std::optional<Target> file(std::string_view path) {
    if (path.empty()) {
      return wrong("the file's name is missing", "write file:PATH, or - for standard output");
    }
    if (path.starts_with("//") && !path.starts_with("///")) {
      return wrong("there is no host in front of a file's path",
                   fmt::format("write file:{}", path.substr(2)));
    }
    if (path.find('\0') != std::string_view::npos) {
      return wrong("a file's name has no NUL byte", kForms);
    }
    return Target{std::string(text_), FileTarget{std::string(path)}};
  }

  std::optional<Target> network(std::string_view scheme, std::string_view rest) {
    const std::uint16_t default_port = scheme == "tls" ? 6514 : 514;
    if (rest.ends_with('/')) rest.remove_suffix(1);
    if (rest.find('/') != std::string_view::npos) {
      return wrong("nothing may follow host and port",
                   fmt::format("write {}://{}", scheme, rest.substr(0, rest.find('/'))));
    }
    if (rest.find('@') != std::string_view::npos) {
      return wrong("a target has no user",
                   fmt::format("write {}://{}", scheme, rest.substr(rest.rfind('@') + 1)));
    }
    std::string_view host;
    std::string_view behind;
    if (rest.starts_with('[')) {
      const std::size_t close = rest.find(']');
      if (close == std::string_view::npos) {
        return wrong("']' is missing behind the IPv6 address",
                     fmt::format("write {}://[2001:db8::1]:{}", scheme, default_port));
      }
      host = rest.substr(1, close - 1);
      behind = rest.substr(close + 1);
      const std::optional<IpAddress> address = IpAddress::parse(host);
      if (!address || !address->is_v6()) {
        return wrong(fmt::format("'{}' in brackets is not an IPv6 address", host),
                     host.find('%') != std::string_view::npos
                         ? "addresses with a zone (%eth0) are not supported: use a global or "
                           "unique local one"
                         : fmt::format("write {}://[2001:db8::1]:{}", scheme, default_port));
      }
      if (!behind.empty() && !behind.starts_with(':')) {
        return wrong(fmt::format("'{}' behind the address is not a port", behind),
                     fmt::format("write {}://[{}]:{}", scheme, host, default_port));
      }
    } else {
      if (std::count(rest.begin(), rest.end(), ':') > 1) {
        if (IpAddress::parse(rest)) {
          return wrong("an IPv6 address stands in brackets",
                       fmt::format("write {}://[{}]:{}", scheme, rest, default_port));
        }
        return wrong("there is more than one ':'",
                     fmt::format("write {0}://host:{1}, or {0}://[2001:db8::1]:{1} for IPv6",
                                 scheme, default_port));
      }
      const std::size_t colon = rest.find(':');
      host = rest.substr(0, colon);
      if (colon != std::string_view::npos) behind = rest.substr(colon);
      if (host.empty()) {
        return wrong("the host is missing",
                     fmt::format("write {}://192.0.2.10:{}", scheme, default_port));
      }
      if (!IpAddress::parse(host)) {
        if (looks_like_ipv4(host)) {
          return wrong(fmt::format("'{}' is not an IPv4 address", host),
                       "four numbers from 0 to 255, without leading zeros: 192.0.2.10");
        }
        if (!is_host_name(host)) {
          return wrong(fmt::format("'{}' is not a host name", host),
                       host.find(',') != std::string_view::npos
                           ? "behind a comma only its share can stand: ,weight=3"
                           : "letters, digits, '-' and '_', parts separated by '.'");
        }
      }
    }
    std::uint16_t port = default_port;
    if (!behind.empty()) {
      const std::optional<std::uint16_t> number = port_of(behind.substr(1));
      if (!number) {
        return wrong(fmt::format("'{}' is not a port", behind.substr(1)),
                     fmt::format("a number from 1 to 65535; without it {}", default_port));
      }
      port = *number;
    }
    Target target{std::string(text_), NullTarget{}};
    if (scheme == "udp") target.kind = UdpTarget{std::string(host), port};
    if (scheme == "tcp") target.kind = TcpTarget{std::string(host), port};
    if (scheme == "tls") target.kind = TlsTarget{std::string(host), port};
    return target;
  }

  static std::optional<std::uint16_t> port_of(std::string_view digits) {
    if (digits.empty() || digits.size() > 5) return std::nullopt;
    unsigned value = 0;
    for (const char c : digits) {
      if (!is_digit(c)) return std::nullopt;
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    if (value < 1 || value > 65'535) return std::nullopt;
    return static_cast<std::uint16_t>(value);
  }

  std::string_view text_;
  std::string_view option_;
  Diagnostics& diagnostics_;
};

}  // namespace

bool Target::is_stream() const {
  return std::holds_alternative<TcpTarget>(kind) || std::holds_alternative<TlsTarget>(kind);
}

std::optional<Target> parse_target(std::string_view text, std::string_view option,
                                   Diagnostics& diagnostics) {
  constexpr std::string_view kWeight = ",weight=";
  const std::size_t comma = text.rfind(kWeight);
  if (comma == std::string_view::npos) return TargetReader(text, option, diagnostics).read();
  const std::optional<std::uint32_t> weight = weight_of(text.substr(comma + kWeight.size()));
  if (!weight) {
    diagnostics.error({},
                      fmt::format("{}: '{}': '{}' is not a weight", option, text,
                                  text.substr(comma + kWeight.size())),
                      "a whole number from 1 to 1000: of 3 and 1 the first gets three quarters");
    return std::nullopt;
  }
  std::optional<Target> target = TargetReader(text.substr(0, comma), option, diagnostics).read();
  if (target) target->weight = weight;
  return target;
}

std::optional<std::uint8_t> dscp_named(std::string_view name) {
  const auto digit = [&](std::size_t at, char least, char most) -> std::optional<int> {
    if (name[at] < least || name[at] > most) return std::nullopt;
    return name[at] - '0';
  };
  const bool numeric =
      !name.empty() && name.size() <= 2 && std::all_of(name.begin(), name.end(), is_digit);
  int value = 64;
  if (numeric) {
    value = 0;
    for (const char c : name) value = value * 10 + (c - '0');
  } else if (name == "ef") {
    value = 46;
  } else if (name.size() == 4 && name.starts_with("af")) {
    const auto of_class = digit(2, '1', '4');
    const auto drop = digit(3, '1', '3');
    if (of_class && drop) value = 8 * *of_class + 2 * *drop;
  } else if (name.size() == 3 && name.starts_with("cs")) {
    if (const auto of_class = digit(2, '0', '7')) value = 8 * *of_class;
  }
  if (value > 63) return std::nullopt;
  return static_cast<std::uint8_t>(value);
}

}  // namespace esm
