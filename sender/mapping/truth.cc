#include "sender/mapping/truth.h"

#include <algorithm>
#include <cassert>
#include <memory>
#include <string>

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

// A receiver that gets every message the moment it is due.
class IdealReceiver {
 public:
  IdealReceiver(const ProfileSet& profiles, const TruthOptions& options)
      : profiles_(profiles),
        timeout_(options.timeout),
        table_(options.timeouts(), options.settle) {}

  Reading::Verdict take(std::string_view line, SimTime now) {
    const Reading reading = profiles_.read(line);
    if (reading.addresses().empty()) return reading.verdict;
    const std::string_view user = profiles_.table_user(reading, scratch_);
    for (const IpAddress& address : reading.addresses()) {
      if (reading.logout) {
        table_.logout(address, user, now);
      } else {
        table_.login(address, user, now);
      }
    }
    return reading.verdict;
  }

  // Once a timeout is often enough: at most two timeouts' worth of addresses are held.
  void tidy(SimTime now) {
    if (now - purged_ < timeout_) return;
    purged_ = now;
    table_.purge(now);
  }

  TruthAt held(SimTime at, SimTime now) const {
    return {at, table_.alive(now), table_.may_remain(now)};
  }

 private:
  const ProfileSet& profiles_;
  SimTime timeout_;
  MappingTable table_;
  SimTime purged_{};
  std::string scratch_;
};

}  // namespace

std::vector<TruthAt> truth(const Plan& plan, const Templates& templates, const ProfileSet& profiles,
                           const TruthOptions& options, std::span<const SimTime> moments,
                           TruthCounts* counts,
                           const std::function<bool(const Event&, std::string_view)>& keep) {
  assert(std::is_sorted(moments.begin(), moments.end()));
  Schedule schedule(plan);
  Renderer renderer(templates, plan, options.epoch);
  IdealReceiver receiver(profiles, options);
  const auto line = std::make_unique<char[]>(renderer.length_max() + 1);
  std::vector<Event> events(kEventsAtOnce);
  TruthCounts all;
  SimTime last{0};  // due time of the last message

  std::vector<TruthAt> tables;
  for (const SimTime at : moments) {
    const SimTime until = at == kNever ? kNever : at + SimTime{1};
    while (const std::size_t count = schedule.next(events, until)) {
      for (const Event& event : std::span(events).first(count)) {
        const char* const end = renderer.render(event, line.get());
        const std::string_view text(line.get(), static_cast<std::size_t>(end - line.get()));
        ++all.messages;
        if (keep && !keep(event, text)) {
          ++all.not_received;
        } else {
          ++count_of(all, receiver.take(text, event.due));
        }
      }
      last = events[count - 1].due;
      receiver.tidy(last);
    }
    // "After everything" has no time of its own: it is that of the last message.
    tables.push_back(receiver.held(at, at == kNever ? last : at));
  }
  if (counts != nullptr) *counts = all;
  return tables;
}

}  // namespace esm
