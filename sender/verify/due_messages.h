// The messages of a recomputed schedule that became due, with what became of each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

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
    line_.resize(renderer_.length_max());
  }

  // Calls `look(order, event, answer)` for about the next `count` messages; false where there are
  // none left.
  template <typename Look>
  bool next(std::size_t count, const Look& look) {
    for (std::size_t seen = 0; seen < count; ++at_) {
      if (at_ == filled_) {
        filled_ = schedule_.next(events_);
        at_ = 0;
        if (filled_ == 0) return false;
      }
      const Event& event = events_[at_];
      const SentRule::Answer answer = rule_.next(event);
      if (answer.due && input_.shard.holds(event.endpoint)) {
        look(order_, event, answer);
        ++seen;
      }
      ++order_;
    }
    return true;
  }

  template <typename Look>
  void for_each(const Look& look) {
    while (next(4096, look)) {
    }
  }

  // Lives until the next call.
  std::string_view render(const Event& event) {
    char* const end = renderer_.render(event, line_.data());
    return {line_.data(), static_cast<std::size_t>(end - line_.data())};
  }

 private:
  const VerifyInput& input_;
  SentRule rule_;
  Schedule schedule_;
  Renderer renderer_;
  std::string line_;
  std::vector<Event> events_;
  std::size_t at_ = 0, filled_ = 0;
  std::uint64_t order_ = 0;
};

}  // namespace esm
