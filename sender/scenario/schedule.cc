#include "sender/scenario/schedule.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "sender/scenario/endpoint_states.h"
#include "sender/scenario/heartbeat.h"
#include "sender/scenario/large_array.h"
#include "sender/scenario/noise.h"

// A calendar queue (Brown, "Calendar queues: a fast O(1) priority queue implementation for the
// simulation event set problem", CACM 31(10), 1988), cut to what a fleet of endpoints needs.
//
// Every endpoint has at most one next moment at which something happens to it, a beat or a session
// change. That moment is filed under its day; when a day comes, its entries are sorted and worked
// off one after the other, and each endpoint's next moment is filed in turn. A moment of a later
// year waits in its day's pages and is passed over. Nothing is allocated while it runs, because
// there are never more entries than endpoints.
//
// What costs time in a fleet of millions is waiting for memory. So a day is a power of two of
// nanoseconds (a shift finds it), its entries lie side by side in blocks (no list to follow), a
// sorted day is an array of keys in which the endpoints to come can be seen and fetched early, and
// what an endpoint keeps is 24 bytes.

namespace esm {
namespace {

constexpr std::uint32_t kNone = 0xFFFFFFFF;

// A moment of an endpoint, or of its noise: 12 bytes, which an aligned 64-bit number would make 16.
struct Entry {
  std::uint32_t due_low, due_high;
  std::uint32_t who;

  std::int64_t due() const {
    return static_cast<std::int64_t>(std::uint64_t{due_high} << 32 | due_low);
  }
};

// Entries of one day. All of a day's blocks are full but the one that is being filled.
struct Block {
  static constexpr std::uint32_t kEntries = 42;
  std::uint32_t next;  // of the same day; or the next free one
  std::array<Entry, kEntries> entries;
};
static_assert(sizeof(Block) == 508);

// A day: its block that is being filled, and how far.
struct Day {
  std::uint32_t block = kNone;
  std::uint32_t count = 0;
};

// Sorts `keys`, which lie below 2^(32 + bits) and are spread over that range roughly evenly: dealt
// out by their upper bits first, after which hardly any is out of place.
class DaySorter {
 public:
  void sort(std::vector<std::uint64_t>& keys, int bits) {
    if (keys.size() < 16 || keys.size() > kMost) {
      std::sort(keys.begin(), keys.end());
      return;
    }
    const int shift = 32 + std::max(bits - kPileBits, 0);
    piles_.fill(0);
    for (const std::uint64_t key : keys) ++piles_[static_cast<std::size_t>(key >> shift) + 1];
    for (std::size_t pile = 1; pile < piles_.size(); ++pile) piles_[pile] += piles_[pile - 1];
    for (const std::uint64_t key : keys)
      dealt_[piles_[static_cast<std::size_t>(key >> shift)]++] = key;
    keys[0] = dealt_[0];
    std::size_t moves = 0;
    for (std::size_t i = 1; i < keys.size(); ++i) {
      std::size_t at = i;
      for (; at > 0 && keys[at - 1] > dealt_[i]; --at) keys[at] = keys[at - 1];
      keys[at] = dealt_[i];
      moves += i - at;
      if (moves > 8 * kMost) {  // not spread evenly after all
        std::copy(dealt_.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                  dealt_.begin() + static_cast<std::ptrdiff_t>(keys.size()),
                  keys.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        std::sort(keys.begin(), keys.end());
        return;
      }
    }
  }

 private:
  static constexpr int kPileBits = 10;
  static constexpr std::size_t kMost = 4096;
  std::array<std::uint32_t, (1 << kPileBits) + 1> piles_{};
  std::array<std::uint64_t, kMost> dealt_{};
};

}  // namespace

class Schedule::Calendar {
 public:
  Calendar(const Plan& plan, Shard shard, SimTime since)
      : plan_(plan),
        shard_(shard),
        count_(count_of(plan, shard)),
        noise_bit_(plan.scenario().noise.empty() ? 0 : 1),
        length_(plan.scenario().length.count()),
        states_(count_, behind_max(plan, shard), remembers_clocks(plan.scenario())) {
    for (std::uint32_t g = 0; g < plan.scenario().endpoints.size(); ++g) {
      const EndpointGroup& group = plan.scenario().endpoints[g];
      const std::uint32_t first = plan.endpoint_index({g, 0});
      const std::uint64_t hash = plan.identity(first).group;
      groups_.push_back({first, AgentManner(group), Heartbeat(group, hash, plan.seed()),
                         GroupNoise(plan.scenario(), g, hash, plan.seed())});
    }
    changes_.reserve(plan.changes_max());
    lay_out(std::max<std::int64_t>(since.count(), 0));
    // All may have something on one day. What is not used takes addresses, but no memory.
    today_.reserve(entries());
    again_.reserve(entries());
    for (std::uint32_t i = 0; i < count_; ++i) file_ready(i, begin(i, since));
    if (noise_bit_ == 0) return;
    noise_sources_ = LargeArray<std::uint8_t>(count_);
    if (plan.has_outages()) noise_ready_ = LargeArray<std::int64_t>(count_);
    for (std::uint32_t i = 0; i < count_; ++i) begin_noise(i, since);
  }

  std::size_t next(std::span<Event> out, std::int64_t until) {
    std::size_t filled = 0;
    until = std::min(until, length_);
    if (is_held_ && !out.empty()) {
      if (held_.due.count() >= until) return 0;
      is_held_ = false;
      out[filled++] = held_;
    }
    while (filled < out.size() && find_today()) {
      const std::uint64_t key = first_key();
      const std::int64_t due = due_of(key);
      if (due >= until) break;
      take_first();
      if (happen(entry_of(key), due, out[filled])) ++filled;
    }
    return filled;
  }

  std::size_t bytes() const {
    return sizeof(*this) + states_.bytes() + noise_sources_.size() +
           noise_ready_.size() * sizeof(std::int64_t) + blocks_.size() * sizeof(Block) +
           days_.capacity() * sizeof(Day) +
           (today_.capacity() + again_.capacity()) * sizeof(std::uint64_t) +
           changes_.capacity() * sizeof(Change);
  }

  // What sends nothing happens on the way; the event that is found is held for next().
  SimTime next_due() {
    while (!is_held_ && find_today()) {
      const std::uint64_t key = first_key();
      const std::int64_t due = due_of(key);
      if (due >= length_) break;
      take_first();
      is_held_ = happen(entry_of(key), due, held_);
    }
    return is_held_ ? held_.due : kNever;
  }

 private:
  struct Group {
    std::uint32_t first = 0;  // index of its first endpoint
    AgentManner manner;
    Heartbeat beats;
    GroupNoise noise;
  };

  static std::uint32_t count_of(const Plan& plan, Shard shard) {
    const std::uint32_t all = plan.endpoint_count();
    return all <= shard.index ? 0 : (all - shard.index - 1) / shard.count + 1;
  }

  // How many may be logged on behind somebody else.
  static std::uint64_t behind_max(const Plan& plan, Shard shard) {
    std::uint64_t most = 0;
    for (std::uint32_t g = 0; g < plan.scenario().endpoints.size(); ++g) {
      const std::uint64_t behind = plan.sessions_max(g) > 1 ? plan.sessions_max(g) - 1 : 0;
      most += behind * (plan.scenario().endpoints[g].count / shard.count + 1);
    }
    return most;
  }

  // How long a day is, how many make a year, and pages for them.
  void lay_out(std::int64_t since) {
    __extension__ using Wide = __int128;
    // Beats of the whole fleet in 10^18 ns, from the groups' own periods.
    constexpr Wide kSpan = Wide{1'000'000'000} * 1'000'000'000;
    Wide beats = 0;
    for (const EndpointGroup& group : plan_.scenario().endpoints) {
      beats += group.rate ? kSpan / group.rate->per.count() *
                                static_cast<std::int64_t>(group.rate->messages)
                          : kSpan / group.heartbeat.count() * group.count;
    }
    for (const Noise& noise : plan_.scenario().noise) {
      beats += kSpan / noise.every.count() * plan_.scenario().endpoints[noise.endpoints].count;
    }
    beats = std::max<Wide>(beats / shard_.count, 1);
    // Between 512 and 1024 beats a day on average. A day is shorter than 2^32 ns, so that a moment
    // within it and an endpoint fit one 64-bit key.
    constexpr Wide kBeatsADay = 1024;
    const auto wanted =
        static_cast<std::uint64_t>(std::clamp<Wide>(kSpan * kBeatsADay / beats, 1, Wide{1} << 32));
    day_bits_ = std::min(static_cast<int>(std::bit_width(wanted)) - 1, 31);
    // A year in which every endpoint beats about twice, so that few entries are passed over.
    const auto beats_a_day = static_cast<std::uint64_t>((beats << day_bits_) / kSpan);
    const auto days = static_cast<std::uint32_t>(std::bit_ceil(std::clamp<std::uint64_t>(
        std::uint64_t{2} * entries() / std::max<std::uint64_t>(beats_a_day, 1), 256, 1U << 22)));
    days_.assign(days, Day{});
    // Per day one block that is not full but not empty either, and one in hand while a day is read.
    blocks_ = LargeArray<Block>(entries() / Block::kEntries + std::min(days, entries()) + 1);
    for (std::uint32_t b = 0; b < blocks_.size(); ++b) {
      blocks_[b].next = std::exchange(free_block_, b);
    }
    today_number_ = (since >> day_bits_) - 1;
  }

  std::uint32_t entries() const { return count_ << noise_bit_; }
  std::uint32_t endpoint(std::uint32_t i) const { return i * shard_.count + shard_.index; }

  const Group& group_of(std::uint32_t e) const {
    if (groups_.size() == 1) return groups_.front();
    const auto above = std::upper_bound(
        groups_.begin(), groups_.end(), e,
        [](std::uint32_t value, const Group& group) { return value < group.first; });
    return *(above - 1);
  }

  // When something happens next at an endpoint where all changes until `time` are over: the first
  // beat at or after `time`, if it beats and no change comes before it.
  std::int64_t look_ahead(std::uint32_t i, EndpointState& state, const Group& group,
                          std::uint32_t index, SimTime time) const {
    if (!state.beats(group.manner)) return state.change_at;
    const Heartbeat::Beat beat = group.beats.first_at_or_after(index, time, states_.clock_start(i));
    state.beat = beat.k;
    return std::min(state.change_at, beat.due.count());
  }

  // Puts endpoint i into the state just before `since`: beats are counted in closed form, changes
  // are walked. Returns when something happens next.
  std::int64_t begin(std::uint32_t i, SimTime first_sent) {
    EndpointState& state = states_[i];
    const std::uint32_t e = endpoint(i);
    const SimTime since = plan_.ready_before(e, first_sent);
    const Group& group = group_of(e);
    const std::uint32_t index = e - group.first;
    SimTime next = plan_.changes_at(e, SimTime{-1}, changes_);
    // Where changes send nothing, those at `since` are over too: all of a load logs on at 0s.
    const SimTime over = group.manner.speaks ? std::max(since, SimTime{0})
                                             : std::max(since, SimTime{0}) + SimTime{1};
    SimTime from{0};
    while (next < over) {
      count_beats(i, state, group, index, from, std::min(next, since));
      from = next;
      next = plan_.changes_at(e, from, changes_);
      for (const Change& change : changes_) {
        if (states_.apply(i, group.manner, change)) ++state.ordinal;
      }
    }
    state.change_at = next.count();
    if (since > from) count_beats(i, state, group, index, from, since);
    return look_ahead(i, state, group, index, std::max(since, SimTime{0}));
  }

  // Those in [from, until).
  void count_beats(std::uint32_t i, EndpointState& state, const Group& group, std::uint32_t index,
                   SimTime from, SimTime until) const {
    if (from >= until || !state.beats(group.manner)) return;
    state.ordinal += group.beats.first_at_or_after(index, until, states_.clock_start(i)).k -
                     group.beats.first_at_or_after(index, from, states_.clock_start(i)).k;
    if (group.noise.empty()) return;
    state.ordinal += group.noise.count_before(index, until) - group.noise.count_before(index, from);
  }

  // When what is due at endpoint i at `due` got ready: what happens there next.
  SimTime ready_at(std::uint32_t i, const EndpointState& state, const Group& group,
                   std::uint32_t index, SimTime due) const {
    if (plan_.ready_before(endpoint(i), due) == due) return due;
    const SimTime change{state.change_at};
    if (state.done > 0 || !state.beats(group.manner)) return change;
    return std::min(change, group.beats.at(index, state.beat, states_.clock_start(i)));
  }

  void begin_noise(std::uint32_t i, SimTime first_sent) {
    const std::uint32_t e = endpoint(i);
    const SimTime since = plan_.ready_before(e, std::max(first_sent, SimTime{0}));
    const Group& group = group_of(e);
    if (!group.noise.empty()) {
      file_noise(i, group.noise.first_at_or_after(e - group.first, since));
    }
  }

  void file_noise(std::uint32_t i, GroupNoise::Moment moment) {
    noise_sources_[i] = moment.source;
    if (noise_ready_.size() > 0) noise_ready_[i] = moment.due.count();
    file(i << 1 | 1, plan_.leaves_at(endpoint(i), moment.due).count());
  }

  // Noise is due at endpoint i. It is sent while the agent beats.
  bool make_noise(std::uint32_t i, std::int64_t due, Event& event) {
    EndpointState& state = states_[i];
    const std::uint32_t e = endpoint(i);
    const Group& group = group_of(e);
    const std::uint8_t source = noise_sources_[i];
    const SimTime ready{noise_ready_.size() > 0 ? noise_ready_[i] : due};
    file_noise(i, group.noise.after(e - group.first, {ready, source}));
    if (!state.beats(group.manner)) return false;
    event = {SimTime{due},      e,          state.shown_user(group.manner), state.ordinal++,
             EventKind::kNoise, state.site, group.noise.message(source)};
    return true;
  }

  // What is due of an entry happens, and its next moment is filed. True when it sends a message,
  // which is then in `event`.
  bool happen(std::uint32_t entry, std::int64_t due, Event& event) {
    const std::uint32_t i = entry >> noise_bit_;
    if (noise_bit_ != 0 && (entry & 1) != 0) return make_noise(i, due, event);
    EndpointState& state = states_[i];
    const std::uint32_t e = endpoint(i);
    const Group& group = group_of(e);
    const std::uint32_t index = e - group.first;
    const SimTime ready = ready_at(i, state, group, index, SimTime{due});
    // A change comes before a beat of the same moment.
    if (ready.count() != state.change_at) {
      event = {SimTime{due},          e,         state.shown_user(group.manner), state.ordinal++,
               EventKind::kHeartbeat, state.site};
      const SimTime next = group.beats.after(index, state.beat, ready);
      ++state.beat;
      file_ready(i, std::min(state.change_at, next.count()));
      return true;
    }
    const SimTime next = plan_.changes_at(e, ready, changes_);
    std::optional<EventKind> said;
    while (state.done < changes_.size() && !said) {
      said = states_.apply(i, group.manner, changes_[state.done++]);
    }
    if (said) {
      event = {SimTime{due}, e, state.shown_user(group.manner), state.ordinal++, *said, state.site};
    }
    if (state.done < changes_.size()) {
      file(entry, due);
    } else {
      state.done = 0;
      state.change_at = next.count();
      file_ready(i, look_ahead(i, state, group, index, ready));
    }
    return said.has_value();
  }

  std::int64_t today_start() const { return today_number_ << day_bits_; }
  std::int64_t due_of(std::uint64_t key) const {
    return today_start() + static_cast<std::int64_t>(key >> 32);
  }
  std::uint64_t key_of(std::int64_t due, std::uint32_t entry) const {
    return static_cast<std::uint64_t>(due - today_start()) << 32 | entry;
  }
  static std::uint32_t entry_of(std::uint64_t key) { return static_cast<std::uint32_t>(key); }

  // What gets ready at endpoint i at `ready` is due when it leaves the ESM.
  void file_ready(std::uint32_t i, std::int64_t ready) {
    file(i << noise_bit_, plan_.leaves_at(endpoint(i), SimTime{ready}).count());
  }

  // Enters an entry's next moment: into today, if that has begun and the moment falls into it.
  void file(std::uint32_t entry, std::int64_t due) {
    if (due >= length_) return;
    const std::int64_t day = due >> day_bits_;
    if (day == today_number_) {
      again_.push_back(key_of(due, entry));
      std::push_heap(again_.begin(), again_.end(), std::greater<>());
      return;
    }
    assert(day > today_number_);
    Day& page = days_[static_cast<std::size_t>(day) & (days_.size() - 1)];
    if (page.block == kNone || page.count == Block::kEntries) {
      const std::uint32_t fresh = free_block_;
      assert(fresh != kNone);
      free_block_ = blocks_[fresh].next;
      blocks_[fresh].next = std::exchange(page.block, fresh);
      page.count = 0;
    }
    blocks_[page.block].entries[page.count++] = {static_cast<std::uint32_t>(due),
                                                 static_cast<std::uint32_t>(due >> 32), entry};
    ++filed_;
  }

  // The first of what is left of today: of its sorted keys, or of those that came to it since.
  std::uint64_t first_key() const {
    if (today_at_ == today_.size()) return again_.front();
    return again_.empty() ? today_[today_at_] : std::min(today_[today_at_], again_.front());
  }

  void take_first() {
    if (today_at_ == today_.size() || (!again_.empty() && again_.front() < today_[today_at_])) {
      std::pop_heap(again_.begin(), again_.end(), std::greater<>());
      again_.pop_back();
      return;
    }
    ++today_at_;
    constexpr std::size_t kAhead = 12;
    if (today_at_ + kAhead < today_.size()) {
      __builtin_prefetch(&states_[entry_of(today_[today_at_ + kAhead]) >> noise_bit_], 1);
    }
  }

  std::int64_t earliest_filed() const {
    std::int64_t earliest = kNever.count();
    for (const Day& day : days_) {
      std::uint32_t count = day.count;
      for (std::uint32_t b = day.block; b != kNone; b = blocks_[b].next) {
        for (std::uint32_t n = 0; n < count; ++n) {
          earliest = std::min(earliest, blocks_[b].entries[n].due());
        }
        count = Block::kEntries;
      }
    }
    return earliest;
  }

  // Turns pages until today has something left. False when nothing is filed any more.
  bool find_today() {
    if (today_at_ < today_.size() || !again_.empty()) return true;
    std::size_t empty_days = 0;
    do {
      if (filed_ == 0) return false;
      if (empty_days++ > days_.size()) {
        // A whole year without an event: the fleet is quiet, go to the day of the next one.
        today_number_ = (earliest_filed() >> day_bits_) - 1;
        empty_days = 0;
      }
      ++today_number_;
      open_today();
    } while (today_.empty());
    return true;
  }

  void open_today() {
    today_.clear();
    today_at_ = 0;
    Day day =
        std::exchange(days_[static_cast<std::size_t>(today_number_) & (days_.size() - 1)], {});
    while (day.block != kNone) {
      Block& block = blocks_[day.block];
      // Those of later years go back, into the one spare block or into blocks already read.
      for (std::uint32_t n = 0; n < day.count; ++n) {
        const Entry entry = block.entries[n];
        --filed_;
        if (entry.due() >> day_bits_ == today_number_) {
          today_.push_back(key_of(entry.due(), entry.who));
        } else {
          file(entry.who, entry.due());
        }
      }
      const std::uint32_t read = std::exchange(day.block, block.next);
      day.count = Block::kEntries;
      block.next = std::exchange(free_block_, read);
    }
    sorter_.sort(today_, day_bits_);
    for (std::size_t n = 0; n < std::min<std::size_t>(today_.size(), 12); ++n) {
      __builtin_prefetch(&states_[entry_of(today_[n]) >> noise_bit_], 1);
    }
  }

  const Plan& plan_;
  Shard shard_;
  std::uint32_t count_;  // endpoints of this shard
  // 1 where there is noise: endpoint i then has entry 2 i, and, where its group has noise, entry
  // 2 i + 1 for it, which comes behind it at the same moment.
  int noise_bit_;
  std::int64_t length_;
  EndpointStates states_;
  LargeArray<std::uint8_t> noise_sources_;  // of each endpoint, whose moment is filed
  // When that is ready, where what is ready may wait; else it is due then.
  LargeArray<std::int64_t> noise_ready_;
  std::vector<Group> groups_;
  int day_bits_ = 0;  // a day is 2^day_bits_ ns
  std::int64_t today_number_ = 0;
  std::vector<Day> days_;  // a year of them
  LargeArray<Block> blocks_;
  std::uint32_t free_block_ = kNone;
  std::size_t filed_ = 0;             // entries in blocks
  std::vector<std::uint64_t> today_;  // (time of day, entry), sorted; done up to today_at_
  std::size_t today_at_ = 0;
  std::vector<std::uint64_t> again_;  // the same, a heap: what was filed since today began
  DaySorter sorter_;
  std::vector<Change> changes_;  // scratch
  bool is_held_ = false;         // by next_due() for next()
  Event held_;
};

Schedule::Schedule(const Plan& plan, Shard shard, SimTime since)
    : calendar_(std::make_unique<Calendar>(plan, shard, since)) {}
Schedule::~Schedule() = default;
Schedule::Schedule(Schedule&&) noexcept = default;

std::size_t Schedule::next(std::span<Event> out, SimTime until) {
  return calendar_->next(out, until.count());
}

SimTime Schedule::next_due() const { return calendar_->next_due(); }

std::size_t Schedule::bytes() const { return calendar_->bytes(); }

}  // namespace esm
