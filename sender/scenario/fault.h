// Deliberate faults: what a scenario wants broken in messages after they are made, and what a
// correct receiver makes of that. scenarios/README.md documents each kind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/base/random.h"
#include "sender/base/time.h"

namespace esm {

enum class FaultKind : std::uint8_t {
  kTruncated,       // only its first bytes, at most half of them
  kOverLong,        // padded to `bytes`
  kNoPri,           // without "<134>"
  kWrongPri,        // with one that cannot be
  kMissingKey,      // without the address and its key
  kEmptyUser,       // with nobody as its user
  kTwoUsers,        // another user behind the right one
  kWrongDelimiter,  // ';' between its fields
  kEmbeddedLf,      // a line end behind the user
  kEmbeddedNul,     // the same with NUL
  kInvalidUtf8,     // a sequence at its end that is none
  kBom,             // a byte order mark in front
  kDuplicate,       // the message again, as one of its own
  kSeveral,         // itself `times` times, as lines of one datagram or frame
  kTimeSkew,        // its clock is wrong by `skew`
};
inline constexpr std::size_t kFaultKinds = 15;
// "truncated", "over-long", …
std::string_view name_of(FaultKind kind);

// What a correct receiver does with the message.
enum class FaultVerdict : std::uint8_t {
  kMap,     // learns what the undamaged message says
  kIgnore,  // learns nothing, and nothing is wrong
  kFail,    // learns nothing, and counts it as failed
};
std::string_view name_of(FaultVerdict verdict);

struct Fault {
  FaultKind kind = FaultKind::kTruncated;
  std::uint32_t bytes = 0;              // of kOverLong: of the whole message
  std::uint32_t times = 0;              // of kSeveral: 2 to kFaultTimesMax
  SimTime skew{};                       // of kTimeSkew
  std::optional<FaultVerdict> verdict;  // none: verdict_of() tells
  // Of which group's messages how many have it; kNoGroup where steps ask for it.
  std::uint32_t endpoints = 0xFFFFFFFF;
  std::uint32_t share_ppm = 0;
  Place place{};
};
// Different ones in a scenario, those of steps among them; Event::fault counts them from 1.
inline constexpr std::size_t kFaultsMax = 200;
inline constexpr std::uint32_t kFaultTimesMax = 20;

// "truncated", "over-long 2049", "several 3", "time-skew -1h".
std::string to_text(const Fault& fault);

// Declared, or else that of the kind. `message_bytes_max`: the longest message the receiver takes.
FaultVerdict verdict_of(const Fault& fault, std::size_t message_bytes_max);

// Which of a group's messages have which fault: drawn for each, by share.
class GroupFaults {
 public:
  // `faults`: all of the scenario's. `group_hash`: Identity::group of the group's endpoints.
  GroupFaults(const std::vector<Fault>& faults, std::uint32_t group, std::uint64_t group_hash,
              std::uint64_t seed);

  bool empty() const { return shares_.empty(); }
  // That of message `ordinal` of the group's endpoint `index`: Event::fault.
  std::uint8_t of(std::uint32_t index, std::uint32_t ordinal) const;

 private:
  struct Share {
    std::uint32_t until_ppm = 0;  // sum of the shares up to this one
    std::uint8_t number = 0;
  };
  DrawKey key_;
  std::uint64_t group_hash_;
  std::vector<Share> shares_;
};

}  // namespace esm
