#include "sender/check/plan_summary.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <span>
#include <unordered_map>

#include "sender/base/ip_address.h"
#include "sender/scenario/schedule.h"

namespace esm {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
__extension__ using Wide = unsigned __int128;

// What is due, from above: beats and noise as if everybody were logged on all the time, and two
// messages for every time somebody does something.
std::uint64_t messages_at_most(const Scenario& scenario, std::uint64_t enough) {
  const auto length = static_cast<std::uint64_t>(scenario.length.count());
  Wide sum = scenario.steps.size();
  for (const EndpointGroup& group : scenario.endpoints) {
    if (group.rate) {
      const Wide by_rate = Wide{length} * group.rate->messages /
                               static_cast<std::uint64_t>(group.rate->per.count()) +
                           1;
      sum += group.messages_max > 0 ? std::min<Wide>(by_rate, group.messages_max) : by_rate;
    } else {
      const auto period = static_cast<std::uint64_t>(group.heartbeat.count());
      sum += (Wide{length} / period + 1) * group.count;
    }
  }
  for (const Noise& noise : scenario.noise) {
    sum += (Wide{length} / static_cast<std::uint64_t>(noise.every.count()) + 1) *
           scenario.endpoints[noise.endpoints].count;
  }
  for (const Activity& activity : scenario.activities) {
    const std::uint32_t members = activity.users == kNoGroup
                                      ? scenario.endpoints[activity.endpoints].count
                                      : scenario.users[activity.users].count;
    const auto repeat = static_cast<std::uint64_t>(activity.repeat.count());
    sum += Wide{members} * 2 * (repeat > 0 ? length / repeat + 1 : 1);
  }
  return static_cast<std::uint64_t>(std::min<Wide>(sum, enough));
}

// How many different ones: those that came twice are thrown out whenever there are many.
class DistinctAddresses {
 public:
  void add(const IpAddress& address) {
    if (!seen_.empty() && seen_.back() == address) return;
    seen_.push_back(address);
    if (seen_.size() >= limit_) {
      thin_out();
      limit_ = std::max(kFew, seen_.size() * 2);
    }
  }
  std::uint64_t count() {
    thin_out();
    return seen_.size();
  }

 private:
  static constexpr std::size_t kFew = 1 << 16;
  void thin_out() {
    std::sort(seen_.begin(), seen_.end());
    seen_.erase(std::unique(seen_.begin(), seen_.end()), seen_.end());
  }
  std::vector<IpAddress> seen_;
  std::size_t limit_ = kFew;
};

// Counts messages that come close behind one of another user on the same address. Keeps what was
// said within the settle time, no more.
class Contests {
 public:
  explicit Contests(SimTime settle) : settle_(settle) {}

  void add(const IpAddress& address, const Event& event) {
    while (!recent_.empty() && event.due - recent_.front().due >= settle_) {
      const auto found = last_.find(recent_.front().address);
      if (found != last_.end() && found->second.due == recent_.front().due) last_.erase(found);
      recent_.pop_front();
    }
    // A message without a user tells the receiver nothing.
    if (event.user == kNobody) return;
    const auto [found, fresh] = last_.try_emplace(address, Said{event.user, event.due});
    if (!fresh) {
      if (found->second.user != event.user) ++count_;
      found->second = {event.user, event.due};
    }
    recent_.push_back({address, event.due});
  }
  std::uint64_t count() const { return count_; }

 private:
  struct Said {
    std::uint32_t user = kNobody;
    SimTime due{};
  };
  struct Recent {
    IpAddress address;
    SimTime due{};
  };
  SimTime settle_;
  std::uint64_t count_ = 0;
  std::deque<Recent> recent_;
  std::unordered_map<IpAddress, Said> last_;
};

// Messages in spans that follow each other.
class Histogram {
 public:
  Histogram(SimTime span, SimTime length) : span_(span) {
    counts_.resize(static_cast<std::size_t>((length.count() - 1) / span.count() + 1));
  }
  void add(SimTime due) { ++counts_[static_cast<std::size_t>(due / span_)]; }
  const std::vector<std::uint64_t>& counts() const { return counts_; }
  // Of those that are not empty, the one in the middle.
  std::uint64_t usual() const {
    std::vector<std::uint64_t> some;
    std::copy_if(counts_.begin(), counts_.end(), std::back_inserter(some),
                 [](std::uint64_t count) { return count > 0; });
    if (some.empty()) return 0;
    const auto middle = some.begin() + static_cast<std::ptrdiff_t>(some.size() / 2);
    std::nth_element(some.begin(), middle, some.end());
    return *middle;
  }

 private:
  SimTime span_;
  std::vector<std::uint64_t> counts_;
};

// A round one, of which there are at most 24; those of years have what is left.
SimTime slice_of(SimTime length) {
  constexpr std::array<SimTime, 33> kRound{
      milliseconds{1},  milliseconds{2},   milliseconds{5},   milliseconds{10},  milliseconds{20},
      milliseconds{50}, milliseconds{100}, milliseconds{200}, milliseconds{500}, seconds{1},
      seconds{2},       seconds{5},        seconds{10},       seconds{15},       seconds{30},
      minutes{1},       minutes{2},        minutes{5},        minutes{10},       minutes{15},
      minutes{30},      hours{1},          hours{2},          hours{3},          hours{4},
      hours{6},         hours{12},         days{1},           days{2},           days{5},
      days{10},         days{30},          days{182}};
  constexpr std::int64_t kSlices = 24;
  for (const SimTime slice : kRound) {
    if (slice * kSlices >= length) return slice;
  }
  return kRound.back();
}

SimTime span_of(SimTime length) {
  if (length < minutes{10}) return seconds{1};
  return length <= days{14} ? SimTime{minutes{1}} : SimTime{hours{1}};
}

}  // namespace

PlanSummary summarize(const Plan& plan, const SummaryOptions& options) {
  const Scenario& scenario = plan.scenario();
  PlanSummary summary;
  const std::uint32_t all = plan.endpoint_count();
  const Shard shard = options.shard;
  const std::uint32_t mine = all <= shard.index ? 0 : (all - shard.index - 1) / shard.count + 1;
  const std::uint64_t most = messages_at_most(scenario, UINT64_MAX) / shard.count;
  if (most > options.messages_max && mine > 1) {
    // Odd: windows fill evenly by the bits of members' numbers, so that every second member comes
    // in one half of the window.
    summary.sample = static_cast<std::uint32_t>(std::min<std::uint64_t>(
        ((most - 1) / options.messages_max + 1) | 1, mine % 2 == 1 ? mine : mine - 1));
  }
  const std::uint64_t walked_max =
      options.messages_max > UINT64_MAX / 2 ? UINT64_MAX : options.messages_max * 2;

  summary.by_group.resize(scenario.endpoints.size());
  summary.by_fault.resize(scenario.faults.size());
  summary.slice = slice_of(scenario.length);
  summary.span = span_of(scenario.length);
  Histogram slices(summary.slice, scenario.length), spans(summary.span, scenario.length);
  DistinctAddresses addresses;
  Contests contests(options.settle);
  std::int64_t second = -1;
  std::uint64_t this_second = 0, walked = 0;
  Schedule schedule(plan, shard.split(0, summary.sample));
  std::vector<Event> events(4096);
  while (const std::size_t count = schedule.next(events)) {
    for (const Event& event : std::span(events).first(count)) {
      ++summary.by_kind[static_cast<std::size_t>(event.kind)];
      if (event.fault > 0) ++summary.by_fault[event.fault - 1U];
      ++summary.by_group[plan.endpoint_ref(event.endpoint).group];
      const IpAddress address = plan.address(event);
      addresses.add(address);
      if (event.message == 0) contests.add(address, event);
      slices.add(event.due);
      spans.add(event.due);
      const std::int64_t now = event.due / seconds{1};
      this_second = now == second ? this_second + 1 : 1;
      second = now;
      if (this_second > summary.peak) {
        summary.peak = this_second;
        summary.peak_at = seconds{now};
      }
    }
    const std::uint64_t before = walked;
    walked += count;
    constexpr std::uint64_t kProgressEvery = 1 << 18;
    if (options.progress && before / kProgressEvery != walked / kProgressEvery) {
      options.progress(walked);
    }
    if (walked >= walked_max) {
      summary.ended_at = events[count - 1].due;
      break;
    }
  }

  const std::uint64_t times = summary.sample;
  summary.messages = walked * times;
  summary.schedule_bytes = schedule.bytes();
  for (std::uint64_t& count : summary.by_kind) count *= times;
  for (std::uint64_t& count : summary.by_group) count *= times;
  for (std::uint64_t& count : summary.by_fault) count *= times;
  summary.peak *= times;
  summary.usual = spans.usual() * times;
  summary.addresses = addresses.count() * times;
  summary.contested = contests.count() * times;
  summary.schedule_bytes *= times;
  summary.slices = slices.counts();
  for (std::uint64_t& count : summary.slices) count *= times;
  return summary;
}

}  // namespace esm
