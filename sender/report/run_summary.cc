#include "sender/report/run_summary.h"

#include <algorithm>

#include <fmt/format.h>

#include "sender/report/figures.h"

namespace esm {
namespace {

// " (3 too-long, 2 no-buffers)", of the reasons from `first` on and before `last`.
std::string reasons(const Books& books, Reason first, Reason last) {
  std::string out;
  for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(last); ++i) {
    if (books.by_reason[i] == 0) continue;
    out += fmt::format("{}{} {}", out.empty() ? " (" : ", ", format_thousands(books.by_reason[i]),
                       name_of(static_cast<Reason>(i)));
  }
  return out.empty() ? out : out + ")";
}

std::string sums(const Books& books) {
  std::string out = fmt::format("{} due, {} written", format_thousands(books.due),
                                format_thousands(books.written));
  if (books.refused > 0) {
    out += fmt::format(", {} refused{}", format_thousands(books.refused),
                       reasons(books, Reason::kTooLong, Reason::kTooLate));
  }
  if (books.dropped > 0) {
    out += fmt::format(", {} dropped{}", format_thousands(books.dropped),
                       reasons(books, Reason::kTooLate, Reason::kCount));
  }
  return out;
}

std::string lines_of(const TargetRecord& target) {
  const Books& books = target.books;
  // "null:" has its colon already.
  std::string out = fmt::format("{}{} {}\n", escape_for_display(target.target),
                                target.target.ends_with(':') ? "" : ":", sums(books));
  if (!target.peer.empty() && target.peer != target.target)
    out += fmt::format("  peer: {}\n", escape_for_display(target.peer));
  if (books.stream && books.written > 0) {
    out += fmt::format(
        "  of the written: {} drained (the receiver's machine took all and said "
        "goodbye)",
        format_thousands(books.drained));
    if (books.acknowledged > 0) {
      out += fmt::format(", {} acknowledged", format_thousands(books.acknowledged));
    }
    if (books.uncertain > 0)
      out += fmt::format(", {} uncertain", format_thousands(books.uncertain));
    out += "\n";
  }
  if (books.uncertain > 0) {
    out +=
        "  uncertain: the connection ended badly after they were written; only the receiver's "
        "own records tell which arrived\n";
  }
  if (books.cut > 0) {
    out += fmt::format("  cut: of {} of these only the first bytes were written\n",
                       format_thousands(books.cut));
  }
  if (books.icmp_errors > 0) {
    out += fmt::format(
        "  {} ICMP error{} came back: as many of the written, or more, found no "
        "listener\n",
        format_thousands(books.icmp_errors), books.icmp_errors == 1 ? "" : "s");
  }
  if (books.reconnects > 0) {
    out += fmt::format("  {} connections, of these {} after a loss\n",
                       format_thousands(books.connections), format_thousands(books.reconnects));
  }
  if (books.resent > 0) {
    out += fmt::format(
        "  {} resent: a lost connection had not acknowledged them; they may have come more than "
        "once\n",
        format_thousands(books.resent));
  }
  if (target.target.starts_with("udp:") && books.written > 0) {
    out +=
        "  over UDP written is all that can be known: whether it arrived, the receiver's "
        "records tell\n";
  }
  if (!books.balanced(true)) out += "  these books do not add up: do not rely on this run\n";
  return out;
}

}  // namespace

std::string summary_text(const RunRecord& record) {
  std::string out;
  Books all;
  for (const TargetRecord& target : record.targets) {
    out += lines_of(target);
    all.add(target.books);
  }
  if (record.targets.size() > 1) out += fmt::format("in all: {}\n", sums(all));

  out += fmt::format("{} s", format_seconds(record.elapsed, 3));
  if (record.closed_loop) {
    out += fmt::format(": {}/s, as fast as the target{} took it\n",
                       format_rate_of(all.written, record.elapsed),
                       record.targets.size() == 1 ? "" : "s");
  } else {
    // Between n messages lie n-1 intervals: one message alone has no rate.
    if (all.due > 1) {
      out +=
          fmt::format(": {}/s asked for, {}/s written", format_rate_of(all.due - 1, record.elapsed),
                      format_rate_of(all.written > 0 ? all.written - 1 : 0, record.elapsed));
    }
    out += "\n";
  }
  if (const Histogram& lateness = record.lateness; lateness.count() > 0) {
    // A percentile is its bucket's upper end, which may lie above the exact maximum.
    const auto shown = [&](double percentile) {
      return format_latency(std::min(lateness.percentile(percentile), lateness.max()));
    };
    out += fmt::format("lateness: p50 {}, p99 {}, max {}\n", shown(50), shown(99),
                       format_latency(lateness.max()));
  }
  std::string broken;
  for (const RunRecord::FaultCount& fault : record.faults) {
    if (fault.messages == 0) continue;
    broken += fmt::format("{}{} {}", broken.empty() ? "" : ", ", format_thousands(fault.messages),
                          escape_for_display(fault.fault));
  }
  if (!broken.empty()) out += fmt::format("broken on purpose: {}\n", broken);
  if (record.interrupted) {
    out += "interrupted: what was not yet due by then is not in these books\n";
  }
  if (record.tls_insecure) out += "insecure: the receiver's certificate was not verified\n";
  if (!record.complete) out += "incomplete: a file that records this run could not be written\n";
  for (const std::string& warning : record.warnings) {
    out += fmt::format("warning: {}\n", escape_for_display(warning));
  }
  return out;
}

}  // namespace esm
