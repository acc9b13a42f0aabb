#include "tests/simulation/judgement.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sender/base/hash.h"
#include "sender/report/lane_rule.h"

#include "tests/support/fleet.h"

namespace esm::test {
namespace {

// Acknowledgements are known by stretches of the stream, not by messages.
constexpr std::uint64_t kCoarseness = 4'096;

// What the record says of a message of one target.
struct Said {
  std::uint64_t number = 0;  // in its lane
  Fate fate = Fate::kWritten;
  Reason reason = Reason::kNone;
  int error = 0;
  bool uncertain = false, acknowledged = false;
  bool resent = false;
  int taken = 0, cut = 0, refused = 0;  // what the network says of it
  // Of the last connection that took all of it.
  bool in_drained = false;
  std::uint64_t end = 0, acknowledged_up_to = 0;
};

class Judge {
 public:
  Judge(const RunRecord& record, const SimulatedNetwork& network, const PlayOptions& options)
      : record_(record), network_(network), options_(options), said_(options.targets.size()) {}

  std::string verdict(const Plan& plan, const Templates& templates) {
    // What is written down is read back and checked against itself.
    RunRecord written = record_;
    written.profiles = {{"traps-kb", "type: regex\n"}};
    Diagnostics diagnostics;
    if (!read_run_record(SourceText("record", to_json(written)), diagnostics)) {
      complain(diagnostics.render());
    }
    recompute(plan, templates);
    for (std::size_t t = 0; t < options_.targets.size(); ++t) {
      if (options_.targets[t].is_stream()) {
        compare_stream(t);
      } else {
        compare_datagrams(t);
      }
      compare_books(t);
    }
    return wrong_;
  }

 private:
  void complain(std::string text) { wrong_ += text + "\n"; }

  void recompute(const Plan& plan, const Templates& templates) {
    const std::vector<Line> all = lines_of(plan, templates, options_.epoch, options_.shard);
    Digest digest;
    // With fail-over the lanes of one worker, ESM and connection share their messages.
    const bool shared = options_.distribution == Distribution::kFailOver;
    std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, std::vector<int>> homes;
    std::vector<std::uint32_t> weights;
    for (const Target& target : options_.targets) weights.push_back(target.weight.value_or(1));
    const WeightedTargets weighted(weights);
    const bool by_weight = options_.distribution == Distribution::kWeighted;
    for (const LaneRecord& lane : record_.lanes) {
      std::vector<Said*> said;
      for (const Line& line : all) {
        const std::uint32_t e = line.event.endpoint;
        if (by_weight && weighted.of(e) != lane.target) continue;
        if (worker_of(e, options_.shard.count, lane.workers) != lane.worker ||
            plan.esm(e) != lane.esm ||
            connection_of(e, options_.shard.count, lane.workers, lane.connections) !=
                lane.connection) {
          continue;
        }
        if (said.size() == lane.due) break;
        Said& one = said_[lane.target][line.text];
        one.number = said.size();
        one.fate = Fate::kWritten;
        said.push_back(&one);
        if (lane.target == 0 || by_weight) digest.add(hash128(line.text));
      }
      if (said.size() < lane.due) complain("a lane had more due than the plan has");
      for (const FateInterval& interval : lane.exceptions) {
        for (std::uint64_t n = interval.first; n <= interval.last && n < said.size(); ++n) {
          said[n]->fate = interval.fate;
          said[n]->reason = interval.reason;
          said[n]->error = interval.error;
          said[n]->uncertain = interval.fate == Fate::kWritten;
        }
      }
      for (const MessageInterval& interval : lane.acknowledged) {
        for (std::uint64_t n = interval.first; n <= interval.last && n < said.size(); ++n) {
          said[n]->acknowledged = true;
        }
      }
      for (const MessageInterval& interval : lane.resent) {
        for (std::uint64_t n = interval.first; n <= interval.last && n < said.size(); ++n) {
          said[n]->resent = true;
        }
      }
      if (lane.exceptions_overflowed) complain("the exceptions overflowed");
      if (!shared) continue;
      std::vector<int>& home = homes[{lane.worker, lane.esm, lane.connection}];
      home.resize(std::max(home.size(), said.size()));
      for (std::size_t n = 0; n < said.size(); ++n) {
        home[n] += said[n]->fate == Fate::kElsewhere ? 0 : 1;
      }
    }
    for (const auto& [way, home] : homes) {
      for (std::size_t n = 0; n < home.size(); ++n) {
        if (home[n] != 1) complain(fmt::format("message {} is due at {} targets", n, home[n]));
      }
    }
    if (digest.hex() != record_.digest) complain("the digest is not that of what was due");
  }

  Said* find(std::size_t target, std::string_view text) {
    const auto found = said_[target].find(std::string(text));
    if (found == said_[target].end()) {
      complain(fmt::format("nothing like this was due: '{}'", text));
      return nullptr;
    }
    return &found->second;
  }

  // Whole frames in order, each at most once unless it was resent, and at the end perhaps a part of
  // one.
  void compare_stream(std::size_t target) {
    std::map<std::size_t, std::uint64_t> next;  // by lane
    const bool ordered = !record_.targets[target].order_relaxed;
    for (const Taken& taken : network_.connections()) {
      if (taken.target != options_.targets[target].text) continue;
      std::string_view rest = taken.bytes;
      std::uint64_t end = 0, next_here = 0;
      for (std::size_t length = 0; (length = rest.find('\n')) != std::string_view::npos;) {
        const std::string_view text = rest.substr(0, length);
        rest.remove_prefix(length + 1);
        end += length + 1;
        bytes_[target] += length + 1;
        Said* const said = find(target, text);
        if (said == nullptr) continue;
        ++said->taken;
        // What is resent goes back, at the beginning of a connection.
        const bool behind = said->number < (said->resent ? next_here : next[taken.lane]);
        if (behind && ordered) complain(fmt::format("out of order: '{}'", text));
        next_here = said->number + 1;
        next[taken.lane] = std::max(next[taken.lane], next_here);
        said->in_drained = taken.drained;
        said->end = end;
        said->acknowledged_up_to = taken.acknowledged;
      }
      // Of the message that a record cut, a part may be readable and the rest in `after`.
      std::string part = std::string(rest) + taken.after;
      if (taken.drained && !part.empty()) complain("a drained connection ends within a frame");
      cut_short(target, part, taken);
    }
  }

  // What the kernel took behind the last whole frame: of one message its first part, of a TLS
  // record perhaps several.
  void cut_short(std::size_t target, std::string_view part, const Taken& taken) {
    while (!part.empty()) {
      const std::size_t length = part.find('\n');
      const std::string_view text = part.substr(0, length);
      bool known = false;
      if (length != std::string_view::npos) {
        if (Said* const said = find(target, text)) {
          ++said->cut;
          known = true;
        }
        part.remove_prefix(length + 1);
      } else {
        // The next one of its lane whose text begins so, and which is said to be cut.
        for (auto& [line, said] : said_[target]) {
          const bool may = said.resent || (said.fate == Fate::kCut && said.cut == 0);
          if (may && (line + "\n").starts_with(text)) {
            known = true;
            break;
          }
        }
        part = {};
      }
      if (!known) complain(fmt::format("lane {} was cut in '{}', unsaid", taken.lane, text));
    }
  }

  void compare_end(std::string_view text, const Said& said) {
    const bool drained = !said.uncertain && !said.acknowledged;
    if (said.in_drained != drained) {
      complain(fmt::format("'{}' {} drained", text, drained ? "is said to have" : "has"));
    }
    if (said.acknowledged && said.end > said.acknowledged_up_to) {
      complain(fmt::format("'{}' is said to be acknowledged up to {}, but {} was", text, said.end,
                           said.acknowledged_up_to));
    }
    if (said.uncertain && said.end + kCoarseness < said.acknowledged_up_to) {
      complain(fmt::format("'{}' ends at {} and is uncertain, though {} was acknowledged", text,
                           said.end, said.acknowledged_up_to));
    }
  }

  void compare_datagrams(std::size_t target) {
    for (const Taken& taken : network_.connections()) {
      if (taken.target != options_.targets[target].text) continue;
      for (const std::string& text : taken.datagrams) {
        bytes_[target] += text.size();
        if (Said* const said = find(target, text)) ++said->taken;
      }
      for (const std::string& text : taken.refused) {
        if (Said* const said = find(target, text)) ++said->refused;
      }
    }
  }

  void compare_books(std::size_t target) {
    const std::string& name = options_.targets[target].text;
    const Books& books = record_.targets[target].books;
    if (!books.balanced(true)) complain(name + ": the books do not balance");
    Books sum;
    const bool stream = options_.targets[target].is_stream();
    for (const auto& [text, said] : said_[target]) {
      if (said.fate != Fate::kElsewhere) ++sum.due;
      const bool written = said.fate == Fate::kWritten;
      if (stream && said.taken > 0 && written) compare_end(text, said);
      const bool taken_right =
          said.resent ? said.taken >= (written ? 1 : 0) : said.taken == (written ? 1 : 0);
      if (!taken_right) {
        complain(fmt::format("{}: '{}' was taken {} times, {} is said", name, text, said.taken,
                             name_of(said.fate)));
      }
      if (said.refused != (said.fate == Fate::kRefused ? 1 : 0)) {
        complain(fmt::format("{}: '{}' was refused {} times", name, text, said.refused));
      }
      if (written || said.fate == Fate::kCut) ++sum.written;
      if (said.fate == Fate::kCut) ++sum.cut;
      if (said.fate == Fate::kRefused) ++sum.refused;
      if (said.fate == Fate::kDropped) ++sum.dropped;
      if (said.reason != Reason::kNone) ++sum.by_reason[static_cast<std::size_t>(said.reason)];
      if (!stream) continue;
      if (said.fate == Fate::kCut || said.uncertain) {
        ++sum.uncertain;
      } else if (written) {
        ++(said.acknowledged ? sum.acknowledged : sum.drained);
      }
    }
    const auto same = [&](const char* what, std::uint64_t a, std::uint64_t b) {
      if (a != b) complain(fmt::format("{}: {}: {} in the books, {} counted", name, what, a, b));
    };
    same("due", books.due, sum.due);
    same("written", books.written, sum.written);
    same("cut", books.cut, sum.cut);
    same("refused", books.refused, sum.refused);
    same("dropped", books.dropped, sum.dropped);
    same("drained", books.drained, sum.drained);
    same("acknowledged", books.acknowledged, sum.acknowledged);
    same("uncertain", books.uncertain, sum.uncertain);
    if (!options_.resend_unacked) same("resent", books.resent, 0);
    std::uint64_t resent = 0, again = 0;
    for (const auto& [text, said] : said_[target]) {
      resent += said.resent ? 1U : 0U;
      again += said.taken > 1 ? static_cast<std::uint64_t>(said.taken - 1) : 0U;
    }
    // One that was cut before counts without having been taken twice.
    if (books.resent < again || books.resent < resent) {
      complain(fmt::format("{}: {} resent, but {} came {} times more", name, books.resent, resent,
                           again));
    }
    same("bytes written", books.bytes_written, bytes_[target]);
    for (std::size_t r = 0; r < kReasonCount; ++r) {
      same(std::string(name_of(static_cast<Reason>(r))).c_str(), books.by_reason[r],
           sum.by_reason[r]);
    }
    std::uint64_t connections = 0;
    for (const Taken& taken : network_.connections()) connections += taken.target == name ? 1U : 0U;
    same("connections", books.connections, connections);
  }

  const RunRecord& record_;
  const SimulatedNetwork& network_;
  const PlayOptions& options_;
  std::vector<std::unordered_map<std::string, Said>> said_;  // by target and text
  std::map<std::size_t, std::uint64_t> bytes_;
  std::string wrong_;
};

}  // namespace

std::string judge(const RunRecord& record, const SimulatedNetwork& network, const Plan& plan,
                  const Templates& templates, const PlayOptions& options) {
  return Judge(record, network, options).verdict(plan, templates);
}

}  // namespace esm::test
