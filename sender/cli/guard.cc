#include "sender/cli/guard.h"

#include <algorithm>
#include <array>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include "sender/scenario/schedule.h"
#include "sender/transport/address_class.h"

namespace esm {
namespace {

constexpr std::uint64_t kPrivateRateMax = 1000;

std::vector<IpAddress> addresses_of(const std::string& host) {
  if (const auto literal = IpAddress::parse(host)) return {*literal};
  std::vector<IpAddress> out;
  addrinfo* list = nullptr;
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &list) != 0) return out;
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), text.size(), nullptr, 0,
                    NI_NUMERICHOST) != 0) {
      continue;
    }
    if (const auto address = IpAddress::parse(text.data())) out.push_back(*address);
  }
  freeaddrinfo(list);
  return out;
}

std::string host_of(const Target& target) {
  if (const auto* udp = std::get_if<UdpTarget>(&target.kind)) return udp->host;
  if (const auto* tcp = std::get_if<TcpTarget>(&target.kind)) return tcp->host;
  if (const auto* tls = std::get_if<TlsTarget>(&target.kind)) return tls->host;
  return {};
}

// Whether some second of real time has more than the limit; looks no further than the first such
// one.
bool exceeds_limit(const Inputs& inputs, const std::optional<Speed>& speed) {
  if (!speed) return true;
  // A second of real time is so much of the scenario.
  const std::int64_t window =
      std::max<std::int64_t>(1'000'000'000LL * speed->numerator / speed->denominator, 1);
  Schedule schedule(*inputs.plan, inputs.shard);
  std::array<Event, 1024> events;
  std::int64_t second = -1;
  std::uint64_t count = 0;
  while (const std::size_t got = schedule.next(events)) {
    for (std::size_t i = 0; i < got; ++i) {
      const std::int64_t now = events[i].due.count() / window;
      count = now == second ? count + 1 : 1;
      second = now;
      if (count > kPrivateRateMax) return true;
    }
  }
  return false;
}

}  // namespace

void guard_rate(const Inputs& inputs, const PlayOptions& play, Diagnostics& diagnostics) {
  if (play.transport.allow_rate) return;
  for (const Target& target : play.targets) {
    const std::string host = host_of(target);
    if (host.empty()) continue;
    const std::vector<IpAddress> addresses = addresses_of(host);
    const bool is_private = std::any_of(
        addresses.begin(), addresses.end(),
        [](const IpAddress& address) { return classify(address) == AddressClass::kPrivate; });
    if (!is_private || !exceeds_limit(inputs, play.speed)) continue;
    diagnostics.error(
        {},
        fmt::format("{}: more than {} messages a second are planned for a private address",
                    target.text, format_thousands(kPrivateRateMax)),
        "if its network is yours to load: --allow-rate");
    return;
  }
}

}  // namespace esm
