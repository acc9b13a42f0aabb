#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/verify/due_messages.h"
#include "sender/verify/expected_window.h"
#include "sender/verify/line_reader.h"
#include "sender/verify/received_findings.h"
#include "sender/verify/verify.h"

// The schedule is walked beside the received lines, so that in the best case nothing is kept but a
// window of expected lines (expected_window.cc). What is wrong is put into words by a second walk,
// made only then (received_findings.cc): that way memory depends neither on the messages' number
// and length nor on who damaged how many.

namespace esm {
namespace {

// The window: what may be on its way at one time. A message or two of every endpoint, within
// bounds.
std::size_t window_of(const Plan& plan) {
  constexpr std::size_t kLeast = 65'000, kMost = 1'000'000;
  return std::clamp<std::size_t>(plan.endpoint_count(), kLeast, kMost);
}

bool order_relaxed(const RunRecord* record, std::optional<std::uint32_t> target) {
  if (record == nullptr) return false;
  const std::vector<TargetRecord>& targets = record->targets;
  if (target) return *target < targets.size() && targets[*target].order_relaxed;
  return std::any_of(targets.begin(), targets.end(),
                     [](const TargetRecord& one) { return one.order_relaxed; });
}

class Comparison {
 public:
  Comparison(const VerifyInput& input, Verdict& verdict)
      : input_(input),
        verdict_(verdict),
        due_(input),
        window_(input.window.value_or(window_of(input.plan)), input.plan.endpoint_count(),
                [this](std::vector<ExpectedLine>& out) { return supply(out); }) {}

  void read(std::istream& received) {
    LineReader reader(received);
    std::string_view line;
    while (reader.next(line)) {
      ++verdict_.received;
      const auto message = input_.form.stored(line, scratch_);
      if (!message) {
        ++verdict_.other_lines;
        continue;
      }
      // A line of which the end is not known is nothing that was sent.
      const Hash128 hash = reader.too_long() ? Hash128{} : hash128(*message);
      const ExpectedWindow::Came came = window_.receive(hash, reader.number());
      if (came == ExpectedWindow::Came::kOutOfOrder && verdict_.out_of_order++ == 0) {
        verdict_.out_of_order_line = reader.number();
      }
      if (came == ExpectedWindow::Came::kStray) {
        strange_.keep({std::string(*message), reader.number(), reader.too_long()});
      }
    }
    if (reader.failed()) {
      verdict_.trouble = fmt::format("reading what was received failed after {} lines",
                                     format_thousands(reader.number()));
    }
    window_.finish();
    verdict_.matched = window_.matched();
    verdict_.uncertain_received = window_.uncertain_matched();
    verdict_.displaced = window_.displaced();
    verdict_.again = window_.again();
    check_digest();
    explain_received(input_, window_, strange_, received, std::move(mismatch_), verdict_);
  }

 private:
  bool supply(std::vector<ExpectedLine>& out) {
    constexpr std::size_t kAtOnce = 256;
    return due_.next(kAtOnce,
                     [&](std::uint64_t order, const Event& event, const SentRule::Answer& answer) {
                       const std::string_view message = due_.render(event);
                       Hash128 hash = hash128(message);
                       if (const auto whole = due_.hash_of_message(event, hash))
                         digest_.add(*whole);
                       if (answer.sent == Sent::kSent) ++verdict_.expected;
                       if (answer.sent == Sent::kNotSent) {
                         verdict_.not_sent += answer.elsewhere ? 0U : 1U;
                         return;
                       }
                       if (input_.form.drops_heads())
                         hash = hash128(input_.form.sent(message, scratch_sent_));
                       const bool relaxed = verdict_.order == Verdict::Order::kRelaxed;
                       out.push_back({hash, order, event.endpoint,
                                      relaxed ? ExpectedWindow::kNotJudged : answer.lane,
                                      answer.sent == Sent::kUncertain, answer.resent});
                     });
  }

  void check_digest() {
    const RunRecord* record = input_.record;
    const bool whole = record != nullptr && record->shard_index == input_.shard.index &&
                       record->shard_count == input_.shard.count;
    if (!whole || (digest_.count() == record->messages && digest_.hex() == record->digest)) return;
    Finding finding;
    finding.kind = Finding::Kind::kRecordMismatch;
    finding.subject = "the run record";
    finding.expected = fmt::format("{} messages with the digest {}",
                                   format_thousands(record->messages), record->digest);
    finding.found = fmt::format("{} messages with the digest {}", format_thousands(digest_.count()),
                                digest_.hex());
    finding.reason =
        "what was rendered again is not what was sent: the record was changed, or written by "
        "another version of this program";
    mismatch_ = std::move(finding);
  }

  const VerifyInput& input_;
  Verdict& verdict_;
  DueMessages due_;
  Digest digest_;
  std::string scratch_, scratch_sent_;
  StrangeLines strange_;
  std::optional<Finding> mismatch_;
  ExpectedWindow window_;
};

}  // namespace

Verdict verify_received(const VerifyInput& input, std::istream& received) {
  Verdict verdict;
  const bool relaxed = order_relaxed(input.record, input.target);
  verdict.order = input.record == nullptr ? Verdict::Order::kOfEsms
                  : relaxed               ? Verdict::Order::kRelaxed
                                          : Verdict::Order::kOfConnections;
  Comparison(input, verdict).read(received);
  return verdict;
}

}  // namespace esm
