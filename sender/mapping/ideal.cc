#include "sender/mapping/ideal.h"

#include <optional>
#include <unordered_set>

#include "sender/mapping/shown_user.h"

namespace esm {

std::string_view name_of(NotIdeal::Why why) {
  switch (why) {
    case NotIdeal::Why::kMisread:
      return "misread";
    case NotIdeal::Why::kUnread:
      return "unread";
    case NotIdeal::Why::kStranger:
      return "stranger";
    case NotIdeal::Why::kEnded:
      return "ended";
    case NotIdeal::Why::kUnheard:
      return "unheard";
    case NotIdeal::Why::kGone:
      break;
  }
  return "gone";
}

std::string IdealComparison::name_of_user(std::uint32_t user) const {
  const UserRef ref = plan_.user_ref(user);
  return plan_.scenario().users[ref.group].full_name(ref.index);
}

bool IdealComparison::shows(const Seat& seat, const std::string& user) const {
  const UserRef ref = plan_.user_ref(seat.user);
  return is_right_user(plan_.scenario().users[ref.group], ref.index, user);
}

std::string IdealComparison::as_read(const Seat& seat, SimTime at) {
  Event event;
  event.due = at;
  event.endpoint = seat.endpoint;
  event.user = seat.user;
  event.site = seat.site;
  const std::string line = renderer_.render(event);
  const Reading reading = profiles_.read(line);
  if (reading.verdict != Reading::Verdict::kMapped || reading.logout) return {};
  return profiles_.table_user(reading);
}

// Of a seat whose user the receiver does not show.
NotIdeal IdealComparison::judge(const Seat& seat, const MappingTable& table, SimTime at) {
  NotIdeal out;
  out.address = seat.address;
  out.seat = &seat;
  const std::optional<Mapping> last = table.last(seat.address);
  if (!last) {
    out.why = as_read(seat, at).empty() ? NotIdeal::Why::kUnread : NotIdeal::Why::kUnheard;
  } else if (last->expires <= at) {
    out.why = NotIdeal::Why::kEnded;
    out.end = last->expires;
  } else {
    out.held = last->user;
    out.why = as_read(seat, at) == out.held ? NotIdeal::Why::kMisread : NotIdeal::Why::kStranger;
  }
  return out;
}

Coverage IdealComparison::compare(const Seats& seats, const MappingTable& table, SimTime at,
                                  const std::function<void(const NotIdeal&)>& different) {
  Coverage out;
  std::unordered_set<IpAddress> taken;
  seats.for_each(at, [&](const Seat& seat) {
    out.behind += seat.behind;
    taken.insert(seat.address);
    if (seat.has_second) taken.insert(seat.second);
    if (!seat.awake) return;
    ++out.seats;
    for (const bool second : {false, true}) {
      if (second && !seat.has_second) break;
      const std::optional<Mapping> held = table.find(second ? seat.second : seat.address, at);
      if (!held || !shows(seat, held->user)) continue;
      ++out.mapped;
      return;
    }
    const NotIdeal found = judge(seat, table, at);
    switch (found.why) {
      case NotIdeal::Why::kMisread:
        ++out.misread;
        break;
      case NotIdeal::Why::kUnread:
        ++out.unread;
        break;
      case NotIdeal::Why::kStranger:
        ++out.stranger;
        break;
      case NotIdeal::Why::kEnded:
        ++out.ended;
        break;
      default:
        ++out.unheard;
    }
    if (different) different(found);
  });
  table.for_each_alive(at, [&](const IpAddress& address, const std::string&) {
    if (!taken.contains(address)) ++out.gone;
  });
  if (out.gone == 0 || !different) return out;
  for (const Mapping& mapping : table.alive(at)) {
    if (taken.contains(mapping.address)) continue;
    different({NotIdeal::Why::kGone, mapping.address, nullptr, mapping.user, mapping.expires});
  }
  return out;
}

}  // namespace esm
