#include "sender/message/length_bound.h"

#include <algorithm>

#include "sender/message/drawn_text.h"

namespace esm {
namespace {

using Kind = PartKind;

// Up to so many endpoints the longest address is found by looking at all of them.
constexpr std::uint32_t kAddressesTriedMax = 65'536;

// No address of the group is longer. Exact for fleets of usual size.
std::size_t address_length_max(const Plan& plan, std::uint32_t group) {
  const EndpointGroup& endpoints = plan.scenario().endpoints[group];
  const std::uint32_t first = plan.endpoint_index({group, 0});
  char text[IpAddress::kTextMax];
  std::size_t longest = 0;
  if (endpoints.count <= kAddressesTriedMax && endpoints.lease.count() == 0 &&
      endpoints.away.empty() && endpoints.second_pool.empty()) {
    for (std::uint32_t i = 0; i < endpoints.count; ++i) {
      const auto length =
          static_cast<std::size_t>(plan.address(first + i, 0, SimTime{0}).write(text) - text);
      longest = std::max(longest, length);
    }
    return longest;
  }
  const auto consider = [&](const std::vector<AddressBlock>& pool) {
    for (const AddressBlock& network : pool) {
      longest = std::max<std::size_t>(longest, network.is_v6() ? 39 : 15);
    }
  };
  consider(endpoints.pool);
  for (const Site& site : endpoints.away) consider(site.pool);
  consider(endpoints.second_pool);
  return longest;
}

std::size_t version_length_max(const Scenario& scenario, const TextIndex& index,
                               const std::vector<Part::Text>& texts, std::size_t group,
                               std::size_t esm) {
  const std::size_t base = index.version_bases[group];
  const std::size_t own = scenario.endpoints[group].versions.size();
  if (own == 0) return texts[base + esm].length_max();
  std::size_t longest = 0;
  for (std::size_t i = 0; i < own; ++i) {
    longest = std::max(longest, texts[base + i].length_max());
  }
  return longest;
}

}  // namespace

// The parts that depend on an endpoint's group and ESM are taken together, and so are those that
// depend on the user's group.
std::size_t length_bound(const std::vector<Part>& parts, const Plan& plan, const TextIndex& index) {
  const std::size_t groups = plan.scenario().endpoints.size();
  const std::size_t esms = plan.scenario().esms.size();
  std::size_t fixed = 0;
  std::vector<std::size_t> of_group(groups), of_user(index.users_size()), of_both(groups * esms);
  for (const Part& part : parts) {
    switch (part.kind) {
      case Kind::kLiteral:
        fixed += part.texts.front().length_max();
        break;
      case Kind::kClock:
      case Kind::kFraction:
        for (const TimeFormat::Item& item : part.clock) fixed += TimeFormat::length_max(item);
        break;
      case Kind::kEndpoint:
        for (std::size_t g = 0; g < groups; ++g) {
          of_group[g] += part.texts[g].length_max();
        }
        break;
      case Kind::kUser:
        for (std::size_t u = 0; u < of_user.size(); ++u) {
          of_user[u] += part.texts[u].length_max();
        }
        break;
      case Kind::kEsm:
        for (std::size_t i = 0; i < of_both.size(); ++i) {
          of_both[i] += part.texts[i % esms].length_max();
        }
        break;
      case Kind::kVersion:
        for (std::size_t i = 0; i < of_both.size(); ++i) {
          of_both[i] += version_length_max(plan.scenario(), index, part.texts, i / esms, i % esms);
        }
        break;
      case Kind::kOs:
        for (std::size_t g = 0; g < groups; ++g) {
          const std::size_t end = g + 1 < groups ? index.os_bases[g + 1] : part.texts.size();
          std::size_t longest = 0;
          for (std::size_t i = index.os_bases[g]; i < end; ++i) {
            longest = std::max(longest, part.texts[i].length_max());
          }
          of_group[g] += longest;
        }
        break;
      case Kind::kAddress:
        for (std::uint32_t g = 0; g < groups; ++g) of_group[g] += address_length_max(plan, g);
        break;
      case Kind::kOrdinal:
        fixed += 10;
        break;
      case Kind::kHash:
        fixed += DrawnText::kHashLength;
        break;
      case Kind::kUuid:
        fixed += DrawnText::kUuidLength;
        break;
      case Kind::kIfUser:
      case Kind::kIfOs:
      case Kind::kEndIf:
        break;
    }
  }
  std::size_t longest = 0;
  for (std::size_t i = 0; i < of_both.size(); ++i) {
    longest = std::max(longest, of_group[i / esms] + of_both[i]);
  }
  return fixed + longest + *std::max_element(of_user.begin(), of_user.end());
}

}  // namespace esm
