#include "sender/verify/sent.h"

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/report/lane_rule.h"
#include "sender/scenario/other_messages.h"

namespace esm {

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
  for (const LaneRecord& lane : record->lanes) {
    if (!weighted_ && lane.target != target_) continue;
    workers_ = lane.workers;
    connections_[lane.target] = lane.connections;
    lanes_[{lane.target, lane.worker, lane.esm, lane.connection}] = {&lane, 0, 0, 0};
  }
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
  const std::uint32_t target = weighted_ ? weighted_->of(event.endpoint) : target_;
  if (target >= connections_.size()) return answer;
  const auto found = lanes_.find(
      {target, worker_of(event.endpoint, shard_.count, workers_), plan_.esm(event.endpoint),
       connection_of(event.endpoint, shard_.count, workers_, connections_[target])});
  if (found == lanes_.end()) return answer;  // a run that never began has no lanes
  Lane& lane = found->second;
  const std::uint64_t number = lane.number++;
  if (number >= lane.record->due) return answer;

  answer.due = true;
  if (target != target_ && !any_target_) {
    answer.elsewhere = target;
    answer.sent = Sent::kNotSent;
    return answer;
  }
  answer.number = number;
  answer.lane = static_cast<std::uint32_t>(lane.record - record_->lanes.data());
  answer.sent = lane.record->exceptions_overflowed ? Sent::kUncertain : Sent::kSent;
  const std::vector<FateInterval>& exceptions = lane.record->exceptions;
  while (lane.exception < exceptions.size() && exceptions[lane.exception].last < number) {
    ++lane.exception;
  }
  if (lane.exception < exceptions.size() && exceptions[lane.exception].first <= number) {
    answer.exception = &exceptions[lane.exception];
    const Fate fate = answer.exception->fate;
    answer.sent =
        fate == Fate::kRefused || fate == Fate::kDropped ? Sent::kNotSent : Sent::kUncertain;
  }
  const std::vector<MessageInterval>& acknowledged = lane.record->acknowledged;
  while (lane.acknowledged < acknowledged.size() && acknowledged[lane.acknowledged].last < number) {
    ++lane.acknowledged;
  }
  answer.acknowledged = answer.exception == nullptr && lane.acknowledged < acknowledged.size() &&
                        acknowledged[lane.acknowledged].first <= number;
  return answer;
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
