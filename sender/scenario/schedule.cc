#include "sender/scenario/schedule.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

#include "sender/scenario/heartbeat.h"

// A calendar queue (Brown, "Calendar queues: a fast O(1) priority queue implementation for the
// simulation event set problem", CACM 31(10), 1988), cut to what a fleet of endpoints needs: every
// endpoint has at most one next moment at which something happens to it, so a day of the calendar
// is a list threaded through one 32-bit link per endpoint, and nothing is allocated while it runs.
// A day is as long as some eight events take on average, a year about a heartbeat period; a moment
// of a later year waits in its day's list and is passed over. A day's endpoints are sorted when the
// day comes.

namespace esm {
namespace {

constexpr std::uint32_t kNone = 0xFFFFFFFF;
__extension__ using Wide = __int128;

// Everything that differs between endpoints and moves with time: 32 bytes, two to a cache line.
struct State {
  std::int64_t due = 0;        // when something happens next, a beat or a session change
  std::int64_t change_at = 0;  // the next session change, kNever if none is left
  std::uint32_t beat = 0;      // number of the next beat, while somebody is logged on
  std::uint32_t ordinal = 0;   // of the next message
  std::uint32_t user = kNobody;
  std::uint32_t change = 0;  // number of the next session change
};
static_assert(sizeof(State) == 32);

}  // namespace

class Schedule::Calendar {
 public:
  Calendar(const Plan& plan, Shard shard, SimTime since) : plan_(plan), shard_(shard) {
    const std::uint32_t all = plan.endpoint_count();
    const std::uint32_t count = all <= shard.index ? 0 : (all - shard.index - 1) / shard.count + 1;
    length_ = plan.scenario().length.count();
    changes_.reserve(plan.session_changes_max());
    sessions_.reserve(plan.session_changes_max());
    lay_out(count, since.count());
    states_.resize(count);
    links_.assign(count, kNone);
    today_.reserve(std::min<std::size_t>(count, kTodayReserved));
    for (std::uint32_t i = 0; i < count; ++i) {
      begin(i, since.count());
      if (states_[i].due < length_) file(i);
    }
  }

  std::size_t next(std::span<Event> out, std::int64_t until) {
    std::size_t filled = 0;
    until = std::min(until, length_);
    while (filled < out.size() && find_today()) {
      const std::uint32_t i = today_[today_at_];
      if (states_[i].due >= until) break;
      if (happen(i, out[filled])) ++filled;
      settle(i);
    }
    return filled;
  }

  // May look at session changes that emit nothing: those are worked off first.
  SimTime next_due() {
    while (find_today()) {
      const std::uint32_t i = today_[today_at_];
      const State& state = states_[i];
      if (state.due >= length_) break;
      if (emits(i)) return SimTime{state.due};
      Event ignored;
      happen(i, ignored);
      settle(i);
    }
    return kNever;
  }

 private:
  static constexpr std::size_t kTodayReserved = 1 << 20;

  // How long a day is, and how many make a year.
  void lay_out(std::uint32_t count, std::int64_t since) {
    // Events of the whole fleet in a second of a million, from the groups' own periods.
    Wide per_gigasecond = 0;
    constexpr Wide kGigasecond = Wide{1'000'000'000} * 1'000'000'000;
    for (const EndpointGroup& group : plan_.scenario().endpoints) {
      per_gigasecond += group.rate ? kGigasecond / group.rate->per.count() *
                                         static_cast<std::int64_t>(group.rate->messages)
                                   : kGigasecond / group.heartbeat.count() * group.count;
    }
    per_gigasecond = std::max<Wide>(per_gigasecond / shard_.count, 1);
    constexpr Wide kEventsADay = 8;
    constexpr Wide kDayMax = 3'600'000'000'000;
    day_ = static_cast<std::int64_t>(
        std::clamp<Wide>(kGigasecond * kEventsADay / per_gigasecond, 1, kDayMax));
    const std::uint32_t wanted = std::clamp<std::uint32_t>(count / 8, 1024, 1U << 21);
    heads_.assign(std::bit_ceil(wanted), kNone);
    today_number_ = since / day_ - 1;
    today_end_ = (today_number_ + 1) * day_;
  }

  std::uint32_t endpoint(std::uint32_t i) const { return i * shard_.count + shard_.index; }

  const EndpointGroup& group(std::uint32_t group_index) const {
    return plan_.scenario().endpoints[group_index];
  }

  Heartbeat heartbeat(EndpointRef ref, std::uint32_t e) const {
    return Heartbeat(group(ref.group), plan_.seed(), plan_.identity(e));
  }

  // The endpoint's session changes, in changes_.
  void load_changes(std::uint32_t e) {
    changes_.clear();
    plan_.session_changes(e, changes_);
  }

  // Who is in front after the first `count` of changes_: the latest logon that no logoff has ended.
  std::uint32_t front_after(std::size_t count) {
    sessions_.clear();
    for (std::size_t c = 0; c < count; ++c) {
      const SessionChange& change = changes_[c];
      const auto there = std::find(sessions_.begin(), sessions_.end(), change.user);
      if (there != sessions_.end()) sessions_.erase(there);
      if (change.logon) sessions_.push_back(change.user);
    }
    return sessions_.empty() ? kNobody : sessions_.back();
  }

  // When the clock of the current session began: the latest change, for a clock that starts at
  // logon.
  SimTime session_base(std::uint32_t e, EndpointRef ref, std::uint32_t change) {
    if (group(ref.group).clock != HeartbeatClock::kLogon || change == 0) return SimTime{0};
    load_changes(e);
    return changes_[change - 1].at;
  }

  // The state of endpoint i just before `since`, in closed form: beats are counted, not walked.
  void begin(std::uint32_t i, std::int64_t since) {
    State& state = states_[i];
    const std::uint32_t e = endpoint(i);
    const EndpointRef ref = plan_.endpoint_ref(e);
    load_changes(e);
    if (since > 0) {
      const Heartbeat beats = heartbeat(ref, e);
      const bool logons_speak = !group(ref.group).rate;
      std::uint32_t user = kNobody;
      for (std::size_t c = 0; c < changes_.size(); ++c) {
        const SessionChange& change = changes_[c];
        if (change.at.count() >= since) break;
        user = front_after(c + 1);
        if (change.logon && logons_speak) ++state.ordinal;
        state.change = static_cast<std::uint32_t>(c) + 1;
        if (user == kNobody) continue;
        const SimTime end{c + 1 < changes_.size() ? std::min(changes_[c + 1].at.count(), since)
                                                  : since};
        state.ordinal +=
            beats.first_at_or_after(end, change.at) - beats.first_at_or_after(change.at, change.at);
      }
      state.user = user;
      if (user != kNobody) {
        state.beat = beats.first_at_or_after(SimTime{since}, changes_[state.change - 1].at);
      }
    }
    state.change_at =
        state.change < changes_.size() ? changes_[state.change].at.count() : kNever.count();
    state.due = state.change_at;
    if (state.user != kNobody) {
      const SimTime base = changes_[state.change - 1].at;
      state.due = std::min(state.due, heartbeat(ref, e).at(state.beat, base).count());
    }
  }

  bool emits(std::uint32_t i) {
    const State& state = states_[i];
    if (state.due != state.change_at) return true;
    const std::uint32_t e = endpoint(i);
    if (group(plan_.endpoint_ref(e).group).rate) return false;
    load_changes(e);
    return changes_[state.change].logon;
  }

  // What is due at endpoint i happens. True when it sends a message, which is then in `event`.
  bool happen(std::uint32_t i, Event& event) {
    State& state = states_[i];
    const std::uint32_t e = endpoint(i);
    const EndpointRef ref = plan_.endpoint_ref(e);
    const Heartbeat beats = heartbeat(ref, e);
    if (state.due != state.change_at) {
      event = {SimTime{state.due}, e, state.user, state.ordinal++, EventKind::kHeartbeat};
      const SimTime base = session_base(e, ref, state.change);
      ++state.beat;
      state.due = std::min(state.change_at, beats.at(state.beat, base).count());
      return true;
    }
    load_changes(e);
    const SessionChange change = changes_[state.change];
    ++state.change;
    state.user = front_after(state.change);
    state.change_at =
        state.change < changes_.size() ? changes_[state.change].at.count() : kNever.count();
    state.due = state.change_at;
    if (state.user != kNobody) {
      state.beat = beats.first_at_or_after(change.at, change.at);
      state.due = std::min(state.due, beats.at(state.beat, change.at).count());
    }
    if (!change.logon || group(ref.group).rate) return false;
    event = {change.at, e, change.user, state.ordinal++, EventKind::kLogon};
    return true;
  }

  // Puts endpoint i into the list of its day.
  void file(std::uint32_t i) {
    const auto day = static_cast<std::size_t>(states_[i].due / day_) & (heads_.size() - 1);
    links_[i] = heads_[day];
    heads_[day] = i;
    ++filed_;
  }

  bool earlier(std::uint32_t a, std::uint32_t b) const {
    return states_[a].due != states_[b].due ? states_[a].due < states_[b].due : a < b;
  }

  // After something happened to today's first endpoint: to its new place, today or later.
  void settle(std::uint32_t i) {
    const std::int64_t due = states_[i].due;
    if (due < today_end_ && due < length_) {
      // Rarely more than a few places further.
      std::size_t at = today_at_;
      while (at + 1 < today_.size() && earlier(today_[at + 1], i)) {
        today_[at] = today_[at + 1];
        ++at;
      }
      today_[at] = i;
      return;
    }
    ++today_at_;
    if (due < length_) file(i);
  }

  std::int64_t earliest_filed() const {
    std::int64_t earliest = kNever.count();
    for (std::uint32_t i : heads_) {
      for (; i != kNone; i = links_[i]) earliest = std::min(earliest, states_[i].due);
    }
    return earliest;
  }

  // Turns pages until today has somebody left. False when nothing is filed any more.
  bool find_today() {
    std::size_t empty_days = 0;
    while (today_at_ == today_.size()) {
      if (filed_ == 0) return false;
      if (empty_days++ > heads_.size()) {
        // A whole year without an event: the fleet is quiet, go to the day of the next one.
        today_number_ = earliest_filed() / day_ - 1;
        empty_days = 0;
      }
      ++today_number_;
      today_end_ = (today_number_ + 1) * day_;
      today_.clear();
      today_at_ = 0;
      std::uint32_t* link = &heads_[static_cast<std::size_t>(today_number_) & (heads_.size() - 1)];
      while (*link != kNone) {
        const std::uint32_t i = *link;
        if (states_[i].due < today_end_) {
          *link = links_[i];
          today_.push_back(i);
          --filed_;
        } else {
          link = &links_[i];
        }
      }
      std::sort(today_.begin(), today_.end(),
                [this](std::uint32_t a, std::uint32_t b) { return earlier(a, b); });
    }
    return true;
  }

  const Plan& plan_;
  Shard shard_;
  std::int64_t length_ = 0;
  std::int64_t day_ = 1;
  std::int64_t today_number_ = 0;
  std::int64_t today_end_ = 0;
  std::vector<State> states_;
  std::vector<std::uint32_t> links_;
  std::vector<std::uint32_t> heads_;  // a power of two
  std::vector<std::uint32_t> today_;  // sorted from today_at_ on
  std::size_t today_at_ = 0;
  std::size_t filed_ = 0;
  std::vector<SessionChange> changes_;   // scratch
  std::vector<std::uint32_t> sessions_;  // scratch
};

Schedule::Schedule(const Plan& plan, Shard shard, SimTime since)
    : calendar_(std::make_unique<Calendar>(plan, shard, since)) {}
Schedule::~Schedule() = default;
Schedule::Schedule(Schedule&&) noexcept = default;

std::size_t Schedule::next(std::span<Event> out, SimTime until) {
  return calendar_->next(out, until.count());
}

SimTime Schedule::next_due() const { return calendar_->next_due(); }

}  // namespace esm
