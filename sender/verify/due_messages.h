// The messages of a recomputed schedule that became due, with what became of each.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sender/base/hash.h"
#include "sender/mapping/message_lines.h"
#include "sender/message/renderer.h"
#include "sender/scenario/schedule.h"
#include "sender/verify/sent.h"
#include "sender/verify/verify.h"

namespace esm {

// Goes through them once, from the first to the last.
class DueMessages {
 public:
  // `input` must outlive it.
  explicit DueMessages(const VerifyInput& input)
      : input_(input),
        rule_(input.plan, input.record, input.target),
        // Numbers in lanes count all events of the record's shard.
        schedule_(input.plan, input.record == nullptr
                                  ? input.shard
                                  : Shard{input.record->shard_index, input.record->shard_count}),
        renderer_(input.templates, input.plan, input.epoch),
        events_(4096) {
    line_.resize(renderer_.room());
  }

  // Calls `look(order, event, answer)` for each line of about the next `count` messages; false
  // where there are none left. A message is one line, unless a deliberate fault has made several of
  // it.
  template <typename Look>
  bool next(std::size_t count, const Look& look) {
    for (std::size_t seen = 0; seen < count; ++at_) {
      if (at_ == filled_) {
        filled_ = schedule_.next(events_);
        at_ = 0;
        if (filled_ == 0) return false;
      }
      const Event& event = events_[at_];
      SentRule::Answer answer = rule_.next(event);
      const bool wanted = answer.due && input_.shard.holds(event.endpoint);
      seen += wanted ? 1 : 0;
      if (event.fault == 0) {
        if (wanted) look(order_, event, answer);
        ++order_;
        continue;
      }
      split(event);
      const Sent sent = answer.sent;
      for (part_ = 0; part_ < parts_.size(); ++part_, ++order_) {
        // A receiver refuses or cuts what is too long for it.
        const bool too_long = parts_[part_].size() > input_.message_bytes_max;
        answer.sent = too_long && sent == Sent::kSent ? Sent::kUncertain : sent;
        if (wanted) look(order_, event, answer);
      }
    }
    return true;
  }

  template <typename Look>
  void for_each(const Look& look) {
    while (next(4096, look)) {
    }
  }

  // The line that is looked at; lives until the next call.
  std::string_view render(const Event& event) {
    return event.fault > 0 ? std::string_view(parts_[part_]) : whole(event);
  }
  // What counts for the digest: the hash of the message that the line, with this hash, is the first
  // of; nothing of the others.
  std::optional<Hash128> hash_of_message(const Event& event, const Hash128& line) const {
    if (event.fault == 0) return line;
    return part_ == 0 ? std::optional(message_hash_) : std::nullopt;
  }

 private:
  std::string_view whole(const Event& event) {
    char* const end = renderer_.render(event, line_.data());
    return {line_.data(), static_cast<std::size_t>(end - line_.data())};
  }

  void split(const Event& event) {
    const std::string_view message = whole(event);
    message_hash_ = hash128(message);
    parts_.clear();
    for_each_message_line(event, message,
                          [this](std::string_view one) { parts_.emplace_back(one); });
  }

  const VerifyInput& input_;
  SentRule rule_;
  Schedule schedule_;
  Renderer renderer_;
  std::string line_;
  std::vector<Event> events_;
  std::size_t at_ = 0, filled_ = 0;
  std::uint64_t order_ = 0;
  // The lines of an event with a fault, which is looked at, and the hash of them all.
  std::vector<std::string> parts_;
  std::size_t part_ = 0;
  Hash128 message_hash_{};
};

}  // namespace esm
