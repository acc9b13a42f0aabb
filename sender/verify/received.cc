#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/message/renderer.h"
#include "sender/scenario/schedule.h"
#include "sender/verify/difference.h"
#include "sender/verify/expected_lines.h"
#include "sender/verify/line_reader.h"
#include "sender/verify/verify.h"

// Two passes over the schedule. The first keeps a hash of every message; then what was received is
// read once. The second, made only if something is wrong, renders again what is to be shown or
// compared: that way memory depends neither on the messages' length nor on who damaged how many.

namespace esm {
namespace {

// Strange lines that are kept to be compared with missing ones, and missing ones that they are
// compared with: beyond that, damage is counted and not explained.
constexpr std::size_t kStrangeMax = 10'000;
constexpr std::size_t kStrangeBytesMax = std::size_t{16} << 20;
constexpr std::size_t kCandidatesMax = 100'000;
constexpr std::uint64_t kCopiesMax = 1'000;  // of equal lines
constexpr std::size_t kSubjectMax = 1'000;   // bytes of a strange line that a finding shows

// Every event that became due, with its line; `function` gets (order, event, answer).
class Messages {
 public:
  explicit Messages(const VerifyInput& input)
      : input_(input), renderer_(input.templates, input.plan, input.epoch) {
    scratch_.resize(renderer_.length_max());
  }

  template <typename Function>
  void for_each(Function function) {
    // Numbers in lanes count all events of the record's shard.
    const RunRecord* record = input_.record;
    const Shard walked =
        record == nullptr ? input_.shard : Shard{record->shard_index, record->shard_count};
    SentRule rule(input_.plan, record, input_.target);
    Schedule schedule(input_.plan, walked);
    std::vector<Event> events(4096);
    std::uint64_t order = 0;
    while (const std::size_t count = schedule.next(events)) {
      for (const Event& event : std::span(events).first(count)) {
        const SentRule::Answer answer = rule.next(event);
        if (answer.due && input_.shard.holds(event.endpoint)) function(order, event, answer);
        ++order;
      }
    }
  }

  // Lives until the next call.
  std::string_view render(const Event& event) {
    char* const end = renderer_.render(event, scratch_.data());
    return {scratch_.data(), static_cast<std::size_t>(end - scratch_.data())};
  }

 private:
  const VerifyInput& input_;
  Renderer renderer_;
  std::string scratch_;
};

struct Strange {
  std::string text;
  std::uint64_t line = 0;
  bool too_long = false;
};

// What is to be looked at again in the second pass, by order.
struct Wanted {
  enum class Why : std::uint8_t { kMissing, kUncertain, kDuplicated, kReceivedThoughNotSent };
  std::uint64_t order = 0;
  Why why = Why::kMissing;
  std::uint64_t times = 1;  // missing; or received, of `equal` that were sent
  std::uint64_t equal = 1;
};

class Comparison {
 public:
  Comparison(const VerifyInput& input, Verdict& verdict)
      : input_(input), verdict_(verdict), messages_(input) {}

  void expect() {
    if (input_.record != nullptr) {
      std::uint64_t due = 0;
      for (const LaneRecord& lane : input_.record->lanes) {
        if (lane.target == input_.target) due += lane.due;
      }
      constexpr std::uint64_t kReserveMax = 1 << 25;  // a record may claim anything
      lines_.reserve(static_cast<std::size_t>(std::min(due, kReserveMax)));
    }
    messages_.for_each(
        [&](std::uint64_t order, const Event& event, const SentRule::Answer& answer) {
          const Hash128 hash = hash128(messages_.render(event));
          digest_.add(hash);
          const bool relaxed = verdict_.order == Verdict::Order::kRelaxed;
          lines_.add(hash, order, relaxed ? ExpectedLines::kNotJudged : answer.lane, answer.sent);
          if (answer.sent == Sent::kSent) ++verdict_.expected;
          if (answer.sent == Sent::kNotSent) ++verdict_.not_sent;
        });
    lines_.seal();
    check_digest();
  }

  void read(std::istream& received) {
    LineReader reader(received);
    std::size_t bytes = 0;
    std::string_view line;
    while (reader.next(line)) {
      ++verdict_.received;
      const auto came =
          reader.too_long() ? ExpectedLines::Came::kUnknown : lines_.receive(hash128(line));
      if (came == ExpectedLines::Came::kKnown) continue;
      if (came == ExpectedLines::Came::kOutOfOrder) {
        if (verdict_.out_of_order++ == 0) verdict_.out_of_order_line = reader.number();
        continue;
      }
      ++strange_total_;
      if (strange_.size() == kStrangeMax || bytes + line.size() > kStrangeBytesMax) continue;
      bytes += line.size();
      strange_.push_back({std::string(line), reader.number(), reader.too_long()});
    }
    if (reader.failed()) {
      verdict_.trouble = fmt::format("reading what was received failed after {} lines",
                                     format_thousands(reader.number()));
    }
  }

  void compare() {
    std::uint64_t duplicated_groups = 0, not_sent_groups = 0;
    lines_.for_each_group([&](std::span<const ExpectedLines::Entry> group) {
      std::array<std::uint64_t, 3> count{};  // by Sent
      for (const ExpectedLines::Entry& entry : group)
        ++count[static_cast<std::size_t>(entry.sent())];
      const std::uint64_t sent = count[0], uncertain = count[1];
      const std::uint64_t received = group.front().received;
      const std::uint64_t matched = std::min(received, sent);
      const std::uint64_t matched_uncertain = std::min(received - matched, uncertain);
      const std::uint64_t more = received - matched - matched_uncertain;
      verdict_.matched += matched;
      verdict_.uncertain_received += matched_uncertain;
      if (matched < sent) {
        verdict_.missing += sent - matched;
        want({group[matched].order(), Wanted::Why::kMissing, sent - matched, sent});
      }
      if (matched_uncertain < uncertain) {
        const std::uint64_t left = uncertain - matched_uncertain;
        verdict_.uncertain_missing += left;
        want({group[sent + matched_uncertain].order(), Wanted::Why::kUncertain, left, uncertain});
      }
      if (more == 0) return;
      if (sent + uncertain > 0) {
        verdict_.duplicated += more;
        if (duplicated_groups++ < input_.findings_max) {
          wanted_.push_back(
              {group.front().order(), Wanted::Why::kDuplicated, received, sent + uncertain});
        }
      } else {
        verdict_.invented += more;
        if (not_sent_groups++ < input_.findings_max) {
          wanted_.push_back(
              {group.front().order(), Wanted::Why::kReceivedThoughNotSent, received, 0});
        }
      }
    });
    verdict_.invented += strange_total_;
    explain();
    collect();
  }

 private:
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

  // Keeps those that are earliest in the schedule. Hashes come in no order, so twice as many are
  // kept meanwhile.
  void want(const Wanted& wanted) {
    candidates_.push_back(wanted);
    if (candidates_.size() >= 2 * kCandidatesMax) keep_earliest();
  }

  void keep_earliest() {
    std::sort(candidates_.begin(), candidates_.end(),
              [](const Wanted& a, const Wanted& b) { return a.order < b.order; });
    if (candidates_.size() <= kCandidatesMax) return;
    candidates_.resize(kCandidatesMax);
    candidates_left_out_ = true;
  }

  // The second pass.
  void explain() {
    const bool strange = !strange_.empty();
    keep_earliest();
    if (!strange) {
      // Only what is shown is rendered again.
      std::erase_if(candidates_, [](const Wanted& w) { return w.why == Wanted::Why::kUncertain; });
      if (candidates_.size() > input_.findings_max) candidates_.resize(input_.findings_max);
    }
    std::vector<Wanted> all = std::move(candidates_);
    all.insert(all.end(), wanted_.begin(), wanted_.end());
    if (all.empty()) {
      for (const Strange& line : strange_) invented(line);
      return;
    }
    std::sort(all.begin(), all.end(), [](const Wanted& a, const Wanted& b) {
      return std::tie(a.order, a.why) < std::tie(b.order, b.why);
    });

    std::vector<Nearest::Candidate> texts;
    std::vector<Candidate> candidates;
    std::size_t at = 0;
    messages_.for_each(
        [&](std::uint64_t order, const Event& event, const SentRule::Answer& answer) {
          for (; at < all.size() && all[at].order == order; ++at) {
            const std::string text(messages_.render(event));
            const Wanted& wanted = all[at];
            if (wanted.why == Wanted::Why::kMissing || wanted.why == Wanted::Why::kUncertain) {
              const bool uncertain = wanted.why == Wanted::Why::kUncertain;
              // Each of several equal lines may have been altered; the first stands for what is
              // beyond a bound.
              const std::uint64_t copies = std::min(wanted.times, kCopiesMax);
              for (std::uint64_t copy = 0; copy < copies; ++copy) {
                const std::uint64_t beyond = copy == 0 ? wanted.times - copies : 0;
                candidates.push_back({event, answer, 1 + beyond, wanted.equal});
                texts.push_back({text, names_of(event), uncertain});
              }
            } else {
              surplus(wanted, text, event, answer);
            }
          }
        });
    Nearest nearest(std::move(texts));
    std::uint64_t unpaired = 0;
    for (const Strange& line : strange_) {
      const std::optional<std::size_t> found = nearest.take(line.text);
      if (!found) {
        ++unpaired;
        invented(line);
        continue;
      }
      Candidate& candidate = candidates[*found];
      --candidate.times;
      --verdict_.invented;
      const std::string& text = nearest.candidate(*found).text;
      const bool uncertain = candidate.answer.sent == Sent::kUncertain;
      --(uncertain ? verdict_.uncertain_missing : verdict_.missing);
      if (uncertain && text.starts_with(line.text)) {
        // A connection that ends badly may well end in the middle of a message.
        ++verdict_.uncertain_received;
        ++verdict_.uncertain_cut;
        continue;
      }
      ++verdict_.altered;
      if (findings_[kAltered].size() == input_.findings_max) continue;
      const Difference differs = difference(text, line.text);
      add({Finding::Kind::kAltered, text, differs.expected, differs.found,
           fmt::format("{} (line {}; {})", differs.what, line.line,
                       describe(input_.plan, candidate.event))});
    }
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const Candidate& candidate = candidates[i];
      if (candidate.answer.sent != Sent::kSent || candidate.times == 0) continue;
      if (findings_[kMissing].size() == input_.findings_max) break;
      std::string reason = describe(input_.plan, candidate.event);
      if (candidate.answer.acknowledged) {
        reason += "; its kernel acknowledged it on a connection that then ended badly";
      }
      if (candidate.equal > 1) {
        reason += fmt::format("; {} messages are equal to this one", candidate.equal - 1);
      }
      Finding finding{Finding::Kind::kMissing, nearest.candidate(i).text, "", "", reason};
      finding.count = candidate.times;
      add(std::move(finding));
    }
    verdict_.not_compared = strange_total_ - strange_.size();
    // With more missing ones than were compared, any line that found none may be one of them.
    if (candidates_left_out_) verdict_.not_compared += unpaired;
  }

  void surplus(const Wanted& wanted, const std::string& text, const Event& event,
               const SentRule::Answer& answer) {
    const auto times = [](std::uint64_t n) {
      return n == 1 ? std::string("once") : fmt::format("{} times", n);
    };
    if (wanted.why == Wanted::Why::kDuplicated) {
      Finding finding{Finding::Kind::kDuplicated, text, times(wanted.equal), times(wanted.times),
                      describe(input_.plan, event)};
      finding.count = wanted.times - wanted.equal;
      add(std::move(finding));
    } else {
      Finding finding{Finding::Kind::kInvented, text, "", times(wanted.times),
                      fmt::format("by the run record it never left: {}", describe(answer))};
      finding.count = wanted.times;
      add(std::move(finding));
    }
  }

  void invented(const Strange& line) {
    if (findings_[kInvented].size() == input_.findings_max) return;
    std::string reason;
    if (line.too_long) reason = "a line of more than 1MiB, of which the beginning is shown";
    if (line.text.empty()) reason = "an empty line";
    std::string subject = line.text.substr(0, kSubjectMax);
    if (subject.size() < line.text.size()) subject += "…";
    add({Finding::Kind::kInvented, std::move(subject), "", fmt::format("line {}", line.line),
         reason});
  }

  std::vector<std::string> names_of(const Event& event) const {
    const EndpointRef endpoint = input_.plan.endpoint_ref(event.endpoint);
    const Scenario& scenario = input_.plan.scenario();
    std::vector<std::string> names{scenario.endpoints[endpoint.group].host.name(endpoint.index),
                                   input_.plan.address(event).to_string()};
    if (event.user != kNobody) {
      const UserRef user = input_.plan.user_ref(event.user);
      names.push_back(scenario.users[user.group].name_of(user.index));
    }
    return names;
  }

  void add(Finding finding) {
    findings_[static_cast<std::size_t>(finding.kind) -
              static_cast<std::size_t>(Finding::Kind::kMissing)]
        .push_back(std::move(finding));
  }

  // Every kind gets its share of what is shown; what one does not need the others may have.
  void collect() {
    verdict_.findings_total =
        verdict_.missing + verdict_.altered + verdict_.duplicated + verdict_.invented;
    if (mismatch_) {
      verdict_.findings.push_back(std::move(*mismatch_));
      ++verdict_.findings_total;
    }
    std::array<std::size_t, kKinds> take{};
    std::size_t left =
        input_.findings_max - std::min(input_.findings_max, verdict_.findings.size());
    for (bool more = true; left > 0 && std::exchange(more, false);) {
      for (std::size_t kind = 0; kind < kKinds && left > 0; ++kind) {
        if (take[kind] == findings_[kind].size()) continue;
        ++take[kind];
        --left;
        more = true;
      }
    }
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
      for (std::size_t i = 0; i < take[kind]; ++i) {
        verdict_.findings.push_back(std::move(findings_[kind][i]));
      }
    }
  }

  struct Candidate {
    Event event;
    SentRule::Answer answer;
    std::uint64_t times = 0;
    std::uint64_t equal = 0;
  };
  // Positions in findings_.
  static constexpr std::size_t kMissing = 0, kAltered = 1, kInvented = 3, kKinds = 4;

  const VerifyInput& input_;
  Verdict& verdict_;
  Messages messages_;
  ExpectedLines lines_;
  Digest digest_;
  std::optional<Finding> mismatch_;
  std::vector<Strange> strange_;
  std::uint64_t strange_total_ = 0;
  std::vector<Wanted> candidates_, wanted_;
  bool candidates_left_out_ = false;
  std::array<std::vector<Finding>, kKinds> findings_;
};

}  // namespace

Verdict verify_received(const VerifyInput& input, std::istream& received) {
  Verdict verdict;
  const bool relaxed = input.record != nullptr && input.target < input.record->targets.size() &&
                       input.record->targets[input.target].order_relaxed;
  verdict.order = input.record == nullptr ? Verdict::Order::kOfEsms
                  : relaxed               ? Verdict::Order::kRelaxed
                                          : Verdict::Order::kOfConnections;
  Comparison comparison(input, verdict);
  comparison.expect();
  comparison.read(received);
  comparison.compare();
  return verdict;
}

}  // namespace esm
