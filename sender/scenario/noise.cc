#include "sender/scenario/noise.h"

namespace esm {

GroupNoise::GroupNoise(const Scenario& scenario, std::uint32_t group, std::uint64_t group_hash,
                       std::uint64_t seed)
    : key_(draw_key(seed, Purpose::kNoise)) {
  std::uint8_t message = 0;
  for (const Noise& noise : scenario.noise) {
    ++message;
    if (noise.endpoints != group) continue;
    // Which of the group's own it is: another group's noise changes nothing here.
    sources_.push_back({group_hash + sources_.size(), noise.every.count(), message});
  }
}

GroupNoise::Moment GroupNoise::earliest(std::uint32_t index, SimTime time,
                                        std::uint32_t first) const {
  Moment earliest;
  for (std::uint32_t i = 0; i < sources_.size(); ++i) {
    const SimTime from = i < first ? time + SimTime{1} : time;
    const std::int64_t k = from.count() / sources_[i].slot;
    SimTime due = at(sources_[i], index, k);
    if (due < from) due = at(sources_[i], index, k + 1);
    if (due < earliest.due) earliest = {due, static_cast<std::uint8_t>(i)};
  }
  return earliest;
}

std::uint32_t GroupNoise::count_before(std::uint32_t index, SimTime time) const {
  std::uint32_t count = 0;
  for (const Source& source : sources_) {
    const std::int64_t k = time.count() / source.slot;
    count += static_cast<std::uint32_t>(k) + (at(source, index, k) < time ? 1 : 0);
  }
  return count;
}

}  // namespace esm
