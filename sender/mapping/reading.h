// What a receiver makes of one line with a parse profile.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "sender/base/ip_address.h"

namespace esm {

struct Reading {
  enum class Verdict : std::uint8_t {
    kMapped,      // user and address found
    kIgnored,     // the same, and the user is one whom the profile ignores
    kNoEvent,     // the event is not in it: another kind of message
    kNoUser,      // event found, no user
    kNoAddress,   // event and user found, no address
    kBadAddress,  // what stands for the address is none ("de" out of "desktop-7")
    kGaveUp,      // the match limit was reached
  };
  // As many as a firewall takes from one line.
  static constexpr std::size_t kAddressesMax = 3;

  Verdict verdict = Verdict::kNoEvent;
  std::string_view user;  // into the line
  // What stands where addresses should, into the line; and those of them that are addresses: when
  // there is one, the others are passed over.
  std::array<std::string_view, kAddressesMax> texts;
  std::array<IpAddress, kAddressesMax> parsed;
  std::uint8_t text_count = 0;
  std::uint8_t address_count = 0;

  // Which profile of a set it is by, and whether that is one for logouts.
  std::uint8_t profile = 0;
  bool logout = false;

  // Each is a login, or a logout, of the user. None unless the verdict is kMapped.
  std::span<const IpAddress> addresses() const { return {parsed.data(), address_count}; }
  // What stands for the first address; empty where nothing does.
  std::string_view address_text() const { return texts[0]; }
};

std::string_view name_of(Reading::Verdict verdict);

}  // namespace esm
