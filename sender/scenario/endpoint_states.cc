#include "sender/scenario/endpoint_states.h"

#include <algorithm>
#include <cassert>
#include <utility>
#include <variant>

namespace esm {
namespace {

constexpr std::uint32_t kNone = 0xFFFFFFFF;

bool stops(Activity::Kind kind) {
  return kind == Activity::Kind::kShutdown || kind == Activity::Kind::kCrash;
}

}  // namespace

EndpointChanges::EndpointChanges(std::uint32_t count, std::uint64_t behind_max, bool clocks)
    : clocks_(clocks ? count : 0) {
  if (behind_max == 0) return;
  behind_ = LargeArray<std::uint32_t>(count);
  for (std::uint32_t i = 0; i < count; ++i) behind_[i] = kNone;
  sessions_ = LargeArray<Session>(static_cast<std::size_t>(behind_max));
}

std::size_t EndpointChanges::bytes() const {
  const auto size = [](const auto& array) { return array.size() * sizeof(array[0]); };
  return size(clocks_) + size(behind_) + size(sessions_);
}

void EndpointChanges::reset(std::uint32_t i, EndpointState& state) {
  all_log_off(i, state, IdleBeat::kSilent);
  state = {};
  if (clocks_.size() > 0) clocks_[i] = 0;
}

std::optional<EventKind> EndpointChanges::apply(std::uint32_t i, EndpointState& state,
                                                const AgentManner& manner, const Change& change) {
  std::optional<EventKind> said;
  switch (change.kind) {
    case Activity::Kind::kLogon:
      // Whoever sits down at a machine has it running.
      if (state.is(EndpointState::kOff)) start(i, state, change.at);
      state.set(EndpointState::kAsleep, false);
      log_on(i, state, change.user);
      if (manner.logon_clock) clocks_[i] = change.at.count();
      said = EventKind::kLogon;
      break;
    case Activity::Kind::kLogoff:
      if (log_off(i, state, change.user, manner.idle) && manner.logoff_message != 0 &&
          !state.is(EndpointState::kAsleep)) {
        said = EventKind::kLogoff;
      }
      break;
    case Activity::Kind::kLock:
      break;  // the session goes on, and so do the heartbeats
    case Activity::Kind::kUnlock:
      if (state.is(EndpointState::kOff) || !is_logged_on(i, state, change.user)) break;
      state.set(EndpointState::kAsleep, false);
      log_on(i, state, change.user);
      said = EventKind::kUnlock;
      break;
    case Activity::Kind::kSleep:
      if (!state.is(EndpointState::kOff)) state.set(EndpointState::kAsleep, true);
      break;
    case Activity::Kind::kWake:
      if (!state.is(EndpointState::kAsleep)) break;
      state.set(EndpointState::kAsleep, false);
      if (state.beats(manner)) said = EventKind::kWake;
      break;
    case Activity::Kind::kBoot:
      if (!state.is(EndpointState::kOff)) break;
      start(i, state, change.at);
      if (state.beats(manner)) said = EventKind::kBoot;
      break;
    case Activity::Kind::kShutdown:
    case Activity::Kind::kCrash:
      all_log_off(i, state, manner.idle);
      state.set(EndpointState::kAsleep, false);
      state.set(EndpointState::kOff, true);
      break;
    case Activity::Kind::kRoam: {
      const bool moves = state.site != change.site;
      state.site = change.site;
      if (moves && state.beats(manner)) said = EventKind::kRoam;
      break;
    }
  }
  return manner.speaks && !change.silent ? said : std::nullopt;
}

void EndpointChanges::start(std::uint32_t i, EndpointState& state, SimTime at) {
  state.set(EndpointState::kOff, false);
  if (clocks_.size() > 0) clocks_[i] = at.count();
}

void EndpointChanges::log_on(std::uint32_t i, EndpointState& state, std::uint32_t user) {
  if (state.is(EndpointState::kOccupied)) log_off(i, state, user, IdleBeat::kSilent);
  if (state.is(EndpointState::kOccupied)) {
    const std::uint32_t session = take_session();
    sessions_[session] = {state.user, behind_[i]};
    behind_[i] = session;
  }
  state.user = user;
  state.set(EndpointState::kOccupied, true);
}

// Changes nothing where they are not logged on.
bool EndpointChanges::log_off(std::uint32_t i, EndpointState& state, std::uint32_t user,
                              IdleBeat idle) {
  if (!state.is(EndpointState::kOccupied)) return false;
  const bool alone = behind_.size() == 0 || behind_[i] == kNone;
  if (state.user == user && alone) {
    state.set(EndpointState::kOccupied, false);
    if (idle != IdleBeat::kStale) state.user = kNobody;
    return true;
  }
  if (alone) return false;
  if (state.user == user) {
    const std::uint32_t session = behind_[i];
    state.user = sessions_[session].user;
    behind_[i] = sessions_[session].below;
    give_back(session);
    return true;
  }
  std::uint32_t* link = &behind_[i];
  while (*link != kNone && sessions_[*link].user != user) link = &sessions_[*link].below;
  if (*link == kNone) return false;
  const std::uint32_t session = *link;
  *link = sessions_[session].below;
  give_back(session);
  return true;
}

bool EndpointChanges::is_logged_on(std::uint32_t i, const EndpointState& state,
                                   std::uint32_t user) const {
  if (!state.is(EndpointState::kOccupied)) return false;
  if (state.user == user) return true;
  if (behind_.size() == 0) return false;
  std::uint32_t session = behind_[i];
  while (session != kNone && sessions_[session].user != user) session = sessions_[session].below;
  return session != kNone;
}

std::uint32_t EndpointChanges::behind(std::uint32_t i) const {
  if (behind_.size() == 0) return 0;
  std::uint32_t count = 0;
  for (std::uint32_t session = behind_[i]; session != kNone; session = sessions_[session].below) {
    ++count;
  }
  return count;
}

void EndpointChanges::all_log_off(std::uint32_t i, EndpointState& state, IdleBeat idle) {
  while (state.is(EndpointState::kOccupied)) log_off(i, state, state.user, idle);
}

std::uint32_t EndpointChanges::take_session() {
  if (free_session_ != kNone) return std::exchange(free_session_, sessions_[free_session_].below);
  assert(sessions_used_ < sessions_.size());
  return sessions_used_++;
}

void EndpointChanges::give_back(std::uint32_t session) {
  sessions_[session].below = std::exchange(free_session_, session);
}

bool remembers_clocks(const Scenario& scenario) {
  const auto by_logon = [](const EndpointGroup& group) {
    return group.clock == HeartbeatClock::kLogon;
  };
  const auto by_activity = [](const Activity& activity) {
    return stops(activity.kind) || (activity.lasts && stops(activity.then));
  };
  const auto by_step = [](const Step& step) {
    const auto* const machine = std::get_if<MachineStep>(&step.what);
    return machine != nullptr && stops(machine->kind);
  };
  return std::any_of(scenario.endpoints.begin(), scenario.endpoints.end(), by_logon) ||
         std::any_of(scenario.activities.begin(), scenario.activities.end(), by_activity) ||
         std::any_of(scenario.steps.begin(), scenario.steps.end(), by_step);
}

}  // namespace esm
