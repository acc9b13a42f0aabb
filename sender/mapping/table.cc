#include "sender/mapping/table.h"

#include <algorithm>
#include <cassert>

namespace esm {

namespace {

// A timeout near the end of what 64 bits hold means "never", not a wrap into the past.
SimTime ends(SimTime begin, SimTime timeout) {
  return begin > kNever - timeout ? kNever : begin + timeout;
}

// Before any message, and far enough from both ends of the clock to reckon with.
constexpr SimTime kLongAgo{std::int64_t{-1} << 61};

bool by_address(const Mapping& a, const Mapping& b) { return a.address < b.address; }

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

bool MappingTable::is_alive(const Entry& entry, SimTime now) const {
  return !entry.gone && now < expires(entry);
}

bool MappingTable::may_be_there(const Entry& entry, const Recent& recent) const {
  if (!recent.at || entry.confirmed - *recent.at >= settle_) return false;
  return !recent.left || *recent.left - *recent.at < settle_;
}

// A logout may have been seen after all logins, and its user have been there until then.
bool MappingTable::may_be_absent(const Entry& entry) const {
  const auto last = [&](const std::optional<SimTime>& left) {
    return left && entry.confirmed - *left < settle_;
  };
  if (last(entry.left)) return true;
  return std::any_of(entry.others.begin(), entry.others.end(), [&](const Recent& recent) {
    return recent.at && entry.confirmed - *recent.at < settle_ && last(recent.left);
  });
}

// What can no longer be last of all.
void MappingTable::forget_old(Entry& entry, SimTime now) const {
  std::erase_if(entry.others, [&](Recent& recent) {
    if (recent.at && entry.confirmed - *recent.at >= settle_) recent.at.reset();
    return !recent.at && (!recent.left || now - *recent.left >= settle_);
  });
}

MappingTable::Effect MappingTable::login(const IpAddress& address, std::string_view user,
                                         SimTime now) {
  const auto found = entries_.find(address);
  if (found == entries_.end()) {
    if (entries_.size() >= entries_max_) return Effect::kRefused;
    entries_.emplace(address, Entry{std::string(user), now, now});
    return Effect::kMade;
  }

  Entry& entry = found->second;
  const bool was_alive = is_alive(entry, now);
  if (entry.user == user) {
    if (!was_alive) entry.since = now;
    entry.confirmed = now;
    entry.gone = false;
    if (!entry.others.empty()) forget_old(entry, now);
    return was_alive ? Effect::kConfirmed : Effect::kMade;
  }

  // The loser stays a rival while it is recent; the winner cannot be its own.
  std::optional<SimTime> left;
  std::erase_if(entry.others, [&](const Recent& recent) {
    if (recent.user == user) left = recent.left;
    return recent.user == user;
  });
  entry.others.push_back({std::move(entry.user), entry.confirmed, entry.left});
  entry.user = user;
  entry.since = now;
  entry.confirmed = now;
  entry.left = left;
  entry.gone = false;
  forget_old(entry, now);
  return was_alive ? Effect::kChanged : Effect::kMade;
}

bool MappingTable::logout(const IpAddress& address, std::string_view user, SimTime now) {
  const auto found = entries_.find(address);
  if (found == entries_.end()) {
    // A login of theirs that comes soon may have been before it.
    if (settle_ > SimTime{0} && entries_.size() < entries_max_) {
      entries_.emplace(address, Entry{std::string(user), kLongAgo, kLongAgo, {}, now, true});
    }
    return false;
  }
  Entry& entry = found->second;
  if (entry.user == user) {
    const bool was_alive = is_alive(entry, now);
    entry.left = now;
    entry.gone = true;
    if (settle_ == SimTime{0}) entries_.erase(found);
    return was_alive;
  }
  const auto known = std::find_if(entry.others.begin(), entry.others.end(),
                                  [&](const Recent& recent) { return recent.user == user; });
  if (known != entry.others.end()) {
    known->left = now;
  } else if (settle_ > SimTime{0}) {
    entry.others.insert(entry.others.begin(), {std::string(user), std::nullopt, now});
  }
  forget_old(entry, now);
  return false;
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
  for (auto recent = entry.others.rbegin(); recent != entry.others.rend(); ++recent) {
    if (!may_be_there(entry, *recent)) continue;
    if (out.rival.empty()) {
      out.rival = recent->user;
    } else {
      out.other_rivals.push_back(recent->user);
    }
  }
  out.may_be_absent = may_be_absent(entry);
  return out;
}

Mapping MappingTable::remaining(const IpAddress& address, const Entry& entry, SimTime now) const {
  Mapping out;
  out.address = address;
  out.may_be_absent = true;
  const auto add = [&](const std::string& user, SimTime at) {
    const SimTime expires = ends(at, timeouts_.idle);
    if (now >= expires) return;
    if (!out.user.empty()) {
      (out.rival.empty() ? out.rival : out.other_rivals.emplace_back()) = user;
      return;
    }
    out.user = user;
    out.since = out.confirmed = at;
    out.idle_ends = out.expires = expires;
  };
  if (*entry.left - entry.confirmed < settle_) add(entry.user, entry.confirmed);
  for (auto recent = entry.others.rbegin(); recent != entry.others.rend(); ++recent) {
    if (may_be_there(entry, *recent)) add(recent->user, *recent->at);
  }
  return out;
}

std::optional<Mapping> MappingTable::find_remaining(const IpAddress& address, SimTime now) const {
  const auto found = entries_.find(address);
  if (found == entries_.end() || !found->second.gone) return std::nullopt;
  Mapping mapping = remaining(address, found->second, now);
  if (mapping.user.empty()) return std::nullopt;
  return mapping;
}

std::vector<Mapping> MappingTable::may_remain(SimTime now) const {
  std::vector<Mapping> out;
  for (const auto& [address, entry] : entries_) {
    if (!entry.gone) continue;
    Mapping mapping = remaining(address, entry, now);
    if (!mapping.user.empty()) out.push_back(std::move(mapping));
  }
  std::sort(out.begin(), out.end(), by_address);
  return out;
}

std::optional<Mapping> MappingTable::find(const IpAddress& address, SimTime now) const {
  const auto found = entries_.find(address);
  if (found == entries_.end() || !is_alive(found->second, now)) return std::nullopt;
  return mapping(address, found->second);
}

std::optional<Mapping> MappingTable::last(const IpAddress& address) const {
  const auto found = entries_.find(address);
  if (found == entries_.end() || found->second.gone) return std::nullopt;
  return mapping(address, found->second);
}

std::vector<Mapping> MappingTable::alive(SimTime now) const {
  std::vector<Mapping> out;
  out.reserve(entries_.size());
  for (const auto& [address, entry] : entries_) {
    if (is_alive(entry, now)) out.push_back(mapping(address, entry));
  }
  std::sort(out.begin(), out.end(), by_address);
  return out;
}

void MappingTable::purge(SimTime now) {
  std::erase_if(entries_, [&](const auto& item) {
    const Entry& entry = item.second;
    const auto is_old = [&](const std::optional<SimTime>& at) {
      return !at || now - *at >= settle_;
    };
    const bool over =
        entry.gone ? remaining(item.first, entry, now).user.empty() : now >= expires(entry);
    return over && is_old(entry.confirmed) && is_old(entry.left) &&
           std::all_of(entry.others.begin(), entry.others.end(),
                       [&](const Recent& recent) { return is_old(recent.left); });
  });
}

}  // namespace esm
