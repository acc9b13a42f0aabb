#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/verify/due_messages.h"
#include "sender/verify/verify.h"

namespace esm {
namespace {

// What a counter may show: between `least` and `most`, where messages are uncertain.
struct Bounds {
  std::uint64_t least = 0, most = 0;

  void add(bool uncertain, bool may_repeat) {
    most += may_repeat ? 2U : 1U;
    if (!uncertain) ++least;
  }
  void add(const Bounds& other) {
    least += other.least;
    most += other.most;
  }
  std::string text() const {
    return least == most ? format_thousands(least)
                         : fmt::format("{} to {}", format_thousands(least), format_thousands(most));
  }
};

struct Expected {
  Bounds messages, successes;
  std::uint64_t resent = 0;  // messages
};

// By ESM.
std::vector<Expected> expected_of(const VerifyInput& input, const ProfileSet& profiles,
                                  Verdict& verdict) {
  std::vector<Expected> out(std::max<std::size_t>(input.plan.scenario().esms.size(), 1));
  DueMessages due(input);
  due.for_each([&](std::uint64_t, const Event& event, const SentRule::Answer& answer) {
    if (answer.sent == Sent::kNotSent) {
      verdict.not_sent += answer.elsewhere ? 0U : 1U;
      return;
    }
    const bool uncertain = answer.sent == Sent::kUncertain;
    Expected& of = out[input.plan.esm(event.endpoint)];
    // Each that was sent again may have come once more.
    of.messages.add(uncertain, answer.resent);
    of.resent += answer.resent ? 1U : 0U;
    if (profiles.read(due.render(event)).verdict == Reading::Verdict::kMapped) {
      of.successes.add(uncertain, answer.resent);
    }
  });
  // Of which ESM those are that were sent again more than once is not known.
  const std::uint64_t sent_again = written_again(input.record, input.target);
  std::uint64_t listed = 0;
  for (const Expected& of : out) listed += of.resent;
  for (Expected& of : out) {
    if (of.resent == 0 || sent_again <= listed) continue;
    of.messages.most += sent_again - listed;
    of.successes.most += sent_again - listed;
  }
  return out;
}

void compare(const std::string& subject, std::string_view counter, const Bounds& expected,
             std::uint64_t found, const std::string& low, const std::string& high,
             const VerifyInput& input, Verdict& verdict) {
  ++verdict.expected;
  if (found >= expected.least && found <= expected.most) {
    ++verdict.matched;
    return;
  }
  ++verdict.wrong_counters;
  ++verdict.findings_total;
  if (verdict.findings.size() >= input.findings_max) return;
  Finding finding;
  finding.kind = Finding::Kind::kWrongCounter;
  finding.subject = fmt::format("{} of {}", counter, subject);
  finding.expected = expected.text();
  finding.found = format_thousands(found);
  finding.reason = found < expected.least
                       ? fmt::format("{} {}", format_thousands(expected.least - found), low)
                       : fmt::format("{} {}", format_thousands(found - expected.most), high);
  verdict.findings.push_back(std::move(finding));
}

// What was counted since `before`; a sender that was not there then began at 0.
std::uint64_t since(std::uint64_t now, const MonitorCounters& sender,
                    std::uint64_t MonitorCounters::*counter,
                    std::span<const MonitorCounters> before) {
  for (const MonitorCounters& earlier : before) {
    if (earlier.address != sender.address || earlier.name != sender.name) continue;
    // Less than before: the firewall began anew, at a commit or a restart.
    return now >= earlier.*counter ? now - earlier.*counter : now;
  }
  return now;
}

}  // namespace

Verdict verify_counters(const VerifyInput& input, const ProfileSet& profiles,
                        std::span<const MonitorCounters> counters,
                        std::span<const MonitorCounters> before) {
  Verdict verdict;
  verdict.received = counters.size();
  const std::vector<Expected> expected = expected_of(input, profiles, verdict);
  const auto compare_sender = [&](const std::string& subject, const Expected& of,
                                  std::uint64_t messages, std::uint64_t successes) {
    compare(subject, "log messages", of.messages, messages, "messages were not received",
            "messages more than were sent: somebody else sends, too, or they were counted before",
            input, verdict);
    compare(subject, "auth. success messages", of.successes, successes,
            messages < of.messages.least
                ? "messages taught nothing, those among them that were not received"
                : "messages were received and taught nothing: no parse profile matches them",
            "messages taught something that should not", input, verdict);
  };

  // A sender of its own for each ESM, where the firewall knows all of them by their addresses.
  const auto& esms = input.plan.scenario().esms;
  std::vector<const MonitorCounters*> of_esm;
  for (const auto& esm : esms) {
    const auto found = std::find_if(
        counters.begin(), counters.end(),
        [&](const MonitorCounters& c) { return IpAddress::parse(c.address) == esm.address; });
    if (found != counters.end()) of_esm.push_back(&*found);
  }
  if (!esms.empty() && of_esm.size() == esms.size()) {
    for (std::size_t i = 0; i < esms.size(); ++i) {
      const MonitorCounters& c = *of_esm[i];
      compare_sender(fmt::format("{} ({})", c.name, c.address), expected[i],
                     since(c.log_messages, c, &MonitorCounters::log_messages, before),
                     since(c.auth_success, c, &MonitorCounters::auth_success, before));
    }
    return verdict;
  }
  Expected all;
  for (const Expected& of : expected) {
    all.messages.add(of.messages);
    all.successes.add(of.successes);
  }
  std::uint64_t messages = 0, successes = 0;
  for (const MonitorCounters& c : counters) {
    messages += since(c.log_messages, c, &MonitorCounters::log_messages, before);
    successes += since(c.auth_success, c, &MonitorCounters::auth_success, before);
  }
  compare_sender(counters.size() == 1
                     ? fmt::format("{} ({})", counters[0].name, counters[0].address)
                     : "all senders",
                 all, messages, successes);
  return verdict;
}

}  // namespace esm
