#include "sender/mapping/truth.h"

#include <algorithm>
#include <cassert>
#include <memory>
#include <queue>
#include <string>
#include <unordered_set>
#include <utility>

#include "sender/mapping/message_lines.h"
#include "sender/message/renderer.h"
#include "sender/scenario/schedule.h"

namespace esm {
namespace {

constexpr std::size_t kEventsAtOnce = 1024;

std::uint64_t& count_of(TruthCounts& counts, Reading::Verdict verdict) {
  switch (verdict) {
    case Reading::Verdict::kMapped:
      return counts.mapped;
    case Reading::Verdict::kIgnored:
      return counts.ignored;
    case Reading::Verdict::kNoEvent:
      return counts.no_event;
    case Reading::Verdict::kNoUser:
      return counts.no_user;
    case Reading::Verdict::kNoAddress:
      return counts.no_address;
    case Reading::Verdict::kBadAddress:
      return counts.bad_address;
    case Reading::Verdict::kGaveUp:
      break;
  }
  return counts.gave_up;
}

// When entries end, in order. An entry that lives on is filed again only when its old end has come,
// so there is one place for each address, however often it is confirmed.
class Ends {
 public:
  void add(const IpAddress& address, SimTime end) {
    if (filed_.insert(address).second) queue_.push({end, address});
  }

  // Calls `ended(mapping)` for every entry that ends up to and at `now`.
  template <typename Ended>
  void until(SimTime now, const MappingTable& table, const Ended& ended) {
    while (!queue_.empty() && queue_.top().first <= now) {
      const auto [end, address] = queue_.top();
      queue_.pop();
      const std::optional<Mapping> mapping = table.last(address);
      if (mapping && mapping->expires > end) {
        queue_.push({mapping->expires, address});
        continue;
      }
      filed_.erase(address);
      if (mapping) ended(*mapping);
    }
  }

 private:
  using End = std::pair<SimTime, IpAddress>;
  std::priority_queue<End, std::vector<End>, std::greater<>> queue_;
  std::unordered_set<IpAddress> filed_;
};

}  // namespace

std::string_view name_of(TableChange::Kind kind) {
  switch (kind) {
    case TableChange::Kind::kMapped:
      return "mapped";
    case TableChange::Kind::kChanged:
      return "changed";
    case TableChange::Kind::kEnded:
      return "ended";
    case TableChange::Kind::kLoggedOut:
      break;
  }
  return "logged-out";
}

// A receiver that gets every message the moment it is due.
class TruthWalk::Receiver {
 public:
  Receiver(const Plan& plan, const Templates& templates, const ProfileSet& profiles,
           const TruthOptions& options, KeepMessage keep)
      : profiles_(profiles),
        timeout_(options.timeout),
        keep_(std::move(keep)),
        table_(options.timeouts(), options.settle),
        schedule_(plan),
        message_bytes_max_(options.message_bytes_max),
        renderer_(templates, plan, options.epoch),
        line_(renderer_.room() + 1),
        events_(kEventsAtOnce) {}

  void watch(std::function<void(const TableChange&)> change) { change_ = std::move(change); }

  SimTime advance(SimTime to) {
    const SimTime until = to == kNever ? kNever : to + SimTime{1};
    while (const std::size_t count = schedule_.next(events_, until)) {
      for (const Event& event : std::span(events_).first(count)) take(event);
      last_ = events_[count - 1].due;
      tidy();
    }
    const SimTime now = to == kNever ? last_ : to;
    tell_ends(now);
    return now;
  }

  const MappingTable& table() const { return table_; }
  const TruthCounts& counts() const { return counts_; }

 private:
  void take(const Event& event) {
    const char* const end = renderer_.render(event, line_.data());
    const std::string_view text(line_.data(), static_cast<std::size_t>(end - line_.data()));
    const bool received = !keep_ || keep_(event, text);
    for_each_message_line(event, text, [&](std::string_view line) { take(event, line, received); });
  }

  void take(const Event& event, std::string_view line, bool received) {
    ++counts_.messages;
    if (!received) {
      ++counts_.not_received;
      return;
    }
    tell_ends(event.due);
    if (line.size() > message_bytes_max_) {
      ++counts_.too_long;
      return;
    }
    const Reading reading = profiles_.read(line);
    ++count_of(counts_, reading.verdict);
    if (reading.addresses().empty()) return;
    const std::string_view user = profiles_.table_user(reading, scratch_);
    for (const IpAddress& address : reading.addresses()) {
      if (reading.logout) {
        const bool ended = table_.logout(address, user, event.due);
        if (ended && change_) tell(TableChange::Kind::kLoggedOut, event.due, address, user);
      } else {
        log_in(address, user, event.due);
      }
    }
  }

  void log_in(const IpAddress& address, std::string_view user, SimTime now) {
    std::string before;
    if (change_) {
      if (const auto mapping = table_.find(address, now)) before = mapping->user;
    }
    const MappingTable::Effect effect = table_.login(address, user, now);
    if (!change_ || effect == MappingTable::Effect::kConfirmed) return;
    const bool made = effect == MappingTable::Effect::kMade;
    tell(made ? TableChange::Kind::kMapped : TableChange::Kind::kChanged, now, address, user,
         std::move(before));
    ends_.add(address, table_.last(address)->expires);
  }

  void tell(TableChange::Kind kind, SimTime at, const IpAddress& address, std::string_view user,
            std::string before = {}) const {
    change_({kind, at, address, std::string(user), std::move(before)});
  }

  void tell_ends(SimTime now) {
    if (!change_) return;
    ends_.until(now, table_, [&](const Mapping& mapping) {
      tell(TableChange::Kind::kEnded, mapping.expires, mapping.address, mapping.user);
    });
  }

  // Once a timeout is often enough. What ended lately is kept, to be told from what was never
  // there: at most three timeouts' worth of addresses are held.
  void tidy() {
    if (last_ - purged_ < timeout_) return;
    purged_ = last_;
    tell_ends(last_);
    table_.purge(last_ - timeout_);
  }

  const ProfileSet& profiles_;
  SimTime timeout_;
  KeepMessage keep_;
  MappingTable table_;
  Schedule schedule_;
  std::size_t message_bytes_max_;
  Renderer renderer_;
  std::vector<char> line_;
  std::vector<Event> events_;
  std::function<void(const TableChange&)> change_;
  Ends ends_;
  TruthCounts counts_;
  SimTime last_{0};  // due time of the last message
  SimTime purged_{};
  std::string scratch_;
};

TruthWalk::TruthWalk(const Plan& plan, const Templates& templates, const ProfileSet& profiles,
                     const TruthOptions& options, KeepMessage keep)
    : receiver_(std::make_unique<Receiver>(plan, templates, profiles, options, std::move(keep))) {}
TruthWalk::~TruthWalk() = default;

void TruthWalk::watch(std::function<void(const TableChange&)> change) {
  receiver_->watch(std::move(change));
}
SimTime TruthWalk::advance(SimTime to) { return receiver_->advance(to); }
const MappingTable& TruthWalk::table() const { return receiver_->table(); }
const TruthCounts& TruthWalk::counts() const { return receiver_->counts(); }

void truth(const Plan& plan, const Templates& templates, const ProfileSet& profiles,
           const TruthOptions& options, std::span<const SimTime> moments,
           const std::function<void(const TruthAt&)>& table, const KeepMessage& keep) {
  assert(std::is_sorted(moments.begin(), moments.end()));
  TruthWalk walk(plan, templates, profiles, options, keep);
  for (const SimTime at : moments) {
    const SimTime now = walk.advance(at);
    table({at, walk.table().alive(now), walk.table().may_remain(now)});
  }
}

std::vector<TruthAt> truth(const Plan& plan, const Templates& templates, const ProfileSet& profiles,
                           const TruthOptions& options, std::span<const SimTime> moments,
                           TruthCounts* counts, const KeepMessage& keep) {
  assert(std::is_sorted(moments.begin(), moments.end()));
  TruthWalk walk(plan, templates, profiles, options, keep);
  std::vector<TruthAt> tables;
  for (const SimTime at : moments) {
    const SimTime now = walk.advance(at);
    tables.push_back({at, walk.table().alive(now), walk.table().may_remain(now)});
  }
  if (counts != nullptr) *counts = walk.counts();
  return tables;
}

}  // namespace esm
