// What a receiver holds beside what a person would want: every user who is logged on mapped where
// they sit.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "sender/mapping/profile_set.h"
#include "sender/mapping/seats.h"
#include "sender/mapping/table.h"
#include "sender/message/renderer.h"

namespace esm {

// Of one moment. seats = mapped + misread + unread + stranger + ended + unheard.
struct Coverage {
  std::uint64_t seats = 0;     // endpoints that are awake and have somebody in front
  std::uint64_t mapped = 0;    // where the receiver shows them, at one of the endpoint's addresses
  std::uint64_t misread = 0;   // where it shows what its profile makes of their name
  std::uint64_t unread = 0;    // where it shows nobody, because its profile cannot read their name
  std::uint64_t stranger = 0;  // where it shows somebody else
  std::uint64_t ended = 0;     // where it shows nobody any more
  std::uint64_t unheard = 0;   // where it has shown nobody yet, or not for long
  // Beside them:
  std::uint64_t behind = 0;  // users who are logged on behind somebody: an address holds one
  std::uint64_t gone = 0;    // mappings of addresses at which nobody is
};

// An address at which a receiver holds not what a person would want.
struct NotIdeal {
  enum class Why : std::uint8_t { kMisread, kUnread, kStranger, kEnded, kUnheard, kGone } why{};
  IpAddress address;
  const Seat* seat = nullptr;  // whose it is; of kGone: null
  std::string held;            // whom it shows; empty: nobody
  SimTime end{};               // of kEnded: when it ended; of kGone: when it will
};
std::string_view name_of(NotIdeal::Why why);

class IdealComparison {
 public:
  // All references must outlive it; `epoch` is what messages call simulated time 0.
  IdealComparison(const Plan& plan, const Templates& templates, const ProfileSet& profiles,
                  UtcTime epoch)
      : plan_(plan), profiles_(profiles), renderer_(templates, plan, epoch) {}

  // `seats` and `table` as of `at`; `different` may be empty.
  Coverage compare(const Seats& seats, const MappingTable& table, SimTime at,
                   const std::function<void(const NotIdeal&)>& different);

  // As DOMAIN\name or name, whatever messages make of it.
  std::string name_of_user(std::uint32_t user) const;

 private:
  bool shows(const Seat& seat, const std::string& user) const;
  NotIdeal judge(const Seat& seat, const MappingTable& table, SimTime at);
  // Whom the receiver makes of a message of theirs from there; empty: of nobody.
  std::string as_read(const Seat& seat, SimTime at);

  const Plan& plan_;
  const ProfileSet& profiles_;
  Renderer renderer_;
};

}  // namespace esm
