#include "sender/cli/guard.h"

#include <algorithm>
#include <array>
#include <span>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include "sender/base/socket_address.h"
#include "sender/scenario/schedule.h"
#include "sender/transport/address_class.h"
#include "sender/transport/network_problem.h"

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
    if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
    out.push_back(ip_address_of(*one->ai_addr));
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

// Whether more messages for a target than the limit may leave within some second of real time,
// wherever that second begins. In a closed loop there is nothing that spreads them. Looks no
// further than the first such second. `weighted`: the target gets only its share; else it may get
// all.
bool exceeds_limit(const Inputs& inputs, const std::optional<Speed>& speed,
                   const std::optional<WeightedTargets>& weighted, std::uint32_t target) {
  // A second of real time is so much of the scenario.
  __extension__ using Wide = __int128;
  const SimTime window =
      speed ? SimTime{static_cast<std::int64_t>(std::clamp<Wide>(
                  Wide{1'000'000'000} * speed->numerator / speed->denominator, 1, kNever.count()))}
            : kNever;
  Schedule schedule(*inputs.plan, inputs.shard);
  std::array<Event, 1024> events;
  std::array<SimTime, kPrivateRateMax> latest{};  // due times; the oldest is where the next goes
  std::uint64_t count = 0;
  while (const std::size_t got = schedule.next(events)) {
    for (const Event& event : std::span(events).first(got)) {
      if (weighted && weighted->of(event.endpoint) != target) continue;
      SimTime& oldest = latest[count % latest.size()];
      if (count >= latest.size() && event.due - oldest < window) return true;
      oldest = event.due;
      ++count;
    }
  }
  return false;
}

}  // namespace

void guard_addresses(const PlayOptions& play, Diagnostics& diagnostics) {
  for (const Target& target : play.targets) {
    const std::string host = host_of(target);
    if (host.empty()) continue;
    const std::vector<IpAddress> addresses = addresses_of(host);
    const bool allowed =
        std::any_of(addresses.begin(), addresses.end(), [&](const IpAddress& address) {
          return may_send_to(address, host, play.transport.allow_public);
        });
    if (addresses.empty() || allowed) continue;
    const Problem problem = forbidden_problem(host, addresses.front());
    diagnostics.error({}, fmt::format("{}: {}", target.text, problem.what), problem.hint);
  }
}

void guard_rate(const Inputs& inputs, PlayOptions& play, Diagnostics& diagnostics) {
  if (play.transport.allow_rate) return;
  const std::optional<WeightedTargets> weighted = weighted_targets(play);
  std::optional<bool> exceeds;  // looked at only where it matters
  for (std::uint32_t t = 0; t < play.targets.size(); ++t) {
    const Target& target = play.targets[t];
    const std::string host = host_of(target);
    if (host.empty()) continue;
    const std::vector<IpAddress> addresses = addresses_of(host);
    const bool is_private = std::any_of(
        addresses.begin(), addresses.end(),
        [](const IpAddress& address) { return classify(address) == AddressClass::kPrivate; });
    const bool may_become_private = !IpAddress::parse(host).has_value();
    if (!is_private && !may_become_private) continue;
    if (!exceeds || weighted) exceeds = exceeds_limit(inputs, play.speed, weighted, t);
    if (!*exceeds) continue;
    play.transport.allow_private = false;
    if (!is_private) continue;
    diagnostics.error(
        {},
        fmt::format("{}: more than {} messages a second are planned for a private address",
                    target.text, format_thousands(kPrivateRateMax)),
        "if its network is yours to load: --allow-rate");
    return;
  }
}

}  // namespace esm
