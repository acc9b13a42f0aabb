#include "tests/engine/played.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "sender/base/hash.h"
#include "sender/engine/real_clock.h"
#include "sender/report/lane_rule.h"

namespace esm::test {

PlayOptions fake_options(const std::vector<std::string>& targets) {
  PlayOptions options;
  for (const std::string& text : targets) {
    Target target;
    target.text = text;
    if (text.starts_with("udp:")) {
      target.kind = UdpTarget{"fake", 514};
    } else {
      target.kind = TcpTarget{"fake", 514};
    }
    options.targets.push_back(std::move(target));
  }
  options.speed = std::nullopt;
  options.transport.connect_timeout = std::chrono::milliseconds{2'000};
  options.transport.reconnect_first = std::chrono::milliseconds{1};
  options.transport.reconnect_max = std::chrono::milliseconds{4};
  options.drain = std::chrono::seconds{2};
  return options;
}

Played play_fake(FakeNetwork& network, const Plan& plan, const Templates& templates,
                 const PlayOptions& options,
                 const std::function<void(const Progress&)>& on_progress) {
  const RealClock clock;
  const PlaySeams seams{
      clock, [&network](boost::asio::io_context& io, const Target& target,
                        const TransportOptions& transport, std::optional<IpAddress> source,
                        Diagnostics& diagnostics) {
        return network.make(io, target, transport, source, diagnostics);
      }};
  Played played;
  played.record.profiles = {{"traps-kb", "type: regex\n"}};  // whoever plays knows the receiver
  played.outcome = play_with(
      seams, plan, templates, options, played.record,
      [&](const Progress& progress) {
        played.progress.push_back(progress);
        if (on_progress) on_progress(progress);
      },
      [&](const Diagnostic& diagnostic) {
        played.shown.push_back(
            fmt::format("{}: {}: {}{}{}", diagnostic.place.file,
                        diagnostic.severity == Severity::kError ? "error" : "warning",
                        diagnostic.problem, diagnostic.hint.empty() ? "" : " | ", diagnostic.hint));
      });
  return played;
}

std::string wrong_with(const Played& played, const FakeNetwork& network, const Plan& plan,
                       const Templates& templates, const PlayOptions& options) {
  std::string wrong;
  const auto complain = [&wrong](std::string text) { wrong += text + "\n"; };
  const RunRecord& record = played.record;

  // What is written down is read back and checked against itself.
  Diagnostics diagnostics;
  if (!read_run_record(SourceText("record", to_json(record)), diagnostics)) {
    complain(diagnostics.render());
  }

  // The plan, dealt out to lanes as LaneRecord says.
  const std::vector<Line> all = lines_of(plan, templates, options.epoch, options.shard);
  Digest digest;
  std::vector<std::map<std::string, int>> expected(options.targets.size());
  std::vector<std::map<std::string, std::uint64_t>> position(options.targets.size());
  std::vector<Books> books(options.targets.size());
  std::vector<std::uint32_t> weights;
  for (const Target& target : options.targets) weights.push_back(target.weight.value_or(1));
  const WeightedTargets weighted(weights);
  const bool by_weight = options.distribution == Distribution::kWeighted;
  for (const LaneRecord& lane : record.lanes) {
    std::vector<const Line*> lines;
    for (const Line& line : all) {
      const std::uint32_t e = line.event.endpoint;
      if (by_weight && weighted.of(e) != lane.target) continue;
      if (worker_of(e, options.shard.count, lane.workers) == lane.worker &&
          plan.esm(e) == lane.esm &&
          connection_of(e, options.shard.count, lane.workers, lane.connections) ==
              lane.connection) {
        lines.push_back(&line);
      }
    }
    if (lane.due > lines.size()) {
      complain(fmt::format("a lane had {} due of {}", lane.due, lines.size()));
      continue;
    }
    std::vector<FateInterval> fates(lane.due);
    std::uint64_t next = 0;
    for (const FateInterval& interval : lane.exceptions) {
      if (interval.first < next || interval.last < interval.first || interval.last >= lane.due) {
        complain(fmt::format("interval {}-{} is out of order", interval.first, interval.last));
        continue;
      }
      next = interval.last + 1;
      for (std::uint64_t n = interval.first; n <= interval.last; ++n) fates[n] = interval;
    }
    if (lane.exceptions_overflowed) complain("the exceptions overflowed");
    std::vector<bool> acknowledged(lane.due);
    for (const MessageInterval& interval : lane.acknowledged) {
      for (std::uint64_t n = interval.first; n <= interval.last; ++n) acknowledged.at(n) = true;
    }
    Books& sum = books[lane.target];
    for (std::uint64_t n = 0; n < lane.due; ++n) {
      if (lane.target == 0 || by_weight) digest.add(hash128(lines[n]->text));
      std::string framed = lines[n]->text + (options.targets[lane.target].is_stream() ? "\n" : "");
      position[lane.target][framed] = n;
      const bool listed =
          fates[n].last > 0 || fates[n].fate != Fate::kWritten ||
          std::any_of(lane.exceptions.begin(), lane.exceptions.end(),
                      [n](const FateInterval& i) { return i.first == 0 && n == 0; });
      if (fates[n].fate != Fate::kElsewhere) ++sum.due;
      switch (fates[n].fate) {
        case Fate::kWritten:
          ++expected[lane.target][framed];
          ++sum.written;
          if (options.targets[lane.target].is_stream()) {
            ++(listed ? sum.uncertain : acknowledged[n] ? sum.acknowledged : sum.drained);
          }
          if (listed && acknowledged[n]) complain("an uncertain message is acknowledged");
          break;
        case Fate::kCut:
          ++sum.written;
          ++sum.cut;
          if (options.targets[lane.target].is_stream()) ++sum.uncertain;
          break;
        case Fate::kRefused:
          ++sum.refused;
          ++sum.by_reason[static_cast<std::size_t>(fates[n].reason)];
          break;
        case Fate::kDropped:
          ++sum.dropped;
          ++sum.by_reason[static_cast<std::size_t>(fates[n].reason)];
          break;
        case Fate::kElsewhere:
          break;
      }
    }
  }
  if (digest.hex() != record.digest) complain("the digest is not that of what was due");
  if (digest.count() != record.messages) complain("the digest has another count");

  for (std::size_t t = 0; t < options.targets.size(); ++t) {
    const std::string& name = options.targets[t].text;
    const Books& kept = record.targets[t].books;
    if (!kept.balanced(true)) complain(name + ": the books do not balance");
    const auto same = [&](const char* what, std::uint64_t a, std::uint64_t b) {
      if (a != b) complain(fmt::format("{}: {}: {} in the books, {} recomputed", name, what, a, b));
    };
    same("due", kept.due, books[t].due);
    same("written", kept.written, books[t].written);
    same("cut", kept.cut, books[t].cut);
    same("refused", kept.refused, books[t].refused);
    same("dropped", kept.dropped, books[t].dropped);
    same("drained", kept.drained, books[t].drained);
    same("acknowledged", kept.acknowledged, books[t].acknowledged);
    same("uncertain", kept.uncertain, books[t].uncertain);
    for (std::size_t r = 0; r < kReasonCount; ++r) {
      same(std::string(name_of(static_cast<Reason>(r))).c_str(), kept.by_reason[r],
           books[t].by_reason[r]);
    }
    std::map<std::string, int> got;
    for (const Received& connection : network.received()) {
      if (connection.target != name) continue;
      std::uint64_t previous = 0;
      bool first = true;
      for (const std::string& text : connection.messages) {
        ++got[text];
        const std::uint64_t number = position[t][text];
        const bool ordered = !record.targets[t].order_relaxed;
        if (ordered && !first && number <= previous) complain(name + ": out of order: " + text);
        previous = number;
        first = false;
      }
    }
    for (const auto& [text, count] : got) {
      if (count != expected[t][text]) {
        complain(fmt::format("{}: received {} times, expected {}: {}", name, count,
                             expected[t][text], text));
      }
    }
    for (const auto& [text, count] : expected[t]) {
      if (count > 0 && got.find(text) == got.end()) complain(name + ": never received: " + text);
    }
  }
  return wrong;
}

}  // namespace esm::test
