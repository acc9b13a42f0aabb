#include "sender/mapping/table.h"

#include <algorithm>
#include <cassert>

namespace esm {

namespace {

// A timeout near the end of what 64 bits hold means "never", not a wrap into the past.
SimTime ends(SimTime begin, SimTime timeout) {
  return begin > kNever - timeout ? kNever : begin + timeout;
}

}  // namespace

bool Mapping::accepts(std::string_view name) const {
  return name == user || (contested() && name == rival) ||
         std::find(other_rivals.begin(), other_rivals.end(), name) != other_rivals.end();
}

MappingTable::MappingTable(const Timeouts& timeouts, SimTime settle, std::size_t entries_max)
    : timeouts_(timeouts), settle_(settle), entries_max_(entries_max) {
  assert(timeouts.idle >= SimTime{0} && timeouts.maximum >= SimTime{0} && settle >= SimTime{0});
}

SimTime MappingTable::expires(const Entry& entry) const {
  return std::min(ends(entry.confirmed, timeouts_.idle), ends(entry.since, timeouts_.maximum));
}

MappingTable::Effect MappingTable::login(const IpAddress& address, std::string_view user,
                                         SimTime now) {
  const auto found = entries_.find(address);
  if (found == entries_.end()) {
    if (entries_.size() >= entries_max_) return Effect::kRefused;
    entries_.emplace(address, Entry{std::string(user), now, now, {}});
    return Effect::kMade;
  }

  Entry& entry = found->second;
  const bool was_alive = now < expires(entry);
  const auto too_old = [&](const Recent& recent) { return now - recent.at >= settle_; };
  if (entry.user == user) {
    if (!was_alive) entry.since = now;
    entry.confirmed = now;
    if (!entry.rivals.empty()) std::erase_if(entry.rivals, too_old);
    return was_alive ? Effect::kConfirmed : Effect::kMade;
  }

  // The loser stays a rival while it is recent; the winner cannot be its own.
  std::erase_if(entry.rivals,
                [&](const Recent& recent) { return recent.user == user || too_old(recent); });
  if (now - entry.confirmed < settle_) {
    entry.rivals.push_back({std::move(entry.user), entry.confirmed});
  }
  entry.user = user;
  entry.since = now;
  entry.confirmed = now;
  return was_alive ? Effect::kChanged : Effect::kMade;
}

bool MappingTable::logout(const IpAddress& address, std::string_view user, SimTime now) {
  const auto found = entries_.find(address);
  if (found == entries_.end()) return false;
  if (found->second.user != user) {
    std::erase_if(found->second.rivals, [&](const Recent& recent) { return recent.user == user; });
    return false;
  }
  const bool was_alive = now < expires(found->second);
  entries_.erase(found);
  return was_alive;
}

Mapping MappingTable::mapping(const IpAddress& address, const Entry& entry) const {
  Mapping out;
  out.address = address;
  out.user = entry.user;
  out.since = entry.since;
  out.confirmed = entry.confirmed;
  out.idle_ends = ends(entry.confirmed, timeouts_.idle);
  out.maximum_ends = ends(entry.since, timeouts_.maximum);
  out.expires = expires(entry);
  for (auto recent = entry.rivals.rbegin(); recent != entry.rivals.rend(); ++recent) {
    if (out.rival.empty()) {
      out.rival = recent->user;
    } else {
      out.other_rivals.push_back(recent->user);
    }
  }
  return out;
}

std::optional<Mapping> MappingTable::find(const IpAddress& address, SimTime now) const {
  const auto found = entries_.find(address);
  if (found == entries_.end() || now >= expires(found->second)) return std::nullopt;
  return mapping(address, found->second);
}

std::vector<Mapping> MappingTable::alive(SimTime now) const {
  std::vector<Mapping> out;
  out.reserve(entries_.size());
  for (const auto& [address, entry] : entries_) {
    if (now < expires(entry)) out.push_back(mapping(address, entry));
  }
  std::sort(out.begin(), out.end(),
            [](const Mapping& a, const Mapping& b) { return a.address < b.address; });
  return out;
}

void MappingTable::purge(SimTime now) {
  std::erase_if(entries_, [&](const auto& item) {
    const Entry& entry = item.second;
    return now >= expires(entry) && now - entry.confirmed >= settle_;
  });
}

}  // namespace esm
