#include "sender/verify/sent.h"

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/report/lane_rule.h"
#include "sender/scenario/other_messages.h"

namespace esm {

namespace {

// `at`: the first interval that does not lie behind the number before; numbers go forward only.
bool is_within(const std::vector<MessageInterval>& intervals, std::size_t& at,
               std::uint64_t number) {
  while (at < intervals.size() && intervals[at].last < number) ++at;
  return at < intervals.size() && intervals[at].first <= number;
}

}  // namespace

SentRule::SentRule(const Plan& plan, const RunRecord* record, std::optional<std::uint32_t> target)
    : plan_(plan), record_(record), target_(target.value_or(0)), any_target_(!target) {
  if (record == nullptr) return;
  shard_ = {record->shard_index, record->shard_count};
  std::vector<std::uint32_t> weights;
  for (const TargetRecord& one : record->targets) weights.push_back(one.weight);
  if (record->distribution == Distribution::kWeighted && !weights.empty()) {
    weighted_.emplace(weights);
  }
  connections_.resize(record->targets.size(), 1);
  fails_over_ = record->distribution == Distribution::kFailOver;
  for (const LaneRecord& lane : record->lanes) {
    if (!weighted_ && !fails_over_ && lane.target != target_) continue;
    workers_ = lane.workers;
    connections_[lane.target] = lane.connections;
    lanes_[{lane.target, lane.worker, lane.esm, lane.connection}] = {&lane, 0, 0, 0, 0};
  }
}

// Null: a run that never began has no lanes.
SentRule::Lane* SentRule::lane_of(const Event& event, std::uint32_t target) {
  if (target >= connections_.size()) return nullptr;
  const auto found = lanes_.find(
      {target, worker_of(event.endpoint, shard_.count, workers_), plan_.esm(event.endpoint),
       connection_of(event.endpoint, shard_.count, workers_, connections_[target])});
  return found == lanes_.end() ? nullptr : &found->second;
}

// Numbers go forward only.
const FateInterval* SentRule::exception_at(Lane& lane, std::uint64_t number) {
  const std::vector<FateInterval>& exceptions = lane.record->exceptions;
  while (lane.exception < exceptions.size() && exceptions[lane.exception].last < number) {
    ++lane.exception;
  }
  const bool listed =
      lane.exception < exceptions.size() && exceptions[lane.exception].first <= number;
  return listed ? &exceptions[lane.exception] : nullptr;
}

SentRule::Answer SentRule::next(const Event& event) {
  Answer answer;
  if (record_ == nullptr) {
    answer.lane = plan_.esm(event.endpoint);
    answer.number = numbers_[answer.lane]++;
    return answer;
  }
  answer.due = false;
  if (!shard_.holds(event.endpoint)) return answer;
  if (fails_over_) return next_of_shared(event);
  const std::uint32_t target = weighted_ ? weighted_->of(event.endpoint) : target_;
  Lane* const lane = lane_of(event, target);
  if (lane == nullptr) return answer;
  const std::uint64_t number = lane->number++;
  if (number >= lane->record->due) return answer;
  if (target == target_ || any_target_) return answer_of(*lane, number);
  return meant_for(target);
}

// A message has the same number in the lanes of all targets, and all but one say that it was
// elsewhere.
SentRule::Answer SentRule::next_of_shared(const Event& event) {
  std::optional<Answer> own;
  std::optional<std::uint32_t> home;
  for (std::uint32_t target = 0; target < connections_.size(); ++target) {
    Lane* const lane = lane_of(event, target);
    if (lane == nullptr) continue;
    const std::uint64_t number = lane->number++;
    if (number >= lane->record->due) continue;
    const FateInterval* const exception = exception_at(*lane, number);
    if (exception != nullptr && exception->fate == Fate::kElsewhere) {
      if (target == target_ && !any_target_) own = meant_for(target);
      continue;
    }
    if (target == target_ || (any_target_ && !home)) own = answer_of(*lane, number);
    if (!home) home = target;
  }
  if (!own) return {.due = false};
  if (own->elsewhere) own->elsewhere = home.value_or(target_);
  return *own;
}

SentRule::Answer SentRule::meant_for(std::uint32_t target) {
  Answer answer;
  answer.sent = Sent::kNotSent;
  answer.elsewhere = target;
  return answer;
}

// It became due in this lane.
SentRule::Answer SentRule::answer_of(Lane& lane, std::uint64_t number) const {
  Answer answer;
  answer.number = number;
  answer.lane = static_cast<std::uint32_t>(lane.record - record_->lanes.data());
  answer.sent = lane.record->exceptions_overflowed ? Sent::kUncertain : Sent::kSent;
  if (const FateInterval* const exception = exception_at(lane, number)) {
    answer.exception = exception;
    const Fate fate = exception->fate;
    answer.sent =
        fate == Fate::kRefused || fate == Fate::kDropped ? Sent::kNotSent : Sent::kUncertain;
  }
  answer.acknowledged = answer.exception == nullptr &&
                        is_within(lane.record->acknowledged, lane.acknowledged, number);
  answer.resent = is_within(lane.record->resent, lane.resent, number) ||
                  (lane.record->exceptions_overflowed && !lane.record->resent.empty());
  return answer;
}

std::uint64_t written_again(const RunRecord* record, std::optional<std::uint32_t> target) {
  std::uint64_t sum = 0;
  if (record == nullptr) return sum;
  for (std::size_t t = 0; t < record->targets.size(); ++t) {
    if (target.value_or(t) == t) sum += record->targets[t].books.resent;
  }
  return sum;
}

std::string describe(const SentRule::Answer& answer) {
  if (!answer.due) return "never due";
  if (answer.elsewhere) return fmt::format("it was for target {}", *answer.elsewhere);
  if (answer.sent == Sent::kSent) return "sent";
  if (answer.exception == nullptr) return "uncertain (the record had no room for all exceptions)";
  const FateInterval& fate = *answer.exception;
  if (fate.fate == Fate::kWritten) return "uncertain (its connection ended badly)";
  if (fate.fate == Fate::kCut) return "uncertain (only its first bytes were written)";
  return fate.error == 0 ? fmt::format("{} ({})", name_of(fate.fate), name_of(fate.reason))
                         : fmt::format("{} ({}, error {})", name_of(fate.fate),
                                       name_of(fate.reason), fate.error);
}

std::string describe(const Plan& plan, const Event& event) {
  const EndpointRef endpoint = plan.endpoint_ref(event.endpoint);
  std::string user = "nobody";
  if (event.user != kNobody) {
    const UserRef ref = plan.user_ref(event.user);
    user = plan.scenario().users[ref.group].name_of(ref.index);
  }
  std::string what(name_of(event.kind));
  if (event.kind == EventKind::kNoise) {
    what += fmt::format(" {}", other_message(plan.scenario(), event.message).name);
  }
  if (event.fault > 0) {
    what = fmt::format("{} ({})", what, name_of(plan.scenario().faults[event.fault - 1U].kind));
  }
  return fmt::format("{} of {} at {} ({}), due at {}", what, user,
                     plan.scenario().endpoints[endpoint.group].host.name(endpoint.index),
                     plan.address(event).to_string(), format_moment(event.due));
}

}  // namespace esm
