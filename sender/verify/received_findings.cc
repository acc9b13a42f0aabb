#include "sender/verify/received_findings.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sender/verify/difference.h"
#include "sender/verify/due_messages.h"
#include "sender/verify/line_reader.h"
#include "sender/verify/lost_intervals.h"

namespace esm {
namespace {

// Strange lines that are kept to be compared with missing ones, and missing ones that they are
// compared with: beyond that, damage is counted and not explained.
constexpr std::size_t kStrangeMax = 10'000;
constexpr std::size_t kStrangeBytesMax = std::size_t{16} << 20;
constexpr std::size_t kCandidatesMax = 100'000;
constexpr std::uint64_t kCopiesMax = 1'000;  // of equal lines
constexpr std::size_t kSubjectMax = 1'000;   // bytes of a strange line that a finding shows

// The strays by their hash: which messages they are is found out while these go by.
class StrayIndex {
 public:
  struct Line {
    Hash128 hash;
    std::uint64_t first = 0;  // number of the first of them
    std::uint64_t count = 0;
    enum class Is : std::uint8_t { kStrange, kNotSent, kCopy } is{};
    std::uint64_t order = 0;  // of the message, if it is one
  };

  explicit StrayIndex(const std::vector<ExpectedWindow::Stray>& strays) {
    lines_.reserve(strays.size());
    for (const ExpectedWindow::Stray& stray : strays)
      lines_.push_back({stray.hash, stray.number, 1});
    std::sort(lines_.begin(), lines_.end(), [](const Line& a, const Line& b) {
      return a.hash != b.hash ? a.hash < b.hash : a.first < b.first;
    });
    std::size_t kept = 0;
    for (const Line& line : lines_) {
      if (kept > 0 && lines_[kept - 1].hash == line.hash) {
        ++lines_[kept - 1].count;
      } else {
        lines_[kept++] = line;
      }
    }
    lines_.resize(kept);
    for (const Line& line : lines_) may_be_.set(line.hash.low % may_be_.size());
  }

  // A message with this hash was sent, or was not.
  void see(const Hash128& hash, std::uint64_t order, bool not_sent) {
    if (!may_be_.test(hash.low % may_be_.size())) return;
    const auto found = std::lower_bound(
        lines_.begin(), lines_.end(), hash,
        [](const Line& line, const Hash128& wanted) { return line.hash < wanted; });
    if (found == lines_.end() || found->hash != hash || found->is == Line::Is::kCopy) return;
    if (found->is == Line::Is::kNotSent && not_sent) return;
    found->is = not_sent ? Line::Is::kNotSent : Line::Is::kCopy;
    found->order = order;
  }

  const std::vector<Line>& lines() const { return lines_; }

 private:
  std::vector<Line> lines_;
  std::bitset<1 << 20> may_be_;  // most messages are none of them
};

class Findings {
 public:
  Findings(const VerifyInput& input, const ExpectedWindow& window, StrangeLines& strange,
           Verdict& verdict)
      : input_(input), window_(window), strange_(strange), verdict_(verdict) {}

  void find(std::istream& received, std::optional<Finding> mismatch) {
    for (const ExpectedWindow::Absent& line : window_.absent()) {
      verdict_.missing += line.sent;
      verdict_.uncertain_missing += line.uncertain;
      if (line.sent > 0) endpoints_[line.endpoint].missing += line.sent;
    }
    verdict_.duplicated = window_.copies_total();
    for (const auto& [endpoint, count] : window_.reordered())
      endpoints_[endpoint].reordered = count;
    if (!window_.absent().empty() || !window_.strays().empty() || !window_.copies().empty()) {
      walk(received);
    }
    bound_copies_of_resent();
    collect(std::move(mismatch));
    collect_endpoints();
  }

 private:
  struct Candidate {
    Event event;
    SentRule::Answer answer;
    std::uint64_t times = 0;
    std::uint64_t equal = 0;
  };

  void walk(std::istream& received) {
    const bool strange = !window_.strays().empty();
    auto index = std::make_unique<StrayIndex>(window_.strays());
    if (strange) find_messages_of(*index);
    read_again(*index, received);

    // What of the messages is to be looked at: with strange lines to compare, many; else only what
    // is shown.
    const std::size_t absent_max = strange ? kCandidatesMax : input_.findings_max;
    std::map<std::uint64_t, const StrayIndex::Line*> known;  // by order
    for (const StrayIndex::Line& line : index->lines()) {
      if (line.is == StrayIndex::Line::Is::kStrange) continue;
      const bool copy = line.is == StrayIndex::Line::Is::kCopy;
      (copy ? verdict_.duplicated : verdict_.invented) += line.count;
      known.emplace(line.order, &line);
    }
    std::map<std::uint64_t, const ExpectedWindow::Copies*> copies;
    for (const ExpectedWindow::Copies& line : window_.copies()) copies.emplace(line.order, &line);

    std::vector<Nearest::Candidate> texts;
    std::vector<Candidate> candidates;
    std::size_t at = 0;  // in absent()
    LostIntervals lost;
    const std::vector<ExpectedWindow::Absent>& absent = window_.absent();
    DueMessages due(input_);
    std::size_t looked_at = 0;
    due.for_each([&](std::uint64_t order, const Event& event, const SentRule::Answer& answer) {
      const bool is_absent = at < absent.size() && absent[at].order == order;
      if (answer.sent == Sent::kSent) {
        lost.see(answer, event, is_absent && absent[at].sent > 0 ? absent[at].sent : 0);
      }
      if (is_absent) {
        const ExpectedWindow::Absent& line = absent[at++];
        const bool wanted = strange || line.sent > 0;
        if (wanted && looked_at < absent_max) {
          ++looked_at;
          const std::string text(shown(due.render(event)));
          for (const bool uncertain : {false, true}) {
            const std::uint64_t times = uncertain ? line.uncertain : line.sent;
            // Each of several equal lines may have been altered; the first stands for what is
            // beyond a bound.
            const std::uint64_t single = std::min(times, kCopiesMax);
            for (std::uint64_t copy = 0; copy < single; ++copy) {
              const std::uint64_t beyond = copy == 0 ? times - single : 0;
              SentRule::Answer of = answer;
              of.sent = uncertain ? Sent::kUncertain : Sent::kSent;
              candidates.push_back({event, of, 1 + beyond, line.equal});
              texts.push_back({text, names_of(event), uncertain});
            }
          }
        } else if (wanted) {
          left_out_ = true;
        }
      }
      if (const auto found = copies.find(order); found != copies.end()) {
        const ExpectedWindow::Copies& line = *found->second;
        endpoints_[event.endpoint].duplicated += line.received - line.sent;
        surplus(shown(due.render(event)), event, answer, line.sent, line.received, true);
      }
      if (const auto found = known.find(order); found != known.end()) {
        const StrayIndex::Line& line = *found->second;
        const bool copy = line.is == StrayIndex::Line::Is::kCopy;
        if (copy && answer.resent) {
          verdict_.duplicated -= line.count;
          verdict_.again += line.count;
          return;
        }
        if (copy) endpoints_[event.endpoint].duplicated += line.count;
        surplus(shown(due.render(event)), event, answer, copy ? 1 : 0, line.count + (copy ? 1 : 0),
                copy);
      }
    });
    verdict_.lost = lost.finish(input_, verdict_.lost_total);
    pair_up(*index, std::move(texts), candidates);
  }

  // Which messages the strays are, if they are any.
  void find_messages_of(StrayIndex& index) {
    DueMessages due(input_);
    due.for_each([&](std::uint64_t order, const Event& event, const SentRule::Answer& answer) {
      const std::string_view text = input_.form.sent(due.render(event), scratch_);
      index.see(hash128(text), order, answer.sent == Sent::kNotSent);
    });
  }

  // The texts of strange lines for which there was no room among other strays.
  void read_again(const StrayIndex& index, std::istream& received) {
    std::unordered_map<std::uint64_t, bool> numbers;
    bool lacks = false;
    for (const StrayIndex::Line& line : index.lines()) {
      if (line.is != StrayIndex::Line::Is::kStrange) continue;
      numbers.emplace(line.first, true);
      lacks = lacks || !strange_.has(line.first);
    }
    strange_.retain([&](std::uint64_t number) { return numbers.contains(number); });
    if (!lacks) return;
    received.clear();
    if (!received.seekg(0)) return;
    LineReader reader(received);
    std::string_view line;
    while (reader.next(line)) {
      if (!numbers.contains(reader.number()) || strange_.has(reader.number())) continue;
      if (const auto message = input_.form.stored(line, scratch_)) {
        strange_.keep({std::string(*message), reader.number(), reader.too_long()});
      }
    }
  }

  void pair_up(const StrayIndex& index, std::vector<Nearest::Candidate> texts,
               std::vector<Candidate>& candidates) {
    Nearest nearest(std::move(texts));
    std::uint64_t unpaired = 0;
    std::vector<const StrayIndex::Line*> lines;
    for (const StrayIndex::Line& line : index.lines()) {
      if (line.is == StrayIndex::Line::Is::kStrange) lines.push_back(&line);
    }
    std::sort(lines.begin(), lines.end(),
              [](const auto* a, const auto* b) { return a->first < b->first; });
    for (const StrayIndex::Line* const stray : lines) {
      verdict_.invented += stray->count;
      const auto text = strange_.lines().find(stray->first);
      if (text == strange_.lines().end()) {
        verdict_.not_compared += stray->count;
        continue;
      }
      // Each copy may be another message that was altered in the same way.
      std::uint64_t left = stray->count;
      while (left > 0 && pair(text->second, nearest, candidates)) --left;
      if (left > 0) invented(text->second, left);
      unpaired += left;
    }
    tell_missing(nearest, candidates);
    // With more missing ones than were compared, any line that found none may be one of them.
    if (left_out_) verdict_.not_compared += unpaired;
  }

  // False where the line found no message that it may have been.
  bool pair(const StrangeLine& line, Nearest& nearest, std::vector<Candidate>& candidates) {
    const std::optional<std::size_t> found = nearest.take(line.text);
    if (!found) return false;
    Candidate& candidate = candidates[*found];
    --candidate.times;
    --verdict_.invented;
    const std::string& text = nearest.candidate(*found).text;
    const bool uncertain = candidate.answer.sent == Sent::kUncertain;
    --(uncertain ? verdict_.uncertain_missing : verdict_.missing);
    if (!uncertain) --endpoints_[candidate.event.endpoint].missing;
    if (uncertain && text.starts_with(line.text)) {
      // A connection that ends badly may well end in the middle of a message.
      ++verdict_.uncertain_received;
      ++verdict_.uncertain_cut;
      return true;
    }
    ++verdict_.altered;
    ++endpoints_[candidate.event.endpoint].altered;
    if (findings_[kAltered].size() == input_.findings_max) return true;
    const Difference differs = difference(text, line.text);
    add({Finding::Kind::kAltered, text, differs.expected, differs.found,
         fmt::format("{} (line {}; {})", differs.what, line.number,
                     describe(input_.plan, candidate.event))});
    return true;
  }

  void tell_missing(const Nearest& nearest, const std::vector<Candidate>& candidates) {
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
  }

  void surplus(std::string_view text, const Event& event, const SentRule::Answer& answer,
               std::uint64_t sent, std::uint64_t received, bool copy) {
    if (findings_[copy ? kDuplicated : kInvented].size() == input_.findings_max) return;
    const auto times = [](std::uint64_t n) {
      return n == 1 ? std::string("once") : fmt::format("{} times", n);
    };
    if (copy) {
      Finding finding{Finding::Kind::kDuplicated, std::string(text), times(sent), times(received),
                      describe(input_.plan, event)};
      finding.count = received - sent;
      add(std::move(finding));
    } else {
      Finding finding{Finding::Kind::kInvented, std::string(text), "", times(received),
                      fmt::format("by the run record it never left: {}", describe(answer))};
      finding.count = received;
      add(std::move(finding));
    }
  }

  void invented(const StrangeLine& line, std::uint64_t count) {
    if (findings_[kInvented].size() == input_.findings_max) return;
    std::string reason;
    if (line.too_long) reason = "a line of more than 1MiB, of which the beginning is shown";
    if (line.text.empty()) reason = "an empty line";
    std::string subject = line.text.substr(0, kSubjectMax);
    if (subject.size() < line.text.size()) subject += "…";
    Finding finding{Finding::Kind::kInvented, std::move(subject), "",
                    fmt::format("line {}", line.number), reason};
    finding.count = count;
    add(std::move(finding));
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

  // As it is compared.
  std::string_view shown(std::string_view message) { return input_.form.sent(message, scratch_); }

  void add(Finding finding) {
    findings_[static_cast<std::size_t>(finding.kind) -
              static_cast<std::size_t>(Finding::Kind::kMissing)]
        .push_back(std::move(finding));
  }

  // Every kind gets its share of what is shown; what one does not need the others may have.
  void collect(std::optional<Finding> mismatch) {
    verdict_.findings_total =
        verdict_.missing + verdict_.altered + verdict_.duplicated + verdict_.invented;
    if (mismatch) {
      verdict_.findings.push_back(std::move(*mismatch));
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

  void collect_endpoints() {
    for (const auto& [endpoint, counts] : endpoints_) {
      if (counts.wrong() + counts.reordered == 0) continue;
      if (counts.wrong() > 0) ++verdict_.endpoints_wrong;
      EndpointVerdict of = counts;
      const EndpointRef ref = input_.plan.endpoint_ref(endpoint);
      of.host = input_.plan.scenario().endpoints[ref.group].host.name(ref.index);
      verdict_.endpoints.push_back(std::move(of));
    }
    const auto most_wrong = [](const EndpointVerdict& a, const EndpointVerdict& b) {
      return std::tuple(b.wrong(), b.reordered, std::string_view(a.host)) <
             std::tuple(a.wrong(), a.reordered, std::string_view(b.host));
    };
    const std::size_t shown = std::min(verdict_.endpoints.size(), input_.findings_max);
    std::partial_sort(verdict_.endpoints.begin(),
                      verdict_.endpoints.begin() + static_cast<std::ptrdiff_t>(shown),
                      verdict_.endpoints.end(), most_wrong);
    verdict_.endpoints.resize(shown);
  }

  // Each of them may have come as often as it was written, and the record says only how often all
  // were: of more copies than that nobody can tell which are too many.
  void bound_copies_of_resent() {
    const std::uint64_t sent = written_again(input_.record, input_.target);
    if (verdict_.again <= sent) return;
    Finding finding{Finding::Kind::kDuplicated, "messages that were resent",
                    fmt::format("{} copies at most", format_thousands(sent)),
                    format_thousands(verdict_.again),
                    "they were not written again more often than that"};
    finding.count = verdict_.again - sent;
    verdict_.duplicated += finding.count;
    verdict_.again = sent;
    add(std::move(finding));
  }

  // Positions in findings_.
  static constexpr std::size_t kMissing = 0, kAltered = 1, kDuplicated = 2, kInvented = 3,
                               kKinds = 4;

  const VerifyInput& input_;
  const ExpectedWindow& window_;
  StrangeLines& strange_;
  Verdict& verdict_;
  bool left_out_ = false;
  std::string scratch_;
  std::map<std::uint32_t, EndpointVerdict> endpoints_;  // only where something is wrong
  std::array<std::vector<Finding>, kKinds> findings_;
};

}  // namespace

void StrangeLines::keep(StrangeLine line) {
  if (lines_.size() >= kStrangeMax || bytes_ + line.text.size() > kStrangeBytesMax) return;
  bytes_ += line.text.size();
  lines_.emplace(line.number, std::move(line));
}

void explain_received(const VerifyInput& input, const ExpectedWindow& window, StrangeLines& strange,
                      std::istream& received, std::optional<Finding> mismatch, Verdict& verdict) {
  Findings(input, window, strange, verdict).find(received, std::move(mismatch));
}

}  // namespace esm
