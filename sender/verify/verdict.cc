#include "sender/verify/verdict.h"

#include <iterator>

#include <fmt/format.h>

#include "sender/base/diagnostics.h"
#include "sender/base/units.h"

namespace esm {

std::string_view name_of(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::kRecordMismatch:
      return "record-mismatch";
    case Finding::Kind::kMissing:
      return "missing";
    case Finding::Kind::kAltered:
      return "altered";
    case Finding::Kind::kDuplicated:
      return "duplicated";
    case Finding::Kind::kInvented:
      return "invented";
    case Finding::Kind::kMappingMissing:
      return "mapping-missing";
    case Finding::Kind::kExpiredEarly:
      return "expired-early";
    case Finding::Kind::kLingering:
      return "lingering";
    case Finding::Kind::kWrongCounter:
      return "wrong-counter";
    case Finding::Kind::kMappingExtra:
      return "mapping-extra";
    case Finding::Kind::kWrongUser:
      return "wrong-user";
    case Finding::Kind::kWrongRemaining:
      return "wrong-remaining";
    case Finding::Kind::kExpectationFailed:
      return "expectation-failed";
  }
  return "?";
}

std::string finding_text(const Finding& finding) {
  std::string out =
      fmt::format("{}: {}\n", name_of(finding.kind), escape_for_display(finding.subject));
  const auto detail = [&](std::string_view name, const std::string& text) {
    if (text.empty()) return;
    fmt::format_to(std::back_inserter(out), "    {:<8} {}\n", name, escape_for_display(text));
  };
  detail("expected", finding.expected);
  detail("found", finding.found);
  detail("because", finding.reason);
  return out;
}

void tolerate_loss(Verdict& verdict, std::uint32_t parts_per_million) {
  __extension__ using Wide = unsigned __int128;
  const Wide missing = Wide{verdict.missing} * 1'000'000;
  if (missing <= Wide{verdict.expected} * parts_per_million) verdict.tolerated = verdict.missing;
}

namespace {

// Which of them are lost one after the other: what a receiver lost while it was away.
std::string lost_text(const Verdict& verdict) {
  constexpr std::uint64_t kWorthALine = 3;  // messages
  constexpr std::size_t kLinesMax = 5;
  std::string out;
  std::size_t lines = 0;
  for (const LostInterval& lost : verdict.lost) {
    if (lost.messages < kWorthALine || lines++ == kLinesMax) continue;
    fmt::format_to(std::back_inserter(out),
                   "lost one after the other: {} messages of {} {}, due from {} to {}\n",
                   format_thousands(lost.messages),
                   verdict.order == Verdict::Order::kOfConnections ? "lane" : "ESM", lost.lane,
                   format_moment(lost.first_due), format_moment(lost.last_due));
  }
  if (verdict.endpoints_wrong > 1) {
    fmt::format_to(std::back_inserter(out), "{} endpoints have something wrong{}",
                   format_thousands(verdict.endpoints_wrong),
                   verdict.endpoints.empty() ? "" : ", most of all");
    constexpr std::size_t kNamed = 3;
    for (std::size_t i = 0; i < verdict.endpoints.size() && i < kNamed; ++i) {
      const EndpointVerdict& endpoint = verdict.endpoints[i];
      if (endpoint.wrong() == 0) break;
      fmt::format_to(std::back_inserter(out), "{} {} ({})", i == 0 ? "" : ",",
                     escape_for_display(endpoint.host), format_thousands(endpoint.wrong()));
    }
    out += '\n';
  }
  return out;
}

}  // namespace

std::string verdict_text(const Verdict& verdict, std::string_view what) {
  std::string out;
  auto to = std::back_inserter(out);
  std::uint64_t shown = 0;
  for (const Finding& finding : verdict.findings) {
    shown += finding.count;
    out += finding_text(finding);
  }
  if (verdict.findings_total > shown) {
    fmt::format_to(to, "… and {} more\n", format_thousands(verdict.findings_total - shown));
  }
  fmt::format_to(to, "{}: {} expected, {} matched", what, format_thousands(verdict.expected),
                 format_thousands(verdict.matched));
  const auto sum = [&](std::uint64_t count, std::string_view name) {
    if (count > 0) fmt::format_to(to, ", {} {}", format_thousands(count), name);
  };
  fmt::format_to(to, ", {} missing", format_thousands(verdict.missing));
  sum(verdict.altered, "altered");
  sum(verdict.duplicated, "duplicated");
  sum(verdict.invented, "invented");
  sum(verdict.wrong_user, "with the wrong user");
  sum(verdict.extra, "extra");
  sum(verdict.wrong_counters, "wrong");
  sum(verdict.wrong_remaining, "with the wrong remaining time");
  sum(verdict.contested, "contested (either user is right)");
  out += "\n";
  out += lost_text(verdict);
  if (verdict.expired_early > 0) {
    fmt::format_to(to,
                   "{} of the missing have ended too early: the receiver's timeout is shorter\n",
                   format_thousands(verdict.expired_early));
  }
  if (verdict.not_mapped > 0) {
    fmt::format_to(
        to, "{} of the missing had a message that was received: the receiver did not map it\n",
        format_thousands(verdict.not_mapped));
  }
  if (verdict.not_received > 0) {
    fmt::format_to(to, "{} of the missing had none that was received: lost on the way, or there\n",
                   format_thousands(verdict.not_received));
  }
  if (verdict.lingering > 0) {
    fmt::format_to(to, "{} of the extra linger: they were right, and should have ended\n",
                   format_thousands(verdict.lingering));
  }
  if (verdict.tolerated > 0) {
    fmt::format_to(to, "the missing are few enough to be tolerated\n");
  }
  if (verdict.expectations > 0) {
    fmt::format_to(to, "expectations of the scenario: {} of {} met\n",
                   format_thousands(verdict.expectations - verdict.expectations_failed),
                   format_thousands(verdict.expectations));
  }
  if (verdict.other_letters > 0) {
    fmt::format_to(to, "{} of the matched show the user in other letters (A for a)\n",
                   format_thousands(verdict.other_letters));
  }
  if (verdict.from_elsewhere > 0) {
    fmt::format_to(to, "{} rows were not learnt from syslog and are passed over\n",
                   format_thousands(verdict.from_elsewhere));
  }
  if (verdict.not_sent > 0) {
    fmt::format_to(to, "{} messages never left the sender and are not blamed on the receiver\n",
                   format_thousands(verdict.not_sent));
  }
  if (verdict.uncertain_missing + verdict.uncertain_received > 0) {
    fmt::format_to(to, "of those that are uncertain {} came",
                   format_thousands(verdict.uncertain_received));
    if (verdict.uncertain_cut > 0) {
      fmt::format_to(to, " ({} of them cut)", format_thousands(verdict.uncertain_cut));
    }
    fmt::format_to(to, ", {} did not: both are right\n",
                   format_thousands(verdict.uncertain_missing));
  }
  if (verdict.out_of_order > 0) {
    fmt::format_to(
        to,
        "{} came behind one that had left later {}, the first is line {}: no difference, the order "
        "may change on the way\n",
        verdict.out_of_order == 1 ? "1 line" : format_thousands(verdict.out_of_order) + " lines",
        verdict.order == Verdict::Order::kOfConnections ? "on the same connection"
                                                        : "from the same ESM",
        format_thousands(verdict.out_of_order_line));
  }
  if (verdict.again > 0) {
    fmt::format_to(to, "{} came again, of messages that were resent: no difference\n",
                   verdict.again == 1 ? "1 line" : format_thousands(verdict.again) + " lines");
  }
  if (verdict.displaced > 0) {
    fmt::format_to(
        to, "{} came far from their place, and are there\n",
        verdict.displaced == 1 ? "1 line" : format_thousands(verdict.displaced) + " lines");
  }
  if (verdict.other_lines > 0) {
    fmt::format_to(
        to, "{} hold no message and are passed over\n",
        verdict.other_lines == 1 ? "1 line" : format_thousands(verdict.other_lines) + " lines");
  }
  if (verdict.order == Verdict::Order::kRelaxed) {
    out += "the order is not looked at: by its record the sender did not keep it\n";
  }
  if (verdict.not_compared > 0) {
    fmt::format_to(to,
                   "{} lines were too many to be compared with missing ones: they are counted as "
                   "invented, and may be altered\n",
                   format_thousands(verdict.not_compared));
  }
  if (!verdict.trouble.empty()) {
    fmt::format_to(to, "{}\n", escape_for_display(verdict.trouble));
  }
  out += verdict.ok() ? "OK\n" : "MISMATCH\n";
  return out;
}

}  // namespace esm
