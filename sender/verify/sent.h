// What became of each message of the recomputed schedule, by the run record: certain to have left,
// certain not to have, or uncertain.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "sender/report/distribution.h"
#include "sender/report/run_record.h"
#include "sender/scenario/plan.h"

namespace esm {

enum class Sent : std::uint8_t { kSent, kUncertain, kNotSent };

// Deals events out to the record's lanes again, by lane_rule.h, and looks their numbers up in the
// lanes' exceptions.
class SentRule {
 public:
  // `record` may be null: then every event was sent. All references must outlive the rule.
  // `target`: index of the record's target that is asked about; none: of the one that each message
  // was meant for.
  SentRule(const Plan& plan, const RunRecord* record, std::optional<std::uint32_t> target);

  struct Answer {
    bool due = true;  // false: it never became due, or in another shard than the record's
    Sent sent = Sent::kSent;
    const FateInterval* exception = nullptr;  // the record's own words, if it is listed
    // The peer's kernel had it when the connection ended badly.
    bool acknowledged = false;
    // It was written again, and may have come as often.
    bool resent = false;
    // Its messages left in schedule order: which of the record's lanes, or, without a record, the
    // ESM (several connections of one ESM are then taken for one).
    std::uint32_t lane = 0;
    std::uint64_t number = 0;  // within it; without a record within the ESM
    // Meant for another target, with this index in the record; `sent` is kNotSent then.
    std::optional<std::uint32_t> elsewhere = {};
  };
  // To be asked about every event of the record's shard, in schedule order; others may be among
  // them.
  Answer next(const Event& event);

 private:
  struct Lane {
    const LaneRecord* record = nullptr;
    std::uint64_t number = 0;   // of the next event
    std::size_t exception = 0;  // the first that does not lie behind it
    std::size_t acknowledged = 0, resent = 0;
  };

  Lane* lane_of(const Event& event, std::uint32_t target);
  static const FateInterval* exception_at(Lane& lane, std::uint64_t number);
  Answer next_of_shared(const Event& event);
  static Answer meant_for(std::uint32_t target);
  Answer answer_of(Lane& lane, std::uint64_t number) const;

  const Plan& plan_;
  const RunRecord* record_;
  Shard shard_;
  std::uint32_t workers_ = 1;
  std::uint32_t target_ = 0;
  bool any_target_ = false;
  bool fails_over_ = false;
  std::optional<WeightedTargets> weighted_;
  std::vector<std::uint32_t> connections_;          // by target
  std::map<std::uint32_t, std::uint64_t> numbers_;  // by ESM, without a record
  // By target, worker, ESM, connection.
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>, Lane> lanes_;
};

// How often messages were written again in all; of one target, or of all of them. Without a record
// none was.
std::uint64_t written_again(const RunRecord* record, std::optional<std::uint32_t> target);

// "dropped (too-late)", "refused (too-long, error 90)", "uncertain".
std::string describe(const SentRule::Answer& answer);

// "heartbeat of jdoe at PC-00007 (10.20.0.7), due at 35m".
std::string describe(const Plan& plan, const Event& event);

}  // namespace esm
