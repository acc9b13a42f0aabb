#include <iterator>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/verify/verify.h"

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

std::string verdict_text(const Verdict& verdict, std::string_view what) {
  std::string out;
  auto to = std::back_inserter(out);
  std::uint64_t shown = 0;
  for (const Finding& finding : verdict.findings) {
    shown += finding.count;
    fmt::format_to(to, "{}: {}\n", name_of(finding.kind), escape_for_display(finding.subject));
    const auto detail = [&](std::string_view name, const std::string& text) {
      if (!text.empty()) fmt::format_to(to, "    {:<8} {}\n", name, escape_for_display(text));
    };
    detail("expected", finding.expected);
    detail("found", finding.found);
    detail("because", finding.reason);
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
  sum(verdict.wrong_remaining, "with the wrong remaining time");
  sum(verdict.contested, "contested (either user is right)");
  out += "\n";
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
