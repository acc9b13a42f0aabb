#include "sender/scenario/fault.h"

#include <array>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/scenario/share.h"

namespace esm {
namespace {

struct KindTraits {
  std::string_view name;
  FaultVerdict verdict;
};
// True of the reference article's message, read by its own profile. kOverLong's depends on the
// receiver.
constexpr std::array<KindTraits, kFaultKinds> kKinds{{
    {"truncated", FaultVerdict::kFail},
    {"over-long", FaultVerdict::kMap},
    {"no-pri", FaultVerdict::kMap},
    {"wrong-pri", FaultVerdict::kMap},
    {"missing-key", FaultVerdict::kFail},
    {"empty-user", FaultVerdict::kIgnore},
    {"two-users", FaultVerdict::kMap},
    {"wrong-delimiter", FaultVerdict::kMap},
    {"embedded-lf", FaultVerdict::kFail},
    {"embedded-nul", FaultVerdict::kFail},
    {"invalid-utf8", FaultVerdict::kMap},
    {"bom", FaultVerdict::kMap},
    {"duplicate", FaultVerdict::kMap},
    {"several", FaultVerdict::kMap},
    {"time-skew", FaultVerdict::kMap},
}};

}  // namespace

std::string_view name_of(FaultKind kind) { return kKinds[static_cast<std::size_t>(kind)].name; }

std::string_view name_of(FaultVerdict verdict) {
  constexpr std::string_view kNames[] = {"map", "ignore", "fail"};
  return kNames[static_cast<std::size_t>(verdict)];
}

std::string to_text(const Fault& fault) {
  const std::string_view name = name_of(fault.kind);
  switch (fault.kind) {
    case FaultKind::kOverLong:
      return fmt::format("{} {}", name, fault.bytes);
    case FaultKind::kSeveral:
      return fmt::format("{} {}", name, fault.times);
    case FaultKind::kTimeSkew:
      return fmt::format("{} {}{}", name, fault.skew.count() < 0 ? "-" : "+",
                         format_duration(fault.skew.count() < 0 ? -fault.skew : fault.skew));
    default:
      return std::string(name);
  }
}

FaultVerdict verdict_of(const Fault& fault, std::size_t message_bytes_max) {
  if (fault.verdict) return *fault.verdict;
  if (fault.kind == FaultKind::kOverLong && fault.bytes > message_bytes_max) {
    return FaultVerdict::kFail;
  }
  return kKinds[static_cast<std::size_t>(fault.kind)].verdict;
}

GroupFaults::GroupFaults(const std::vector<Fault>& faults, std::uint32_t group,
                         std::uint64_t group_hash, std::uint64_t seed)
    : key_(draw_key(seed, Purpose::kFault)), group_hash_(group_hash) {
  std::uint32_t until = 0;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    if (faults[i].endpoints != group || faults[i].share_ppm == 0) continue;
    until += faults[i].share_ppm;
    shares_.push_back({until, static_cast<std::uint8_t>(i + 1)});
  }
}

std::uint8_t GroupFaults::of(std::uint32_t index, std::uint32_t ordinal) const {
  const std::uint64_t part = scale(draw(key_, {group_hash_, index}, ordinal), kWholePpm);
  for (const Share& share : shares_) {
    if (part < share.until_ppm) return share.number;
  }
  return 0;
}

}  // namespace esm
