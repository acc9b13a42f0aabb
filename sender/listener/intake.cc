#include "sender/listener/intake.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace esm {
namespace {

// A firewall takes about 50; the bound is against forged source addresses.
constexpr std::size_t kSendersMax = 1000;

}  // namespace

Intake::Intake(const std::vector<Profile>& profiles, const ListenerOptions& options,
               OutputFile& received, const std::function<void(const Mapping&)>& on_mapping)
    : profiles_(profiles),
      options_(options),
      received_(received),
      on_mapping_(on_mapping),
      table_(Timeouts{options.mapping_timeout, options.mapping_timeout_max}, SimTime{0},
             options.mappings_max) {
  others_.address = "others";
  for (const SenderRule& rule : options.senders.rules) {
    if (!rule.profiles.empty()) own_profiles_.try_emplace(&rule, rule.profiles);
  }
}

Sender Intake::sender(const IpAddress& address) {
  const ProfileSet* const profiles = profiles_for(address);
  const auto found = senders_.find(address);
  if (found != senders_.end()) return {&found->second, profiles};
  if (senders_.size() >= kSendersMax) return {&others_, profiles};
  SenderCounters& made = senders_[address];
  made.address = address.to_string();
  return {&made, profiles};
}

const ProfileSet* Intake::profiles_for(const IpAddress& address) const {
  const SenderRule* const rule = options_.senders.with_profiles_for(address);
  return rule == nullptr ? &profiles_ : &own_profiles_.at(rule);
}

void Intake::message(std::string_view message, const Sender& sender, SimTime now) {
  ++counts_.messages;
  counts_.bytes += message.size();
  ++sender.counters->messages;
  if (received_.is_open()) received_.line(message);

  const Reading reading = sender.profiles->read(message);
  if (reading.verdict != Reading::Verdict::kMapped) {
    if (reading.verdict == Reading::Verdict::kIgnored) {
      ++counts_.ignored;
      return;
    }
    ++counts_.no_match;
    if (reading.verdict == Reading::Verdict::kGaveUp) ++counts_.gave_up;
    return;
  }
  ++counts_.mapped;
  ++sender.counters->mapped;
  const std::string_view user = sender.profiles->table_user(reading, scratch_);
  bool refused = false;
  for (const IpAddress& address : reading.addresses()) {
    if (reading.logout) {
      table_.logout(address, user, now);
    } else {
      refused = !login(address, user, now) || refused;
    }
  }
  if (refused) ++counts_.table_full;
}

bool Intake::login(const IpAddress& address, std::string_view user, SimTime now) {
  const MappingTable::Effect effect = table_.login(address, user, now);
  if (effect == MappingTable::Effect::kRefused) return false;
  if (effect != MappingTable::Effect::kConfirmed && options_.follow && on_mapping_) {
    on_mapping_(*table_.find(address, now));
  }
  return true;
}

void Intake::too_long(std::uint64_t count, const Sender& sender) {
  counts_.messages += count;
  counts_.too_long += count;
  sender.counters->messages += count;
}

// A walk over the table: seldom enough not to matter, often enough that at most as many entries lie
// about as a timeout's worth of messages can make.
void Intake::tidy(SimTime now) {
  const bool nearly_full = table_.size() >= options_.mappings_max / 2;
  const SimTime wait = nearly_full ? options_.mapping_timeout / 8 : options_.mapping_timeout;
  if (now - purged_ < wait) return;
  purged_ = now;
  table_.purge(now);
}

ListenerResult Intake::result(SimTime now) const {
  ListenerResult out = counts_;
  std::vector<std::pair<IpAddress, SenderCounters>> ordered(senders_.begin(), senders_.end());
  std::sort(ordered.begin(), ordered.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [address, counters] : ordered) out.senders.push_back(std::move(counters));
  if (others_.messages > 0 || others_.connections_total > 0) out.senders.push_back(others_);
  out.mappings = table_.alive(now);
  out.ended = now;
  return out;
}

}  // namespace esm
